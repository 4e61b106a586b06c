#include "codecs/glz_encoder.hpp"

#include "codecs/glz_format.hpp"
#include "codecs/glz_stream.hpp"
#include "codecs/glz_units.hpp"
#include "codecs/zlib_glz_encoder.hpp"

#include <spice/enums.h>

#include <algorithm>
#include <array>
#include <cassert>

namespace spice::codecs {

std::optional<uint8_t> GlzEncoder::image_type(PixelFormat format) const {
    return glz::image_type(format) ? std::optional<uint8_t>(SPICE_IMAGE_TYPE_GLZ_RGB) : std::nullopt;
}

std::optional<ImageCodec::Size> GlzEncoder::encode(const ImageView& image, std::span<uint8_t> into) const {
    const std::optional<size_t> size = glz::encode_alone(image, into);
    return size ? std::optional(Size{*size}) : std::nullopt;
}

void set_glz_id(uint8_t type, std::span<uint8_t> data, uint32_t inner_size, uint64_t id,
                uint32_t win_head_dist) {
    std::array<uint8_t, glz::kHeaderSize - glz::kIdAt> fields;
    uint8_t* to = put_u32_be(fields.data(), static_cast<uint32_t>(id >> 32));
    to = put_u32_be(to, static_cast<uint32_t>(id));
    put_u32_be(to, win_head_dist);
    if (type == SPICE_IMAGE_TYPE_ZLIB_GLZ_RGB) {
        glz::replace_stored(data, inner_size, glz::kIdAt, fields);
        return;
    }
    assert(type == SPICE_IMAGE_TYPE_GLZ_RGB && data.size() >= glz::kHeaderSize);
    std::copy(fields.begin(), fields.end(), data.begin() + glz::kIdAt);
}

void set_glz_id(EncodedImage& image, uint64_t id, uint32_t win_head_dist) {
    set_glz_id(image.type, image.data, image.inner_size, id, win_head_dist);
}

} // namespace spice::codecs
