// SPICE_IMAGE_TYPE_JPEG: the lossy codec.
//
// A baseline JFIF stream of three components and nothing around it. Its first row is always the
// picture's upper one: no field could say otherwise, and clients draw it so.
//
// Sources: spice-common, canvas_get_jpeg(); spice-gtk, decode-jpeg.c. Every client can decode it.
#pragma once

#include "codecs/image_codec.hpp"

#include <span>

namespace spice::codecs {

// What a JPEG costs besides its pixels: headers and tables. Smaller pictures do better with other codecs.
inline constexpr size_t kJpegOverhead = 640; // bytes, at most

class JpegEncoder final : public ImageCodec {
public:
    // 1 to 100, libjpeg's scale.
    explicit JpegEncoder(int quality);

    int quality() const { return quality_; }

    // Of xrgb8888 and rgb888.
    std::optional<uint8_t> image_type(PixelFormat format) const override;
    bool lossy() const override { return true; }
    std::optional<Size> encode(const ImageView& image, std::span<uint8_t> into) const override;

private:
    int quality_;
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
