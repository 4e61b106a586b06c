// What we know of a client's image cache, so that content that it was sent before is drawn from there.
//
// The client keeps every image that came with SPICE_IMAGE_FLAGS_CACHE_ME under the id we gave it until
// INVAL_LIST names it; the server decides what goes. The budget is the client's, of its display INIT, in
// pixels: the sum of what is kept never exceeds it, so what is evicted is named before the image comes that
// needs the room. Core thread; owned by the client's display channel.
#pragma once

#include "codecs/content_key.hpp"

#include <cstddef>
#include <cstdint>
#include <list>
#include <optional>
#include <unordered_map>
#include <vector>

namespace spice::display {

class ImageCache {
public:
    static constexpr size_t kMaxEntries = 16384; // bounds our own memory, whatever budget a client tells
    static constexpr size_t kMaxSeen = 8192;     // contents that were shown lately

    // `budget` in pixels; 0: the client keeps nothing.
    explicit ImageCache(int64_t budget = 0) : budget_(budget) {}

    // The image's id when the client has it.
    std::optional<uint64_t> find(const codecs::ContentKey& key);

    struct Added {
        uint64_t id = 0;
        std::vector<uint64_t> evicted; // tell the client to forget these first
    };
    // The image is going to be sent, which the client has not: none when it cannot be kept. Call in the order
    // in which the messages go out.
    std::optional<Added> add(const codecs::ContentKey& key);

    // Whether this content was asked about before: what comes again is worth keeping.
    bool seen_before(const codecs::ContentKey& key);

    int64_t pixels() const { return pixels_; }

private:
    static int64_t area(const codecs::ContentKey& key) { return int64_t{key.width} * key.height; }

    int64_t budget_;
    int64_t pixels_ = 0;
    std::list<codecs::ContentKey> entries_; // the last used one first
    // By id, the key's lower half: two contents that share it cannot both be kept.
    std::unordered_map<uint64_t, std::list<codecs::ContentKey>::iterator> by_id_;
    std::list<codecs::ContentKey> seen_; // the latest first
    std::unordered_map<codecs::ContentKey, std::list<codecs::ContentKey>::iterator, codecs::ContentKeyHash>
        seen_by_key_;
};

} // namespace spice::display
