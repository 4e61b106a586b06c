// SPICE_IMAGE_TYPE_LZ4: the library's block format in a frame of SPICE's own.
//
// | offset | size | field                                                             |
// |      0 |    1 | top_down, 0 or 1                                                  |
// |      1 |    1 | SPICE_BITMAP_FMT_*: 16BIT, 24BIT, 32BIT or RGBA                   |
// |      2 |    4 | size of the block, big endian (the one such field in the message) |
// |      6 | size | LZ4 block                                                         |
//
// More blocks may follow, each with the output before it as history; we make one. It makes the rows as they
// lie in a bitmap, without padding; the fourth byte of a pixel of 32BIT is there but means nothing. Only for
// clients that announced SPICE_DISPLAY_CAP_LZ4_COMPRESSION; spice-gtk takes no other format, and so no image
// with a palette. Source: spice-common, canvas_get_lz4().
#pragma once

#include "codecs/image_codec.hpp"

namespace spice::codecs {

class Lz4Encoder final : public ImageCodec {
public:
    std::optional<uint8_t> image_type(PixelFormat format) const override;
    std::optional<Size> encode(const ImageView& image, std::span<uint8_t> into) const override;
};

} // namespace spice::codecs
