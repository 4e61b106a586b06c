// SPICE_IMAGE_TYPE_LZ_RGB and LZ_PLT: SPICE's own LZ77, in units of pixels, or of bytes of indexed pixels.
//
// Header, seven big endian words: magic 0x20205a4c, version 0x00010001, type (below), width, height, bytes of
// a row (for types with a palette the last may be partly used), top_down (0 or 1). Then tokens until all
// units of all rows are told; nothing after them. The palette is not here but in the message, before the
// header.
//
// | format   | type         | bytes of a row  | unit, and as a literal               | bias |
// | indexed1 | 2, PLT1_BE   | (width + 7) / 8 | byte                                 | 2    |
// | indexed4 | 4, PLT4_BE   | (width + 1) / 2 | byte                                 | 2    |
// | indexed8 | 5, PLT8      | width           | byte                                 | 2    |
// | rgb555   | 6, RGB16     | 2 * width       | pixel: upper byte, lower byte        | 1    |
// | rgb888   | 7, RGB24     | 3 * width       | pixel: blue, green, red              | 0    |
// | xrgb8888 | 8, RGB32     | 4 * width       | pixel: blue, green, red              | 0    |
// | argb8888 | 9, RGBA      | 4 * width       | as RGB32; when all pixels are told,  | 0    |
// |          |              |                 | once more for the alpha of each      | 2    |
// | the latter's alpha alone: 10, XXXA       | pixel: alpha                         | 2    |
//
// | first byte   | token                                                                                 |
// | 0..31        | literals: this many plus 1 follow                                                     |
// | 32 * L + D   | match, L 1..7: L + bias units as they were (D * 256 + next byte) + 1 units before;    |
// |              | L = 7: bytes to add to the length come first, up to one that is not 255;              |
// |              | D = 31 and distance byte 255: the distance is that of the next two bytes, big endian, |
// |              | plus 8191 plus 1                                                                      |
//
// A match may overlap what it makes: distance 1 repeats a unit. Matches do not know rows, and the pass of
// the alpha does not reach into that of the colours.
// Source: spice-common, lz.c and lz_decompress_tmpl.c. Every client can decode LZ_RGB with types 8 and 9;
// spice-gtk decodes all. It reads entries 0 and 1 of the palette of an indexed1 image whether used or not.
#pragma once

#include "codecs/image_codec.hpp"

namespace spice::codecs {

class LzEncoder final : public ImageCodec {
public:
    std::optional<uint8_t> image_type(PixelFormat format) const override;
    std::optional<Size> encode(const ImageView& image, std::span<uint8_t> into) const override;
};

// Whichever makes the shortest message: raw, LZ_RGB and, of xrgb8888 images of few colours, raw and LZ_PLT
// with a palette. Only for clients that know palettes, which spice-html5 does not. Never fails but for want
// of memory.
//
// Palettes make 15 % to 40 % fewer bytes of text in cells of 256x256 pixels and of lines of text of two to
// sixteen colours; none of shaded controls, and seldom of single characters (see
// most_colours_worth_a_palette()). The search for them costs up to as much time again as LzEncoder where
// there are few colours, and next to none otherwise.
EncodedImage encode_lz(const ImageView& image);

// The second half of a SPICE_IMAGE_TYPE_JPEG_ALPHA: header and tokens of type XXXA from an argb8888 image.
// How many bytes of `into` are used; none when that is too small, whose content is then unspecified.
std::optional<size_t> encode_lz_alpha(const ImageView& image, std::span<uint8_t> into);

} // namespace spice::codecs
