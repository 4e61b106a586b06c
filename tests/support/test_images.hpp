// Pictures made by code, like those on screens: what encoders are tested and measured with.
#pragma once

#include "codecs/image_codec.hpp"
#include "support/random.hpp"

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <vector>

namespace spice::test {

struct TestImage {
    TestImage(uint32_t image_width, uint32_t image_height, uint32_t padding = 0)
        : width(image_width), height(image_height), stride(image_width + padding),
          pixels(stride * image_height, 0x0bad0bad) {}

    uint32_t& at(uint32_t x, uint32_t y) { return pixels[y * stride + x]; }
    void fill(uint32_t x1, uint32_t y1, uint32_t x2, uint32_t y2, uint32_t colour) {
        for (uint32_t y = y1; y < std::min(y2, height); ++y) {
            for (uint32_t x = x1; x < std::min(x2, width); ++x) {
                at(x, y) = colour;
            }
        }
    }
    codecs::ImageView view() const { return codecs::xrgb_view(pixels.data(), stride, width, height); }
    // The rows without padding.
    std::vector<uint32_t> packed() const {
        std::vector<uint32_t> rows;
        for (uint32_t y = 0; y < height; ++y) {
            rows.insert(rows.end(), &pixels[y * stride], &pixels[y * stride] + width);
        }
        return rows;
    }

    uint32_t width;
    uint32_t height;
    size_t stride;
    std::vector<uint32_t> pixels;
};

// Lines of anti-aliased glyphs, from an alphabet of 40, black on white.
inline TestImage text_image(uint32_t width, uint32_t height, uint32_t padding = 0) {
    TestImage image(width, height, padding);
    image.fill(0, 0, width, height, 0xffffff);
    Random shapes(11);
    std::vector<uint32_t> alphabet(40 * 8 * 12);
    for (uint32_t& pixel : alphabet) {
        const uint32_t kind = shapes() % 8;
        const uint32_t grey = kind < 5 ? 255 : (kind == 5 ? shapes() % 256 : 0);
        pixel = grey * 0x010101;
    }
    Random letters(12);
    for (uint32_t line = 4; line + 12 <= height; line += 16) {
        for (uint32_t column = 6; column + 8 <= width; column += 8) {
            const uint32_t letter = letters() % 48;
            for (uint32_t i = 0; letter < 40 && i < 8 * 12; ++i) {
                image.at(column + i % 8, line + i / 8) = alphabet[letter * 96 + i];
            }
        }
    }
    return image;
}

// Panels, gradients, frames and buttons.
inline TestImage ui_image(uint32_t width, uint32_t height, uint32_t padding = 0) {
    TestImage image(width, height, padding);
    image.fill(0, 0, width, height, 0xf6f5f4);
    for (uint32_t y = 0; y < std::min(height, 40u); ++y) {
        image.fill(0, y, width, y + 1, (0xe0 - y) * 0x010101);
    }
    Random random(13);
    for (uint32_t y = 50; y < height; y += 60) {
        for (uint32_t x = 10; x < width; x += 140) {
            const uint32_t colour = random() & 0x3f3f3f;
            image.fill(x, y, x + 120, y + 40, 0xcdc7c2);
            for (uint32_t row = 1; row < 39; ++row) {
                image.fill(x + 1, y + row, x + 119, y + row + 1, 0xffffff - (row / 3) * 0x010101 - colour);
            }
        }
    }
    return image;
}

// Smooth shades with a little noise.
inline TestImage photo_image(uint32_t width, uint32_t height, uint32_t padding = 0) {
    TestImage image(width, height, padding);
    Random random(14);
    for (uint32_t y = 0; y < height; ++y) {
        for (uint32_t x = 0; x < width; ++x) {
            const auto shade = [&](double a, double b) {
                const double wave = std::sin(x * a) * std::cos(y * b) * 90 + 128;
                return static_cast<uint32_t>(
                    std::clamp(wave + static_cast<double>(random() % 7), 0.0, 255.0));
            };
            image.at(x, y) = shade(0.011, 0.007) << 16 | shade(0.005, 0.013) << 8 | shade(0.017, 0.003);
        }
    }
    return image;
}

inline TestImage noise_image(uint32_t width, uint32_t height, uint32_t padding = 0) {
    TestImage image(width, height, padding);
    Random random(15);
    for (uint32_t y = 0; y < height; ++y) {
        for (uint32_t x = 0; x < width; ++x) {
            image.at(x, y) = random() & 0xffffff;
        }
    }
    return image;
}

// A desktop: a window of text, a window of controls, a picture, a plain background.
inline TestImage mixed_image(uint32_t width, uint32_t height, uint32_t padding = 0) {
    TestImage image(width, height, padding);
    image.fill(0, 0, width, height, 0x2e3436);
    const auto paste = [&](const TestImage& part, uint32_t left, uint32_t top) {
        for (uint32_t y = 0; y < part.height && top + y < height; ++y) {
            for (uint32_t x = 0; x < part.width && left + x < width; ++x) {
                image.at(left + x, top + y) = part.pixels[y * part.stride + x];
            }
        }
    };
    paste(text_image(width / 2 + 1, height / 2 + 1), width / 20, height / 20);
    paste(ui_image(width / 3 + 1, height / 2 + 1), width * 3 / 5, height / 10);
    paste(photo_image(width / 4 + 1, height / 4 + 1), width / 4, height * 7 / 10);
    return image;
}

} // namespace spice::test
