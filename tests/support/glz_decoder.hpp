// A decoder of GLZ images, alone and with a window of earlier ones, written against the format table and the
// rules for windows in codecs/glz_encoder.hpp, with none of the encoders' code. It refuses whatever a client
// could only guess at.
#pragma once

#include "support/image_decoders.hpp"

#include <spice/enums.h>

#include <zlib.h>

#include <cstddef>
#include <cstdint>
#include <deque>
#include <numeric>
#include <optional>
#include <vector>

namespace spice::test {

struct GlzImage {
    uint64_t id = 0;
    uint32_t win_head_dist = 0;
    uint32_t type = 0; // 6 RGB16, 7 RGB24, 8 RGB32, 9 RGBA
    bool top_down = true;
    uint32_t width = 0;
    uint32_t height = 0;
    std::vector<uint32_t> stored; // 0xaarrggbb, in the order of the stream

    Pixels from_top() const {
        Pixels rows;
        for (uint32_t y = 0; y < height; ++y) {
            const auto row = stored.begin() + ptrdiff_t{top_down ? y : height - 1 - y} * width;
            rows.insert(rows.end(), row, row + width);
        }
        return rows;
    }
};

// Exactly `size` bytes out of a zlib stream that ends where the bytes do.
inline std::optional<std::vector<uint8_t>> inflate_exactly(Bytes stream, size_t size) {
    std::vector<uint8_t> out(size + 1); // one more would show
    uLongf out_size = out.size();
    uLong used = stream.size();
    if (uncompress2(out.data(), &out_size, stream.data(), &used) != Z_OK || out_size != size ||
        used != stream.size()) {
        return std::nullopt;
    }
    out.resize(size);
    return out;
}

// What a client keeps.
class GlzWindow {
public:
    explicit GlzWindow(uint64_t max_pixels = UINT64_MAX, uint64_t first_id = 0)
        : max_pixels_(max_pixels), next_id_(first_id) {}

    // `type`: SPICE_IMAGE_TYPE_GLZ_RGB or ZLIB_GLZ_RGB. Null: wrong; good until the next.
    const GlzImage* decode(uint8_t type, Bytes data, size_t inner_size) {
        if (type == SPICE_IMAGE_TYPE_ZLIB_GLZ_RGB) {
            const auto inflated = inflate_exactly(data, inner_size);
            return inflated ? decode_glz(*inflated) : nullptr;
        }
        return type == SPICE_IMAGE_TYPE_GLZ_RGB ? decode_glz(data) : nullptr;
    }

    uint64_t pixels() const {
        return std::accumulate(images_.begin(), images_.end(), uint64_t{0},
                               [](uint64_t sum, const GlzImage& image) { return sum + image.stored.size(); });
    }
    size_t images() const { return images_.size(); }
    uint64_t matches_into_earlier() const { return matches_into_earlier_; }

private:
    const GlzImage* decode_glz(Bytes data) {
        BigEndianReader in(data);
        GlzImage image;
        if (!read_header(in, image)) {
            return nullptr;
        }
        head_ = image.id - image.win_head_dist;
        while (!images_.empty() && images_.front().id < head_) {
            images_.pop_front();
        }
        image.stored.assign(size_t{image.width} * image.height, 0);
        bool good = true;
        if (image.type == 6) {
            good = read_pass(
                in, image, 1, [&] { return widened(in.u16()); }, 0xffffff);
        } else {
            good = read_pass(
                in, image, 0,
                [&] {
                    const uint32_t blue = in.u8();
                    const uint32_t green = in.u8();
                    return in.u8() << 16 | green << 8 | blue;
                },
                0xffffff);
        }
        if (good && image.type == 9) {
            good = read_pass(
                in, image, 2, [&] { return in.u8() << 24; }, 0xff000000);
        }
        if (!good || !in.ok() || !in.at_end() ||
            (!images_.empty() && pixels() + image.stored.size() > max_pixels_)) {
            return nullptr;
        }
        ++next_id_;
        images_.push_back(std::move(image));
        return &images_.back();
    }

