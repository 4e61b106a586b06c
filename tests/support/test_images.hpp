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
    // As much of it as fits.
    void paste(const TestImage& part, uint32_t left, uint32_t top) {
        for (uint32_t y = 0; y < part.height && top + y < height; ++y) {
            for (uint32_t x = 0; x < part.width && left + x < width; ++x) {
                at(left + x, top + y) = part.pixels[y * part.stride + x];
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

inline constexpr codecs::PixelFormat kAllPixelFormats[]{
    codecs::PixelFormat::indexed1, codecs::PixelFormat::indexed4, codecs::PixelFormat::indexed8,
    codecs::PixelFormat::rgb555,   codecs::PixelFormat::rgb888,   codecs::PixelFormat::xrgb8888,
    codecs::PixelFormat::argb8888};

// Names the format in the parameter of a test.
inline const char* name_of(codecs::PixelFormat format) {
    static constexpr const char* kNames[]{"indexed1", "indexed4", "indexed8", "rgb555",
                                          "rgb888",   "xrgb8888", "argb8888"};
    return kNames[static_cast<size_t>(format)];
}

// How the rows of a FormattedImage lie in memory.
struct RowLayout {
    bool top_down = true;
    uint32_t padding = 0; // bytes behind each row; their values are of no picture
};

// A picture in any format and layout, and what a client must show of it.
class FormattedImage {
public:
    // Colours that the format does not have become others that it has. The alpha of argb8888 is a pattern of
    // transparent, opaque and shaded parts; all other formats show 0 there.
    FormattedImage(const TestImage& picture, codecs::PixelFormat format, RowLayout layout = {})
        : view_{nullptr, 0, picture.width, picture.height, format, layout.top_down} {
        view_.stride = view_.row_size() + layout.padding;
        bytes_.assign(view_.stride * view_.height, 0xa5);
        make_palette();
        for (uint32_t y = 0; y < view_.height; ++y) {
            const size_t row = layout.top_down ? y : view_.height - 1 - y;
            uint8_t* const to = &bytes_[row * view_.stride];
            std::fill_n(to, view_.row_size(), uint8_t{0});
            for (uint32_t x = 0; x < view_.width; ++x) {
                shown_.push_back(put(to, x, y, picture.pixels[y * picture.stride + x]));
            }
        }
    }

    // Good as long as this object.
    codecs::ImageView view() const {
        codecs::ImageView view = view_;
        view.first_row = bytes_.data();
        view.palette = palette_;
        return view;
    }
    // Rows from the top, without padding: 0xaarrggbb.
    const std::vector<uint32_t>& shown() const { return shown_; }

private:
    void make_palette() {
        using codecs::PixelFormat;
        if (view_.format == PixelFormat::indexed1) {
            palette_ = {0x123456, 0xfedcba};
        } else if (view_.format == PixelFormat::indexed4) {
            for (uint32_t i = 0; i < 16; ++i) { // 1 bit of red, 2 of green, 1 of blue
                palette_.push_back((i >> 3) * 0xff0000 | (i >> 1 & 3) * 0x005500 | (i & 1) * 0x0000ff);
            }
        } else if (view_.format == PixelFormat::indexed8) {
            for (uint32_t i = 0; i < 256; ++i) { // 3, 3 and 2 bits
                palette_.push_back((i >> 5) << 21 | (i >> 2 & 7) << 13 | (i & 3) * 0x000055);
            }
        }
    }

    // Stores one pixel; returns what it will look like.
    uint32_t put(uint8_t* row, uint32_t x, uint32_t y, uint32_t colour) const {
        const uint32_t red = colour >> 16 & 0xff;
        const uint32_t green = colour >> 8 & 0xff;
        const uint32_t blue = colour & 0xff;
        switch (view_.format) {
        case codecs::PixelFormat::indexed1: {
            const uint32_t index = green >> 7;
            row[x / 8] = static_cast<uint8_t>(row[x / 8] | index << (7 - x % 8));
            return palette_[index];
        }
        case codecs::PixelFormat::indexed4: {
            const uint32_t index = red >> 7 << 3 | green >> 6 << 1 | blue >> 7;
            row[x / 2] = static_cast<uint8_t>(row[x / 2] | index << (x % 2 == 0 ? 4 : 0));
            return palette_[index];
        }
        case codecs::PixelFormat::indexed8: {
            const uint32_t index = red >> 5 << 5 | green >> 5 << 2 | blue >> 6;
            row[x] = static_cast<uint8_t>(index);
            return palette_[index];
        }
        case codecs::PixelFormat::rgb555: {
            const uint32_t value = red >> 3 << 10 | green >> 3 << 5 | blue >> 3;
            put_bytes(row + size_t{x} * 2, value, 2);
            const auto widened = [](uint32_t part) { return part >> 3 << 3 | part >> 5; };
            return widened(red) << 16 | widened(green) << 8 | widened(blue);
        }
        case codecs::PixelFormat::rgb888:
            put_bytes(row + size_t{x} * 3, colour, 3);
            return colour & 0xffffff;
        case codecs::PixelFormat::xrgb8888:
            put_bytes(row + size_t{x} * 4, colour & 0xffffff, 4);
            return colour & 0xffffff;
        case codecs::PixelFormat::argb8888:
            break;
        }
        const uint32_t part = (x / 7 + y / 3) % 3;
        const uint32_t alpha = part == 0 ? 0 : part == 1 ? 255 : (x * 3 + y * 5 + green) & 0xff;
        const uint32_t value = alpha << 24 | (colour & 0xffffff);
        put_bytes(row + size_t{x} * 4, value, 4);
        return value;
    }

    static void put_bytes(uint8_t* to, uint32_t value, int count) {
        for (int i = 0; i < count; ++i) {
            to[i] = static_cast<uint8_t>(value >> 8 * i);
        }
    }

    codecs::ImageView view_;
    std::vector<uint8_t> bytes_;
    std::vector<uint32_t> palette_;
    std::vector<uint32_t> shown_;
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
    image.paste(text_image(width / 2 + 1, height / 2 + 1), width / 20, height / 20);
    image.paste(ui_image(width / 3 + 1, height / 2 + 1), width * 3 / 5, height / 10);
    image.paste(photo_image(width / 4 + 1, height / 4 + 1), width / 4, height * 7 / 10);
    return image;
}

} // namespace spice::test
