// A picture that costs encoders what photographs cost.
#pragma once

#include "support/random.hpp"
#include "support/test_images.hpp"

#include <algorithm>
#include <array>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <vector>

namespace spice::test {

// Sums of smooth noise, each octave of half the size and a bit more than half the strength, as natural scenes
// have it; parts in focus and parts out of it; a few hard edges; colours near one another; a sensor's grain.
class PhotoMaker {
public:
    PhotoMaker() {
        Random random(16);
        for (int& value : lattice_) {
            value = static_cast<int>(random.below(512)) - 256;
        }
    }

    TestImage make(uint32_t width, uint32_t height, uint32_t padding) const {
        TestImage image(width, height, padding);
        Random grain(17);
        for (uint32_t y = 0; y < height; ++y) {
            for (uint32_t x = 0; x < width; ++x) {
                const int noise = static_cast<int>(grain() % 3) + static_cast<int>(grain() % 3) - 2;
                image.at(x, y) = colour(static_cast<int>(x), static_cast<int>(y), noise);
            }
        }
        return image;
    }

private:
    static constexpr int kSide = 64; // of the lattice, which repeats

    static constexpr std::array<int, 7> kStrength{200, 130, 90, 60, 40, 26, 18}; // of each octave, in 512ths

    int at(int x, int y) const { return lattice_[static_cast<size_t>((y & 63) * kSide + (x & 63))]; }

    // Between the lattice's points `1 << shift` pixels apart, smoothly.
    int noise(int x, int y, int shift, int offset) const {
        const int column = (x >> shift) + offset;
        const int line = (y >> shift) + 3 * offset;
        const int mask = (1 << shift) - 1;
        const int right = smooth((x & mask) << (8 - shift));
        const int down = smooth((y & mask) << (8 - shift));
        const int upper = at(column, line) * (256 - right) + at(column + 1, line) * right;
        const int lower = at(column, line + 1) * (256 - right) + at(column + 1, line + 1) * right;
        return ((upper >> 8) * (256 - down) + (lower >> 8) * down) >> 8;
    }
    static int smooth(int t) { return t * t * (768 - 2 * t) >> 16; }

    uint32_t colour(int x, int y, int grain) const {
        const int focus = std::clamp(noise(x, y, 8, 7) + 128, 0, 256);
        int light = 0;
        for (size_t octave = 0; octave < kStrength.size(); ++octave) {
            const int shift = 8 - static_cast<int>(octave);
            const int strength = octave < 3 ? kStrength[octave] : kStrength[octave] * focus >> 8;
            light += noise(x, y, shift, static_cast<int>(octave)) * strength >> 9;
        }
        // Something in front, as sharp as a lens is.
        const int front = std::clamp((noise(x, y, 7, 20) - 70) * 64, 0, 256);
        light = (light * (256 - front) + (60 - light / 2) * front) / 256;
        const int warm = noise(x, y, 8, 30) >> 3;
        const int green = noise(x, y, 7, 40) >> 4;
        const auto channel = [&](int tint) {
            return static_cast<uint32_t>(std::clamp(120 + light + tint + grain, 0, 255));
        };
        return channel(warm) << 16 | channel(green) << 8 | channel(-warm);
    }

    std::array<int, size_t{kSide} * kSide> lattice_{};
};

inline TestImage natural_image(uint32_t width, uint32_t height, uint32_t padding = 0) {
    static const PhotoMaker maker;
    return maker.make(width, height, padding);
}

} // namespace spice::test
