// SPICE_IMAGE_TYPE_GLZ_RGB: LZ77 in units of pixels, across the images that a client has received before.
//
// Header: magic 0x20205a4c, version 0x00010001, one byte type | top_down << 4, width, height, bytes of a row;
// then the image's id (8 bytes) and win_head_dist: how many images before this one is the oldest that the
// client must still keep. All big endian. Types: 6 RGB16, 7 RGB24, 8 RGB32, 9 RGBA; there are palettes in the
// format but clients have none to decode them with. Then tokens until all pixels are told; RGBA has a second
// pass of tokens, for alpha; nothing after them.
//
// | first byte          | token                                                                       |
// | 0..31               | literals: this many plus 1 units follow                                     |
// | L << 5 | F << 4 | o | match, L 1..7; these follow in this order:                                   |
// |                     | L = 7: bytes to add to the length, up to one that is not 255                |
// |                     | bits 4..11 of the offset (o is its bits 0..3)                               |
// |                     | F = 0: n << 6 | bits 0..5 of the image distance; then n bytes: the rest of it |
// |                     | F = 1: n << 6 | G << 5 | bits 12..16 of the offset; then n bytes: the image |
// |                     | distance; if G, then a byte: bits 17..24 of the offset                      |
//
// What follows more than one byte of image distance is little endian. Units: blue, green, red of RGB24, RGB32
// and RGBA; the two bytes, upper first, of RGB16; the byte of an alpha pass. A match is longer than its
// length says by 0, 1, 2 units. Image distance 0: in this image, offset + 1 units back; else that many images
// back, offset units from its first. It may overlap what it makes; it does not know rows.
//
// What spice-gtk requires of ids and win_head_dist. One window serves all display channels of a session. Read
// in its decode-glz.c and tried with it:
// - The first id is 0, every id is used once, and there are no gaps. Ids may arrive in another order than
//   theirs: an image is decoded when it arrives. But a match into an image that has not arrived stops its
//   channel until it does, for ever if it would come by the same channel.
// - After each image, those older than id - win_head_dist are freed, by the fields of the image with the
//   highest id below which none is missing. With win_head_dist 0 the client keeps one image.
// - While an id is missing, everything later is kept: 4 bytes a pixel. An id that never comes is never given
//   up: nothing is freed again. An id used twice leaves an image behind; when the first id is not 0, nothing
//   is freed until chance ends that.
// - INVAL_ALL_PIXMAPS does not clear the window. A new connection of the same session does, but what it has
//   freed before counts on: it keeps all that it gets until the ids are where they were.
// Source: spice-gtk, decode-glz.c and decode-glz-tmpl.c; spice-server, glz-encode-match.tmpl.c.
#pragma once

#include "codecs/image_codec.hpp"

namespace spice::codecs {

// Images that refer to nothing but themselves, so that their bytes serve every client: set_glz_id() makes a
// copy of them fit one client's order. xrgb8888, argb8888, rgb888, rgb555.
class GlzEncoder final : public ImageCodec {
public:
    std::optional<uint8_t> image_type(PixelFormat format) const override;
    std::optional<Size> encode(const ImageView& image, std::span<uint8_t> into) const override;
};

// Writes what differs between clients into the bytes of a GLZ_RGB or ZLIB_GLZ_RGB image that one of our
// encoders made, whatever was there before; a few dozen instructions. `inner_size` is the EncodedImage's.
void set_glz_id(uint8_t type, std::span<uint8_t> data, uint32_t inner_size, uint64_t id,
                uint32_t win_head_dist);
void set_glz_id(EncodedImage& image, uint64_t id, uint32_t win_head_dist);

} // namespace spice::codecs
