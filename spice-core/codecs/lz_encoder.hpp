// SPICE_IMAGE_TYPE_LZ_RGB with pixels of LZ_IMAGE_TYPE_RGB32: SPICE's own LZ77, in units of pixels.
//
// Header, seven big endian words: magic 0x20205a4c, version 0x00010001, type 8 (RGB32), width, height,
// bytes of a row (4 * width), top_down (1 here). Then tokens until all pixels are told; nothing after them.
//
// | first byte   | token                                                                                 |
// | 0..31        | literals: this many plus 1 pixels follow, each 3 bytes: blue, green, red              |
// | 32 * L + D   | match, L 1..7: L pixels as they were (D * 256 + next byte) + 1 pixels before;         |
// |              | L = 7: bytes to add to the length come first, up to one that is not 255;              |
// |              | D = 31 and distance byte 255: the distance is that of the next two bytes, big endian, |
// |              | plus 8191 plus 1                                                                      |
//
// A match may overlap what it makes: distance 1 repeats a pixel. Matches do not know rows.
// Source: spice-common, lz.c and lz_decompress_tmpl.c. Every client can decode it.
#pragma once

#include "codecs/image_codec.hpp"

namespace spice::codecs {

class LzEncoder final : public ImageCodec {
public:
    std::optional<uint8_t> image_type(PixelFormat format) const override;
    std::optional<Size> encode(const ImageView& image, std::span<uint8_t> into) const override;
};

} // namespace spice::codecs
