#include "codecs/image_codec.hpp"

#include "codecs/lz4_encoder.hpp"
#include "codecs/lz_encoder.hpp"

#include <spice/enums.h>

#include <cstring>
#include <memory>

namespace spice::codecs {

const ImageCodec* codec(Codec codec) {
    static const LzEncoder lz;
    static const Lz4Encoder lz4;
    switch (codec) {
    case Codec::lz:
        return &lz;
    case Codec::lz4:
        return &lz4;
    case Codec::raw:
        break;
    }
    return nullptr;
}

EncodedImage raw_image(const ImageView& image) {
    EncodedImage raw{SPICE_IMAGE_TYPE_BITMAP, {}};
    raw.data.reserve(image.raw_size());
    for (uint32_t y = 0; y < image.height; ++y) {
        const auto* row = reinterpret_cast<const uint8_t*>(image.pixels + y * image.stride);
        raw.data.insert(raw.data.end(), row, row + size_t{image.width} * sizeof(uint32_t));
    }
    return raw;
}

EncodedImage encode_image(const ImageCodec* codec, const ImageView& image) {
    if (codec == nullptr) {
        return raw_image(image);
    }
    const size_t capacity = image.raw_size() - 1;
    const auto scratch = std::make_unique_for_overwrite<uint8_t[]>(capacity);
    const std::optional<size_t> size = codec->encode(image, {scratch.get(), capacity});
    if (!size) {
        return raw_image(image);
    }
    return {codec->image_type(), {scratch.get(), scratch.get() + *size}};
}

ContiguousPixels::ContiguousPixels(const ImageView& image) {
    const size_t count = size_t{image.width} * image.height;
    if (image.stride == image.width) {
        pixels_ = {image.pixels, count};
        return;
    }
    copy_.reserve(count);
    for (uint32_t y = 0; y < image.height; ++y) {
        const uint32_t* row = image.pixels + y * image.stride;
        copy_.insert(copy_.end(), row, row + image.width);
    }
    pixels_ = copy_;
}

} // namespace spice::codecs
