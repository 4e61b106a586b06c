#include "codecs/lz4_encoder.hpp"

#include "codecs/big_endian.hpp"

#include <spice/enums.h>

#include <lz4.h>

#include <algorithm>

namespace spice::codecs {

namespace {

constexpr size_t kLz4FrameSize = 6;

// The frame's name of a format; none when it has none.
std::optional<uint8_t> lz4_format(PixelFormat format) {
    switch (format) {
    case PixelFormat::rgb555:
        return SPICE_BITMAP_FMT_16BIT;
    case PixelFormat::rgb888:
        return SPICE_BITMAP_FMT_24BIT;
    case PixelFormat::xrgb8888:
        return SPICE_BITMAP_FMT_32BIT;
    case PixelFormat::argb8888:
        return SPICE_BITMAP_FMT_RGBA;
    case PixelFormat::indexed1:
    case PixelFormat::indexed4:
    case PixelFormat::indexed8:
        break;
    }
    return std::nullopt;
}

} // namespace

std::optional<uint8_t> Lz4Encoder::image_type(PixelFormat format) const {
    return lz4_format(format) ? std::optional<uint8_t>(SPICE_IMAGE_TYPE_LZ4) : std::nullopt;
}

std::optional<ImageCodec::Size> Lz4Encoder::encode(const ImageView& image, std::span<uint8_t> into) const {
    const std::optional<uint8_t> format = lz4_format(image.format);
    if (!format || into.size() <= kLz4FrameSize || image.raw_size() > LZ4_MAX_INPUT_SIZE) {
        return std::nullopt;
    }
    const ContiguousRows source(image);
    const std::span<uint8_t> block = into.subspan(kLz4FrameSize);
    const auto capacity = static_cast<int>(std::min<size_t>(block.size(), LZ4_MAX_INPUT_SIZE));
    const int size = LZ4_compress_default(reinterpret_cast<const char*>(source.bytes().data()),
                                          reinterpret_cast<char*>(block.data()),
                                          static_cast<int>(image.raw_size()), capacity);
    if (size <= 0) {
        return std::nullopt;
    }
    into[0] = image.top_down ? 1 : 0;
    into[1] = *format;
    put_u32_be(&into[2], static_cast<uint32_t>(size));
    return Size{kLz4FrameSize + static_cast<size_t>(size)};
}

} // namespace spice::codecs
