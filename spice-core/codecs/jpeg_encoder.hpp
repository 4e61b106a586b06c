// SPICE_IMAGE_TYPE_JPEG, and SPICE_IMAGE_TYPE_JPEG_ALPHA for pictures with transparency. Both lossy.
//
// JPEG is a baseline JFIF stream of three components and nothing around it. Its first row is always the
// picture's upper one: no field could say otherwise, and clients draw it so.
//
// JPEG_ALPHA is a JPEG of the colours, as they are under transparent pixels too, and behind it the alpha
// values as an LZ stream of LZ_IMAGE_TYPE_XXXA (see lz_encoder.hpp), which is exact. Its message has more
// fields:
//
// | offset | size | field                                                                        |
// |      0 |    1 | SPICE_JPEG_ALPHA_FLAGS_TOP_DOWN, or 0; the LZ header must say the same        |
// |      1 |    4 | size of the JPEG                                                             |
// |      5 |    4 | size of the JPEG and the LZ stream                                           |
//
// The flag is about the order of the alpha rows alone; those of the JPEG stay in the picture's order.
// Colours that were multiplied by their alpha may decode to values above it.
//
// Sources: spice-common, canvas_get_jpeg() and canvas_get_jpeg_alpha(); spice-gtk, decode-jpeg.c. Every
// client can decode both.
#pragma once

#include "codecs/image_codec.hpp"

#include <span>

namespace spice::codecs {

// What a JPEG costs besides its pixels: headers and tables. Smaller pictures do better with other codecs.
inline constexpr size_t kJpegOverhead = 640; // bytes, at most

class JpegEncoder final : public ImageCodec {
public:
    // 1 to 100, libjpeg's scale; and what it makes of a pixel of a photograph, for those who have to choose.
    JpegEncoder(int quality, double bytes_per_pixel);

    int quality() const { return quality_; }
    double bytes_per_pixel() const { return bytes_per_pixel_; }

    // JPEG of xrgb8888 and rgb888, JPEG_ALPHA of argb8888.
    std::optional<uint8_t> image_type(PixelFormat format) const override;
    bool lossy() const override { return true; }
    std::optional<Size> encode(const ImageView& image, std::span<uint8_t> into) const override;

private:
    int quality_;
    double bytes_per_pixel_;
};

// One encoder for each of a few qualities, fewest bytes first. On photographs of 1080p in cells of 256x256:
//
// | quality | bytes per pixel | PSNR, dB | MB of pixels per second |
// |      30 |           0.045 |     32.5 |                     450 |
// |      50 |           0.063 |     34.2 |                     430 |
// |      70 |           0.101 |     35.9 |                     950 |
// |      85 |           0.154 |     38.9 |                     900 |
std::span<const JpegEncoder> jpeg_ladder();

} // namespace spice::codecs
