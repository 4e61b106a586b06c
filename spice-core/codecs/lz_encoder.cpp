#include "codecs/lz_encoder.hpp"

#include "codecs/big_endian.hpp"
#include "codecs/lz_search.hpp"
#include "codecs/palette.hpp"

#include <spice/enums.h>

#include <array>
#include <cassert>
#include <memory>

namespace spice::codecs {

namespace {

constexpr uint32_t kLzMagic = 0x20205a4c;
constexpr uint32_t kLzVersion = 0x00010001;
constexpr size_t kLzHeaderSize = 7 * sizeof(uint32_t);

enum class LzType : uint32_t {
    plt1_be = 2,
    plt4_be = 4,
    plt8 = 5,
    rgb16 = 6,
    rgb24 = 7,
    rgb32 = 8,
    rgba = 9,
    xxxa = 10
};

LzType lz_type(PixelFormat format) {
    switch (format) {
    case PixelFormat::indexed1:
        return LzType::plt1_be;
    case PixelFormat::indexed4:
        return LzType::plt4_be;
    case PixelFormat::indexed8:
        return LzType::plt8;
    case PixelFormat::rgb555:
        return LzType::rgb16;
    case PixelFormat::rgb888:
        return LzType::rgb24;
    case PixelFormat::xrgb8888:
        break;
    case PixelFormat::argb8888:
        return LzType::rgba;
    }
    return LzType::rgb32;
}

// Units of an image without gaps, which they are copied out of; `pick` makes one from the bytes of a pixel.
template <typename Value>
class PickedUnits {
public:
    template <typename Pick>
    PickedUnits(const ImageView& image, Pick pick)
        : count_(size_t{image.width} * image.height),
          units_(std::make_unique_for_overwrite<Value[]>(count_)) {
        const size_t pixel_size = bits_per_pixel(image.format) / 8;
        Value* to = units_.get();
        for (uint32_t y = 0; y < image.height; ++y) {
            const uint8_t* from = image.row(y);
            for (uint32_t x = 0; x < image.width; ++x, from += pixel_size) {
                *to++ = pick(from);
            }
        }
    }

    std::span<const Value> units() const { return {units_.get(), count_}; }

private:
    size_t count_;
    std::unique_ptr<Value[]> units_;
};

uint32_t colour_of(const uint8_t* pixel) {
    return pixel[0] | uint32_t{pixel[1]} << 8 | uint32_t{pixel[2]} << 16;
}

uint8_t alpha_of(const uint8_t* pixel) {
    return pixel[3];
}

// Units that are the image's own bytes.
template <typename Unit>
std::optional<size_t> compress_rows(const ImageView& image, std::span<uint8_t> into) {
    using Value = typename Unit::Value;
    const ContiguousRows rows(image);
    const std::span<const Value> units{reinterpret_cast<const Value*>(rows.bytes().data()),
                                       rows.bytes().size() / sizeof(Value)};
    return lz_compress<Unit>(units, image.row_size() / sizeof(Value), into);
}

std::optional<size_t> compress_colours(const ImageView& image, std::span<uint8_t> into) {
    const PickedUnits<uint32_t> picked(image, colour_of);
    return lz_compress<LzRgbUnit>(picked.units(), image.width, into);
}

std::optional<size_t> compress_alpha(const ImageView& image, std::span<uint8_t> into) {
    const PickedUnits<uint8_t> picked(image, alpha_of);
    return lz_compress<LzByteUnit>(picked.units(), image.width, into);
}

// Size of all tokens.
std::optional<size_t> compress(const ImageView& image, std::span<uint8_t> into) {
    switch (image.format) {
    case PixelFormat::indexed1:
    case PixelFormat::indexed4:
    case PixelFormat::indexed8:
        return compress_rows<LzByteUnit>(image, into);
    case PixelFormat::rgb555:
        return compress_rows<LzRgb16Unit>(image, into);
    case PixelFormat::rgb888:
        return compress_colours(image, into);
    case PixelFormat::xrgb8888:
        break;
    case PixelFormat::argb8888: {
        const std::optional<size_t> colours = compress_colours(image, into);
        const std::optional<size_t> alpha =
            colours ? compress_alpha(image, into.subspan(*colours)) : std::nullopt;
        return alpha ? std::optional(*colours + *alpha) : std::nullopt;
    }
    }
    return compress_rows<LzRgbUnit>(image, into);
}

void put_header(const ImageView& image, LzType type, uint8_t* to) {
    const std::array<uint32_t, 7> words{kLzMagic,
                                        kLzVersion,
                                        static_cast<uint32_t>(type),
                                        image.width,
                                        image.height,
                                        static_cast<uint32_t>(image.row_size()),
                                        image.top_down ? 1u : 0u};
    for (const uint32_t word : words) {
        to = put_u32_be(to, word);
    }
}

// Bytes from the image's descriptor to its end, with its palette. Source: spice-common, spice.proto.
size_t size_on_the_wire(const EncodedImage& encoded) {
    const size_t fields = encoded.type == SPICE_IMAGE_TYPE_BITMAP   ? 18
                          : encoded.type == SPICE_IMAGE_TYPE_LZ_PLT ? 9
                                                                    : 4;
    return fields + (encoded.palette.empty() ? 0 : palette_size_on_the_wire(encoded.palette.size())) +
           encoded.data.size();
}

} // namespace

std::optional<uint8_t> LzEncoder::image_type(PixelFormat format) const {
    return static_cast<uint8_t>(is_indexed(format) ? SPICE_IMAGE_TYPE_LZ_PLT : SPICE_IMAGE_TYPE_LZ_RGB);
}

std::optional<ImageCodec::Size> LzEncoder::encode(const ImageView& image, std::span<uint8_t> into) const {
    if (into.size() < kLzHeaderSize) {
        return std::nullopt;
    }
    put_header(image, lz_type(image.format), into.data());
    const std::optional<size_t> size = compress(image, into.subspan(kLzHeaderSize));
    return size ? std::optional(Size{kLzHeaderSize + *size}) : std::nullopt;
}

EncodedImage encode_lz(const ImageView& image) {
    static const LzEncoder lz;
    EncodedImage plain = encode_image(&lz, image);
    const size_t colours =
        image.format == PixelFormat::xrgb8888 ? most_colours_worth_a_palette(plain.data.size()) : 0;
    const std::optional<IndexedImage> indexed = colours > 0 ? make_indexed(image, colours) : std::nullopt;
    if (!indexed) {
        return plain;
    }
    EncodedImage with_palette = encode_image(&lz, indexed->view());
    return size_on_the_wire(with_palette) < size_on_the_wire(plain) ? with_palette : plain;
}

std::optional<size_t> encode_lz_alpha(const ImageView& image, std::span<uint8_t> into) {
    assert(image.format == PixelFormat::argb8888);
    if (into.size() < kLzHeaderSize) {
        return std::nullopt;
    }
    put_header(image, LzType::xxxa, into.data());
    const std::optional<size_t> size = compress_alpha(image, into.subspan(kLzHeaderSize));
    return size ? std::optional(kLzHeaderSize + *size) : std::nullopt;
}

} // namespace spice::codecs
