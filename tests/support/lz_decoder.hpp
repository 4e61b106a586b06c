// A decoder of LZ images of every type, written against the format table in codecs/lz_encoder.hpp and with
// none of the encoder's code. It accepts exactly what every client must be able to read and nothing else.
#pragma once

#include "support/big_endian_reader.hpp"
#include "support/raw_decoder.hpp"

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <vector>

namespace spice::test {

struct LzImage {
    uint32_t type = 0; // LZ_IMAGE_TYPE_*
    uint32_t width = 0;
    uint32_t height = 0;
    bool top_down = true;
    Pixels pixels{}; // rows top to bottom: 0xaarrggbb; of XXXA only the alpha
};

class LzDecoder {
public:
    // `palette`: of the types that have one.
    static std::optional<LzImage> decode(Bytes data, std::span<const uint32_t> palette = {}) {
        LzDecoder decoder(data, palette);
        return decoder.run() ? std::optional(decoder.image_) : std::nullopt;
    }

private:
    LzDecoder(Bytes data, std::span<const uint32_t> palette) : in_(data), palette_(palette) {}

    bool run() {
        if (in_.u32() != 0x20205a4c || in_.u32() != 0x00010001) {
            return false;
        }
        image_.type = in_.u32();
        image_.width = in_.u32();
        image_.height = in_.u32();
        const uint32_t stride = in_.u32();
        const uint32_t top_down = in_.u32();
        image_.top_down = top_down == 1;
        if (!in_.ok() || top_down > 1 || image_.width == 0 || image_.width > 16384 || image_.height == 0 ||
            image_.height > 16384) {
            return false;
        }
        const bool good = read_pixels(stride) && in_.ok() && in_.at_end();
        if (good && !image_.top_down) {
            turn_over(image_.pixels, image_.width);
        }
        return good;
    }

    bool read_pixels(uint32_t stride) {
        const uint32_t width = image_.width;
        const size_t count = size_t{width} * image_.height;
        const auto colour = [this] {
            const uint32_t blue = in_.u8();
            const uint32_t green = in_.u8();
            return in_.u8() << 16 | green << 8 | blue;
        };
        switch (image_.type) {
        case 2:
            return stride == (width + 7) / 8 && read_indices(stride, codecs::PixelFormat::indexed1);
        case 4:
            return stride == (width + 1) / 2 && read_indices(stride, codecs::PixelFormat::indexed4);
        case 5:
            return stride == width && read_indices(stride, codecs::PixelFormat::indexed8);
        case 6:
            return stride == width * 2 &&
                   read_units(image_.pixels, count, 1, [this] { return colour_of_555(in_.u16()); });
        case 7:
            return stride == width * 3 && read_units(image_.pixels, count, 0, colour);
        case 8:
            return stride == width * 4 && read_units(image_.pixels, count, 0, colour);
        case 9:
            return stride == width * 4 && read_units(image_.pixels, count, 0, colour) && read_alpha(count);
        case 10:
            image_.pixels.assign(count, 0);
            return stride == width * 4 && read_alpha(count);
        default:
            return false;
        }
    }

    bool read_indices(uint32_t stride, codecs::PixelFormat format) {
        std::vector<uint8_t> bytes;
        if (!read_units(bytes, size_t{stride} * image_.height, 2,
                        [this] { return static_cast<uint8_t>(in_.u8()); })) {
            return false;
        }
        const auto pixels = decode_raw(bytes, image_.width, image_.height, format, palette_);
        image_.pixels = pixels.value_or(Pixels{});
        return pixels.has_value();
    }

    bool read_alpha(size_t count) {
        std::vector<uint32_t> alpha;
        if (!read_units(alpha, count, 2, [this] { return in_.u8(); })) {
            return false;
        }
        for (size_t i = 0; i < count; ++i) {
            image_.pixels[i] |= alpha[i] << 24;
        }
        return true;
    }

    template <class Unit, class ReadLiteral>
    bool read_units(std::vector<Unit>& to, size_t count, size_t bias, ReadLiteral literal) {
        while (to.size() < count) {
            const uint32_t token = in_.u8();
            if (!in_.ok()) {
                return false;
            }
            if (token < 32) {
                for (uint32_t i = 0; i <= token; ++i) {
                    to.push_back(literal());
                }
                continue;
            }
            size_t length = (token >> 5) + bias;
            for (uint32_t more = token >> 5 == 7 ? 255 : 0; more == 255 && in_.ok();) {
                more = in_.u8();
                length += more;
            }
            size_t distance = (token & 31) << 8 | in_.u8();
            if (distance == 0x1fff) {
                distance = size_t{in_.u16()} + 8191;
            }
            distance += 1;
            if (!in_.ok() || distance > to.size() || length > count - to.size()) {
                return false;
            }
            for (size_t i = 0; i < length; ++i) {
                to.push_back(to[to.size() - distance]);
            }
        }
        return in_.ok() && to.size() == count;
    }

    BigEndianReader in_;
    std::span<const uint32_t> palette_;
    LzImage image_;
};

} // namespace spice::test
