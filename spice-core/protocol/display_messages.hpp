// Messages of the display channel (spice.proto: DisplayChannel; ids from spice/enums.h). See
// base_messages.hpp for the shape. MARK and INVAL_ALL_PALETTES have no body.
//
// Pointers inside a message are offsets from the start of its body, 0 for none. Rectangles are top, left,
// bottom, right. Everything is drawn without a clip list, a mask or scaling, with the raster operation PUT:
// spice-html5 knows nothing else, and we need nothing else. Where no surface is told it is kScreen.
#pragma once

#include "base/byte_reader.hpp"
#include "base/result.hpp"
#include "spice-core/region.hpp"

#include <spice/enums.h>

#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

namespace spice::protocol {

// --- to the client ---

inline constexpr uint32_t kScreen = 0; // the primary surface's id

// | 0 | 4 | surface id | 4 | 4 | width | 8 | 4 | height | 12 | 4 | format | 16 | 4 | flags |
// Surface 0 with the flag PRIMARY is the screen; the format is SPICE_SURFACE_FMT_32_xRGB.
struct SurfaceCreate {
    static constexpr uint16_t kType = SPICE_MSG_DISPLAY_SURFACE_CREATE;
    uint32_t id = 0;
    Size size;

    std::vector<uint8_t> body() const;
};

struct SurfaceDestroy {
    static constexpr uint16_t kType = SPICE_MSG_DISPLAY_SURFACE_DESTROY;
    uint32_t id = 0;

    std::vector<uint8_t> body() const;
};

// | 0 | 2 | count | 2 | 2 | max_allowed | then for each head 7 words: | monitor id | surface id | width |
// height | x | y | flags |
// Only for clients with SPICE_DISPLAY_CAP_MONITORS_CONFIG. Heads lie inside surface 0.
struct DisplayMonitorsConfig {
    static constexpr uint16_t kType = SPICE_MSG_DISPLAY_MONITORS_CONFIG;
    struct Head {
        uint32_t id = 0;
        Rect area;
    };
    uint16_t max_allowed = 1; // at least the number of heads
    std::vector<Head> heads;  // at least one: spice-gtk ignores an empty message

    std::vector<uint8_t> body() const;
};

// | 0 | 4 | surface id | 4 | 16 | box | 20 | 1 | clip type | 21 | 8 | source x, y |
// The source has the size of the box. Both may overlap.
struct CopyBits {
    static constexpr uint16_t kType = SPICE_MSG_DISPLAY_COPY_BITS;
    Rect box;
    Point source;

    std::vector<uint8_t> body() const;
};

// | 0 | 21 | as above | 21 | 1 | brush type | 22 | 4 | colour | 26 | 2 | rop | 28 | 13 | mask: none |
struct DrawFill {
    static constexpr uint16_t kType = SPICE_MSG_DISPLAY_DRAW_FILL;
    Rect box;
    uint32_t colour = 0; // 0x00rrggbb

    std::vector<uint8_t> body() const;
};

// | 0 | 21 | as above | 21 | 4 | offset of the image | 25 | 16 | source area: all of it | 41 | 2 | rop |
// | 43 | 1 | scale mode | 44 | 13 | mask: none |
// then the palette, if there is one: | 0 | 8 | unique id: 0 | 8 | 2 | entries | 10 | 4 each | colours |
// then the image: | 0 | 8 | id | 8 | 1 | type | 9 | 1 | flags | 10 | 4 | width | 14 | 4 | height |
// and what its type has:
// | BITMAP       | format 1, flags 1, width 4, height 4, bytes of a row 4, palette's offset 4, rows |
// | LZ_PLT       | flags 1, data size 4, palette's offset 4, data                                   |
// | ZLIB_GLZ_RGB | size of the GLZ image 4, data size 4, data                                       |
// | JPEG_ALPHA   | flags 1, size of the JPEG 4, data size 4, data                                   |
// | FROM_CACHE   | nothing                                                                          |
// | all others   | data size 4, data                                                                |
struct DrawCopy {
    static constexpr uint16_t kType = SPICE_MSG_DISPLAY_DRAW_COPY;
    Rect box;                                     // has the image's size
    uint64_t image_id = 0;                        // of an image in the client's cache, else of no meaning
    uint8_t image_type = SPICE_IMAGE_TYPE_BITMAP; // SPICE_IMAGE_TYPE_*, any but SURFACE
    uint8_t image_flags = 0;                      // SPICE_IMAGE_FLAGS_*
    size_t data_size = 0;                         // bytes that follow the head
    uint32_t inner_size = 0;                      // bytes; ZLIB_GLZ_RGB and JPEG_ALPHA
    uint8_t bitmap_format = SPICE_BITMAP_FMT_32BIT;
    bool top_down = true; // BITMAP and JPEG_ALPHA
    std::span<const uint32_t> palette{};

