// SPICE_IMAGE_TYPE_ZLIB_GLZ_RGB: a GLZ image (glz_encoder.hpp) inside one zlib stream. On the wire the
// image's data are the size of the GLZ image, that of the stream, and the stream.
//
// We lay the stream out so that the GLZ image's id can be changed in place:
//
// | bytes        |                                                                       |
// | 0, 1         | zlib's header                                                         |
// | 2..6         | the head of a stored block (deflate's way to leave bytes as they are)     |
// | 7..39        | the GLZ image's header                                                |
// | 40..size - 5 | deflate blocks: the tokens                                            |
// | size - 4..   | Adler-32 of the GLZ image, big endian                                 |
//
// Clients take any zlib stream that makes as many bytes as announced. Source: spice-common, canvas_base.c and
// spice.proto; spice-gtk, decode-zlib.c; RFC 1950 and 1951.
#pragma once

#include "codecs/image_codec.hpp"

namespace spice::codecs {

// Images that refer to nothing but themselves, as GlzEncoder's. Where zlib finds nothing to gain its stream
// is up to 16 bytes longer than the GLZ image; encode_glz() avoids that. Size::inner_size is the GLZ image's.
//
// Measured on text and controls, in cells of 256x256: 0.61 times the bytes of PNG files at 250 MB/s of raw
// pixels; in 64x64 0.8 times at 125 MB/s; 12 us for 8x16. GLZ alone: about 1.0 times at 470 and 310 MB/s; 3
// us. Memory of a thread that encodes: 0.4 MB and twice the largest image's pixels.
class ZlibGlzEncoder final : public ImageCodec {
public:
    std::optional<uint8_t> image_type(PixelFormat format) const override;
    std::optional<Size> encode(const ImageView& image, std::span<uint8_t> into) const override;
    EncodedImage encode_or_raw(const ImageView& image) const override; // encode_glz()
};

// Whichever is the smallest of raw, GLZ_RGB and ZLIB_GLZ_RGB, told from one encoding: what encode_image() is
// to a single codec. Never fails but for want of memory.
EncodedImage encode_glz(const ImageView& image);

namespace glz {

// A GLZ image as the stream described above: bytes used of `into`, none when they are too few.
std::optional<size_t> deflate_image(std::span<const uint8_t> image, std::span<uint8_t> into);

// The GLZ image itself or as such a stream, whichever is smaller; none: not smaller than `raw_size` bytes.
// Sets type, data and inner_size.
std::optional<EncodedImage> smaller_form(std::span<const uint8_t> image, size_t raw_size);

// Overwrites bytes of the GLZ image's header inside such a stream, `at` from its start.
void replace_stored(std::span<uint8_t> stream, size_t image_size, size_t at, std::span<const uint8_t> bytes);

} // namespace glz

} // namespace spice::codecs