    bool read_header(BigEndianReader& in, GlzImage& image) const {
        const bool known = in.u32() == 0x20205a4c && in.u32() == 0x00010001;
        const uint32_t type = in.u8();
        image.type = type & 15;
        image.top_down = type >> 4 == 1;
        image.width = in.u32();
        image.height = in.u32();
        const uint32_t stride = in.u32();
        const uint64_t id_high = in.u32();
        image.id = id_high << 32 | in.u32();
        image.win_head_dist = in.u32();
        const uint32_t pixel_size = image.type == 6 ? 2 : image.type == 7 ? 3 : 4;
        return known && in.ok() && type < 32 && image.type >= 6 && image.type <= 9 &&
               stride == image.width * pixel_size && image.width > 0 && image.height > 0 &&
               image.id == next_id_ && image.win_head_dist <= image.id &&
               image.id - image.win_head_dist >= head_;
    }

    static uint32_t widened(uint32_t value) {
        const auto part = [&](int shift) {
            const uint32_t five = value >> shift & 31;
            return five << 3 | five >> 2;
        };
        return part(10) << 16 | part(5) << 8 | part(0);
    }

    // Fills in those bits of the pixels that `mask` has.
    template <class ReadLiteral>
    bool read_pass(BigEndianReader& in, GlzImage& image, uint32_t bias, ReadLiteral literal, uint32_t mask) {
        std::vector<uint32_t>& to = image.stored;
        const auto put = [&](size_t at, uint32_t value) { to[at] = (to[at] & ~mask) | (value & mask); };
        size_t at = 0;
        while (at < to.size()) {
            const uint32_t token = in.u8();
            if (!in.ok()) {
                return false;
            }
            if (token < 32) {
                if (token + 1 > to.size() - at) {
                    return false;
                }
                for (uint32_t i = 0; i <= token; ++i) {
                    put(at++, literal());
                }
                continue;
            }
            size_t length = token >> 5;
            for (uint32_t more = length == 7 ? 255 : 0; more == 255 && in.ok();) {
                more = in.u8();
                length += more;
            }
            length += bias;
            const auto [image_dist, offset] = read_place(in, token);
            if (!in.ok() || length > to.size() - at) {
                return false;
            }
            if (image_dist == 0) {
                if (offset + 1 > at) {
                    return false;
                }
                for (; length > 0; --length, ++at) {
                    put(at, to[at - offset - 1]);
                }
                continue;
            }
            const GlzImage* const earlier = find(image, image_dist);
            if (earlier == nullptr || offset + length > earlier->stored.size()) {
                return false;
            }
            for (size_t i = 0; i < length; ++i) {
                put(at++, earlier->stored[offset + i]);
            }
            ++matches_into_earlier_;
        }
        return in.ok();
    }

    struct Place {
        uint64_t image_dist = 0;
        size_t offset = 0;
    };

    static Place read_place(BigEndianReader& in, uint32_t token) {
        size_t offset = (token & 15) | in.u8() << 4;
        const uint32_t control = in.u8();
        uint64_t image_dist = 0;
        const bool medium = (token >> 4 & 1) == 1;
        for (uint32_t i = 0; i < control >> 6; ++i) {
            image_dist |= uint64_t{in.u8()} << 8 * i;
        }
        if (!medium) {
            return {image_dist << 6 | (control & 63), offset};
        }
        offset |= size_t{control & 31} << 12;
        if ((control >> 5 & 1) == 1) {
            offset |= size_t{in.u8()} << 17;
        }
        return {image_dist, offset};
    }

    const GlzImage* find(const GlzImage& image, uint64_t image_dist) const {
        if (image_dist > image.win_head_dist || image_dist > images_.size()) {
            return nullptr;
        }
        const GlzImage& earlier = images_[images_.size() - image_dist];
        return earlier.id == image.id - image_dist && earlier.type == image.type ? &earlier : nullptr;
    }

    uint64_t max_pixels_;
    uint64_t next_id_;
    uint64_t head_ = 0; // never moves back
    std::deque<GlzImage> images_;
    uint64_t matches_into_earlier_ = 0;
};

// An image that refers only to itself.
inline std::optional<GlzImage> decode_glz_alone(uint8_t type, Bytes data, size_t inner_size,
                                                uint64_t id = 0) {
    GlzWindow window(UINT64_MAX, id);
    const GlzImage* const image = window.decode(type, data, inner_size);
    return image != nullptr ? std::optional(*image) : std::nullopt;
}

} // namespace spice::test
