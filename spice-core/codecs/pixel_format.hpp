// The pixel formats that images may have, and what a picture in memory looks like to an encoder.
#pragma once

#include <spice/enums.h>

#include <cstddef>
#include <cstdint>
#include <span>

namespace spice::codecs {

// Each is a SPICE_BITMAP_FMT_* of the wire, whose name stands behind it. Values of more than one byte are
// little endian.
enum class PixelFormat : uint8_t {
    indexed1, // 1BIT_BE: the most significant bit is the leftmost pixel
    indexed4, // 4BIT_BE: the upper half of a byte is the left pixel
    indexed8, // 8BIT
    rgb555,   // 16BIT: 0rrrrrgg gggbbbbb
    rgb888,   // 24BIT: blue, green, red
    xrgb8888, // 32BIT: blue, green, red, and a byte of 0 that is no part of the picture
    argb8888, // RGBA: blue, green, red, alpha
};

constexpr uint32_t bits_per_pixel(PixelFormat format) {
    switch (format) {
    case PixelFormat::indexed1:
        return 1;
    case PixelFormat::indexed4:
        return 4;
    case PixelFormat::indexed8:
        return 8;
    case PixelFormat::rgb555:
        return 16;
    case PixelFormat::rgb888:
        return 24;
    case PixelFormat::xrgb8888:
    case PixelFormat::argb8888:
        break;
    }
    return 32;
}

// SPICE_BITMAP_FMT_*.
constexpr uint8_t bitmap_format(PixelFormat format) {
    switch (format) {
    case PixelFormat::indexed1:
        return SPICE_BITMAP_FMT_1BIT_BE;
    case PixelFormat::indexed4:
        return SPICE_BITMAP_FMT_4BIT_BE;
    case PixelFormat::indexed8:
        return SPICE_BITMAP_FMT_8BIT;
    case PixelFormat::rgb555:
        return SPICE_BITMAP_FMT_16BIT;
    case PixelFormat::rgb888:
        return SPICE_BITMAP_FMT_24BIT;
    case PixelFormat::argb8888:
        return SPICE_BITMAP_FMT_RGBA;
    case PixelFormat::xrgb8888:
        break;
    }
    return SPICE_BITMAP_FMT_32BIT;
}

constexpr bool is_indexed(PixelFormat format) {
    return format <= PixelFormat::indexed8;
}

// Pixels that an encoder reads; they and the palette must live as long as it works.
struct ImageView {
    const uint8_t* first_row = nullptr;
    size_t stride = 0;  // bytes from one row to the next, at least row_size()
    uint32_t width = 0; // pixels, 1 to 16384, as is height
    uint32_t height = 0;
    PixelFormat format = PixelFormat::xrgb8888;
    bool top_down = true;                // the first row is the picture's upper one, else its lower one
    std::span<const uint32_t> palette{}; // of indexed formats: 0x00rrggbb, one for every index that occurs

    size_t row_size() const {
        return (size_t{width} * bits_per_pixel(format) + 7) / 8;
    }                                                       // bytes used of a row
    size_t raw_size() const { return row_size() * height; } // bytes
    const uint8_t* row(uint32_t y) const { return first_row + y * stride; }
};

// The screen's kind of picture: `stride` in pixels, rows from the top.
inline ImageView xrgb_view(const uint32_t* pixels, size_t stride, uint32_t width, uint32_t height) {
    return {reinterpret_cast<const uint8_t*>(pixels), stride * sizeof(uint32_t), width, height};
}

} // namespace spice::codecs
