#include "codecs/lz4_encoder.hpp"

#include "codecs/big_endian.hpp"

#include <spice/enums.h>

#include <lz4.h>

#include <algorithm>

namespace spice::codecs {

namespace {

constexpr size_t kFrameSize = 6;

} // namespace

std::optional<uint8_t> Lz4Encoder::image_type(PixelFormat format) const {
    return format == PixelFormat::xrgb8888 ? std::optional<uint8_t>(SPICE_IMAGE_TYPE_LZ4) : std::nullopt;
}

std::optional<ImageCodec::Size> Lz4Encoder::encode(const ImageView& image, std::span<uint8_t> into) const {
    if (into.size() <= kFrameSize || image.raw_size() > LZ4_MAX_INPUT_SIZE) {
        return std::nullopt;
    }
    const ContiguousRows source(image);
    const std::span<uint8_t> block = into.subspan(kFrameSize);
    const auto capacity = static_cast<int>(std::min<size_t>(block.size(), LZ4_MAX_INPUT_SIZE));
    const int size = LZ4_compress_default(reinterpret_cast<const char*>(source.bytes().data()),
                                          reinterpret_cast<char*>(block.data()),
                                          static_cast<int>(image.raw_size()), capacity);
    if (size <= 0) {
        return std::nullopt;
    }
    into[0] = image.top_down ? 1 : 0;
    into[1] = SPICE_BITMAP_FMT_32BIT;
    put_u32_be(&into[2], static_cast<uint32_t>(size));
    return Size{kFrameSize + static_cast<size_t>(size)};
}

} // namespace spice::codecs
