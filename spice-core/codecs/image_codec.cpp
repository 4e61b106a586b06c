#include "codecs/image_codec.hpp"

#include "codecs/glz_encoder.hpp"
#include "codecs/lz4_encoder.hpp"
#include "codecs/lz_encoder.hpp"
#include "codecs/quic_encoder.hpp"
#include "codecs/zlib_glz_encoder.hpp"

#include <spice/enums.h>

#include <memory>

namespace spice::codecs {

const ImageCodec* codec(Codec codec) {
    static const LzEncoder lz;
    static const Lz4Encoder lz4;
    static const GlzEncoder glz;
    static const ZlibGlzEncoder zlib_glz;
    static const QuicEncoder quic;
    switch (codec) {
    case Codec::lz:
        return &lz;
    case Codec::lz4:
        return &lz4;
    case Codec::glz:
        return &glz;
    case Codec::zlib_glz:
        return &zlib_glz;
    case Codec::quic:
        return &quic;
    case Codec::raw:
        break;
    }
    return nullptr;
}

EncodedImage raw_image(const ImageView& image) {
    EncodedImage raw{SPICE_IMAGE_TYPE_BITMAP};
    raw.format = image.format;
    raw.top_down = image.top_down;
    raw.palette.assign(image.palette.begin(), image.palette.end());
    raw.data.reserve(image.raw_size());
    for (uint32_t y = 0; y < image.height; ++y) {
        raw.data.insert(raw.data.end(), image.row(y), image.row(y) + image.row_size());
    }
    return raw;
}

EncodedImage ImageCodec::encode_or_raw(const ImageView& image) const {
    const std::optional<uint8_t> type = image_type(image.format);
    if (!type) {
        return raw_image(image);
    }
    const size_t capacity = image.raw_size() - 1;
    const auto scratch = std::make_unique_for_overwrite<uint8_t[]>(capacity);
    const std::optional<Size> size = encode(image, {scratch.get(), capacity});
    if (!size) {
        return raw_image(image);
    }
    EncodedImage encoded{*type, {scratch.get(), scratch.get() + size->data}};
    encoded.format = image.format;
    encoded.top_down = image.top_down;
    if (is_indexed(image.format)) {
        encoded.palette.assign(image.palette.begin(), image.palette.end());
    }
    encoded.inner_size = size->inner_size;
    encoded.lossy = lossy();
    return encoded;
}

EncodedImage encode_image(const ImageCodec* codec, const ImageView& image) {
    return codec != nullptr ? codec->encode_or_raw(image) : raw_image(image);
}

ContiguousRows::ContiguousRows(const ImageView& image) {
    const size_t row_size = image.row_size();
    if (image.stride == row_size) {
        bytes_ = {image.first_row, row_size * image.height};
        return;
    }
    copy_.reserve(row_size * image.height);
    for (uint32_t y = 0; y < image.height; ++y) {
        copy_.insert(copy_.end(), image.row(y), image.row(y) + row_size);
    }
    bytes_ = copy_;
}

} // namespace spice::codecs
