// Rows of pixels in any format, without padding, to what they look like.
#pragma once

#include "base/byte_reader.hpp"
#include "codecs/pixel_format.hpp"

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <vector>

namespace spice::test {

using Pixels =
    std::vector<uint32_t>; // rows top to bottom; 0xaarrggbb, with 0 in place of alpha where none is

// Swaps the upper row with the lower one and so on.
inline void turn_over(Pixels& pixels, uint32_t width) {
    for (size_t top = 0, bottom = pixels.size(); top + width < bottom; top += width) {
        bottom -= width;
        std::swap_ranges(pixels.begin() + static_cast<ptrdiff_t>(top),
                         pixels.begin() + static_cast<ptrdiff_t>(top + width),
                         pixels.begin() + static_cast<ptrdiff_t>(bottom));
    }
}

inline uint32_t colour_of_555(uint32_t value) {
    uint32_t colour = 0;
    for (const int shift : {10, 5, 0}) {
        const uint32_t part = value >> shift & 31;
        colour = colour << 8 | part << 3 | part >> 2;
    }
    return colour;
}

// The pixels in the order of the rows in `data`. None when bytes are missing or left over, and when the
// palette lacks an entry that clients read.
inline std::optional<Pixels> decode_raw(Bytes data, uint32_t width, uint32_t height,
                                        codecs::PixelFormat format = codecs::PixelFormat::xrgb8888,
                                        std::span<const uint32_t> palette = {}) {
    const size_t bits = codecs::bits_per_pixel(format);
    const size_t row_size = (width * bits + 7) / 8;
    if (data.size() != row_size * height || (format == codecs::PixelFormat::indexed1 && palette.size() < 2)) {
        return std::nullopt;
    }
    Pixels pixels;
    for (size_t y = 0; y < height; ++y) {
        for (size_t x = 0; x < width; ++x) {
            const size_t bit = x * bits;
            const uint8_t* const at = &data[y * row_size + bit / 8];
            uint32_t value = 0;
            for (size_t i = 0; i < bits / 8; ++i) {
                value |= uint32_t{at[i]} << 8 * i;
            }
            if (bits < 8) {
                value = *at >> (8 - bits - bit % 8) & ((1u << bits) - 1);
            }
            if (codecs::is_indexed(format)) {
                if (value >= palette.size()) {
                    return std::nullopt;
                }
                value = palette[value] & 0xffffff;
            } else if (format == codecs::PixelFormat::rgb555) {
                value = colour_of_555(value);
            } else if (format == codecs::PixelFormat::xrgb8888) {
                value &= 0xffffff;
            }
            pixels.push_back(value);
        }
    }
    return pixels;
}

} // namespace spice::test