    // The message without the data at its end, which may be shared with other messages.
    std::vector<uint8_t> head() const;
};

// DRAW_COPY from another surface: as above, with the source area at the same place as the box, and the image
// | 0 | 8 | id: 0 | 8 | 1 | type: SURFACE | 9 | 1 | flags: 0 | 10 | 4 | width | 14 | 4 | height | 18 | 4 |
// surface id |
struct DrawSurface {
    static constexpr uint16_t kType = SPICE_MSG_DISPLAY_DRAW_COPY;
    uint32_t surface = kScreen; // that is drawn on
    Rect box;
    uint32_t source = kScreen; // another one

    std::vector<uint8_t> body() const;
};

// INVAL_LIST: images that the client's cache is to forget. | 0 | 2 | count | then for each 9 bytes:
// | type: PIXMAP | 8 bytes id |
struct InvalList {
    static constexpr uint16_t kType = SPICE_MSG_DISPLAY_INVAL_LIST;
    static constexpr size_t kMaxImages = 65535;
    std::span<const uint64_t> images; // at most kMaxImages

    std::vector<uint8_t> body() const;
};

// --- from the client ---

// First message of the client, exactly once. | 0 | 1 | pixmap cache id | 1 | 8 | its size | 9 | 1 | GLZ
// dictionary id | 10 | 4 | its window |
// Sizes are in pixels. Clients send anything: zero, negative and enormous values are clamped to what we could
// ever use. A GLZ window of 0 means that the client has no GLZ decoder nor palettes (spice-html5).
struct DisplayInit {
    static constexpr int64_t kMaxPixmapCache = int64_t{1} << 28; // pixels: 1 GiB
    static constexpr int32_t kMaxGlzWindow = 1 << 24;            // pixels: 64 MiB

    uint8_t pixmap_cache_id = 0;
    int64_t pixmap_cache_size = 0; // 0 to kMaxPixmapCache
    uint8_t glz_dictionary_id = 0;
    int32_t glz_window = 0; // 0 to kMaxGlzWindow

    static Result<DisplayInit> parse(Bytes body);
};

// STREAM_REPORT: how a video stream fares at the client.
// | 0 | 4 | stream id | 4 | 4 | unique id | 8 | 4 | first frame's mm_time | 12 | 4 | last frame's |
// | 16 | 4 | frames | 20 | 4 | drops | 24 | 4 | delay of the last frame, signed | 28 | 4 | audio delay |
struct StreamReport {
    uint32_t stream_id = 0;
    uint32_t unique_id = 0;
    uint32_t start_mm_time = 0; // ms
    uint32_t end_mm_time = 0;   // ms
    uint32_t frames = 0;
    uint32_t drops = 0;           // 2^32-1 with no frames: the client cannot decode the stream
    int32_t last_frame_delay = 0; // ms
    uint32_t audio_delay = 0;     // ms; 2^32-1: no playback

    static Result<StreamReport> parse(Bytes body);
};

// PREFERRED_COMPRESSION: one byte.
struct PreferredCompression {
    uint8_t compression = 0; // SPICE_IMAGE_COMPRESSION_*, unknown values possible

    // Whether it is one of the values of the protocol. Others are to be ignored.
    bool known() const;

    static Result<PreferredCompression> parse(Bytes body);
};

// PREFERRED_VIDEO_CODEC_TYPE: | 0 | 1 | count | 1 | count | SPICE_VIDEO_CODEC_TYPE_*, best first |
struct PreferredVideoCodecs {
    std::vector<uint8_t> codecs;

    static Result<PreferredVideoCodecs> parse(Bytes body);
};

// Bytes that a client's message may have, base messages included.
constexpr size_t max_display_message(uint16_t /*type*/) {
    return 1024;
}

} // namespace spice::protocol
