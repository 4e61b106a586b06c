// Counts the pixels that an LZ codec would have to spell out.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>

namespace spice::display {

// Fresh ones are those unlike the ones beside and above them and not seen behind the same pixel before.
class FreshPixels {
public:
    struct Count {
        uint64_t pixels = 0;
        uint64_t fresh = 0;
        uint64_t coloured = 0; // fresh and not grey: of grey ones zlib gets three bytes for one
    };

    // Adds pixels side by side.
    void count(const uint32_t* here, const uint32_t* left, const uint32_t* above, int64_t pixels,
               Count& count) {
        for (int64_t i = 0; i < pixels; ++i) {
            if (here[i] == left[i] || here[i] == above[i]) {
                continue;
            }
            const uint32_t pair = here[i] * 31 + left[i];
            uint32_t& seen = seen_[pair * 0x9e3779b1u >> (32 - kSeenBits)];
            if (seen != pair) {
                seen = pair;
                ++count.fresh;
                count.coloured += is_grey(here[i]) ? 0 : 1;
            }
        }
        count.pixels += static_cast<uint64_t>(pixels);
    }

private:
    static constexpr unsigned kSeenBits = 10;

    static bool is_grey(uint32_t pixel) {
        return (pixel & 0xff) == (pixel >> 8 & 0xff) && (pixel & 0xff) == (pixel >> 16 & 0xff);
    }

    std::array<uint32_t, size_t{1} << kSeenBits> seen_{};
};

} // namespace spice::display
