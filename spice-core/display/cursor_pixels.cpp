#include "display/cursor_pixels.hpp"

#include <algorithm>
#include <cstddef>

namespace spice::display {

namespace {

uint8_t divided(uint32_t channel, uint32_t alpha) {
    if (alpha == 0) {
        return 0;
    }
    return static_cast<uint8_t>(std::min<uint32_t>((channel * 255 + alpha / 2) / alpha, 255));
}

} // namespace

std::vector<uint8_t> straight_alpha_bytes(std::span<const uint32_t> premultiplied) {
    std::vector<uint8_t> bytes;
    bytes.reserve(premultiplied.size() * 4);
    for (const uint32_t pixel : premultiplied) {
        const uint32_t alpha = pixel >> 24;
        bytes.push_back(divided(pixel & 0xff, alpha));
        bytes.push_back(divided((pixel >> 8) & 0xff, alpha));
        bytes.push_back(divided((pixel >> 16) & 0xff, alpha));
        bytes.push_back(static_cast<uint8_t>(alpha));
    }
    return bytes;
}

} // namespace spice::display
