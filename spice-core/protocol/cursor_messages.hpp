// Messages of the cursor channel (spice.proto: CursorChannel; ids from spice/enums.h). See base_messages.hpp
// for the shape. HIDE, RESET and INVAL_ALL have no body; the client sends base messages only.
#pragma once

#include "base/byte_reader.hpp"
#include "spice-core/region.hpp"

#include <spice/enums.h>

#include <cstddef>
#include <cstdint>
#include <vector>

namespace spice::protocol {

// SpiceCursor: | 0 | 2 | flags | and unless these are NONE
// | 2 | 8 | unique | 10 | 1 | type | 11 | 2 | width | 13 | 2 | height | 15 | 2 | hot spot x | 17 | 2 | y |
// | 19 | | pixels, to the end of the message; none with FROM_CACHE |
// The type is always ALPHA: little endian words 0xAARRGGBB, rows from the top (display/cursor_pixels.hpp).
struct CursorImage {
    uint16_t flags = SPICE_CURSOR_FLAGS_NONE; // NONE; 0: not to be cached; CACHE_ME; FROM_CACHE
    uint64_t unique = 0;                      // key in the client's cache
    Size size;                                // pixels
    Point hot_spot;
    std::vector<uint8_t> pixels;
};

// | 0 | 4 | x, y | 4 | 2 | trail length | 6 | 2 | trail frequency | 8 | 1 | visible | 9 | | SpiceCursor |
// The first message of the channel; clients clear their cache.
struct CursorInit {
    static constexpr uint16_t kType = SPICE_MSG_CURSOR_INIT;
    Point position; // of the hot spot; clamped to 16 bits, as everywhere here
    bool visible = false;
    CursorImage image;

    std::vector<uint8_t> body() const;
};

// | 0 | 4 | x, y | 4 | 1 | visible | 5 | | SpiceCursor |
struct CursorSet {
    static constexpr uint16_t kType = SPICE_MSG_CURSOR_SET;
    Point position;
    bool visible = true;
    CursorImage image;

    std::vector<uint8_t> body() const;
};

// | 0 | 4 | x, y |
struct CursorMove {
    static constexpr uint16_t kType = SPICE_MSG_CURSOR_MOVE;
    Point position;

    std::vector<uint8_t> body() const;
};

// | 0 | 8 | unique |
struct CursorInvalOne {
    static constexpr uint16_t kType = SPICE_MSG_CURSOR_INVAL_ONE;
    uint64_t unique = 0;

    std::vector<uint8_t> body() const;
};

// Bytes that a client's message may have, base messages included.
constexpr size_t max_cursor_message(uint16_t /*type*/) {
    return 1024;
}

} // namespace spice::protocol
