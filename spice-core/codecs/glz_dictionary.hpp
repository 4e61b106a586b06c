// GLZ for one client: images that refer to earlier ones, which the client keeps in its window for that.
//
// For slow links: what comes back in another place, under a closed window or after a scroll that was not
// recognized, costs a few bytes a row. The bytes are of use to this client alone. The rules for ids and
// windows are in glz_encoder.hpp.
#pragma once

#include "codecs/image_codec.hpp"

#include <cstddef>
#include <cstdint>
#include <deque>
#include <memory>
#include <optional>
#include <span>

namespace spice::codecs {

namespace glz {
template <size_t ways>
class PlaceTable;
}

// Not thread safe: one call at a time, on any thread. Every image that encode() returns and every one given
// to stamp() must be sent to the client, in the order of the calls, by the display channel that it is for.
//
// Memory: 4 bytes for each pixel of the window, whose owner may be others, too, and 2 MB from the first
// encode() on. Time: see encode().
class GlzDictionary {
public:
    // Pixels; what we keep for a client at most, whatever it offers: 16 MB.
    static constexpr uint64_t kMaxWindow = 4 * 1024 * 1024;
    static constexpr size_t kMaxImages = 4096;

    // `window`: pixels, of the client's display INIT.
    explicit GlzDictionary(uint64_t window);
    ~GlzDictionary();
    GlzDictionary(const GlzDictionary&) = delete;
    GlzDictionary& operator=(const GlzDictionary&) = delete;

    struct Source {
        std::shared_ptr<const uint32_t[]> pixels; // 0x00rrggbb, width * height of them, rows in their order
        uint32_t width = 0;
        uint32_t height = 0;
        bool top_down = true;
        bool zlib = true; // may be used
    };

    // GLZ_RGB or, where that is smaller, ZLIB_GLZ_RGB, with the next id. None: the image would not be smaller
    // than raw, or is larger than the window. Then nothing has happened, no id is used, and it must be sent
    // another way. About 180 MB/s of raw pixels in cells of 256x256, 100 in 64x64. Cells of one page of text
    // make 0.4 times the bytes of PNG files.
    std::optional<EncodedImage> encode(const Source& source);

    // Gives the next id to an image that refers only to itself (glz_encoder.hpp), of so many pixels, by
    // changing its bytes. It takes room in the window (one that is larger takes it alone) but later images do
    // not refer to it. A client that is sent no others keeps one image at a time.
    void stamp(uint8_t type, std::span<uint8_t> data, uint32_t inner_size, uint64_t pixels);

    // For a client that begins anew.
    void reset();

    uint64_t window_pixels() const { return window_pixels_; } // that the client keeps now
    size_t window_images() const { return images_.size(); }

private:
    // The id is that of the one before plus 1.
    struct Kept {
        std::shared_ptr<const uint32_t[]> pixels; // null: not to be referred to
        uint64_t count = 0;                       // pixels
        uint32_t width = 0;
        uint32_t first_place = 0; // in the table; does not decrease from one to the next
    };
    class History;
    using Table = glz::PlaceTable<4>;

    size_t room_for(uint64_t pixels) const;
    uint32_t head_dist(size_t leaving) const { return static_cast<uint32_t>(images_.size() - leaving); }
    void add(size_t leaving, Kept image);
    uint32_t begin_image(size_t pixels);

    uint64_t max_pixels_;
    uint64_t next_id_ = 0;
    uint64_t window_pixels_ = 0;
    std::deque<Kept> images_; // the oldest first
    std::unique_ptr<Table> table_;
};

} // namespace spice::codecs
