// What we know of a client's cache of pointer images, so that an animated pointer is sent once.
//
// The client keeps every image that came with SPICE_CURSOR_FLAGS_CACHE_ME under the key we gave it until
// INVAL_ONE or RESET; the server decides what goes. Keys are never used again for another image. Core thread.
#pragma once

#include "spice-core/display_command.hpp"

#include <cstddef>
#include <cstdint>
#include <list>
#include <vector>

namespace spice::display {

class CursorCache {
public:
    static constexpr size_t kMaxEntries = 256;           // what the reference's clients reckon with
    static constexpr size_t kMaxBytes = 4 * 1024 * 1024; // of pixels that we keep to compare with

    struct Use {
        uint64_t key = 0;
        bool cached = false;           // the client has it; else send it with CACHE_ME
        std::vector<uint64_t> evicted; // tell the client to forget these first
    };

    // The shape is going to be shown: finds or adds it.
    Use use(const CursorShape& shape);
    size_t size() const { return entries_.size(); }

private:
    struct Entry {
        uint64_t key;
        uint64_t hash;
        CursorShape shape;
    };

    std::list<Entry> entries_; // the last used one first
    size_t bytes_ = 0;
    uint64_t last_key_ = 0;
};

} // namespace spice::display
