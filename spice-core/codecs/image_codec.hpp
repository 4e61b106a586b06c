// Pixels to the bytes of a SpiceImage: the interface of all encoders and the choice between them.
//
// An encoder that keeps no state between images is an ImageCodec: immutable, used from any thread, each image
// decodable on its own. Every format in use is described at the head of its encoder.
#pragma once

#include "codecs/pixel_format.hpp"

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <vector>

namespace spice::codecs {

// What follows the SpiceImageDescriptor on the wire, apart from the fields that protocol::DrawCopy writes
// from the other members.
struct EncodedImage {
    uint8_t type = 0; // SPICE_IMAGE_TYPE_*
    std::vector<uint8_t> data{};
    PixelFormat format = PixelFormat::xrgb8888; // BITMAP tells it
    bool top_down = true;                       // BITMAP and JPEG_ALPHA tell it
    std::vector<uint32_t> palette{};            // LZ_PLT and indexed BITMAP: 0x00rrggbb
    uint32_t inner_size = 0; // bytes: of the JPEG in a JPEG_ALPHA, of the GLZ image in a ZLIB_GLZ_RGB
    bool lossy = false;      // decoded, it is only like the picture
    std::chrono::microseconds encode_time{0};
};

class ImageCodec {
public:
    struct Size {
        size_t data = 0;         // bytes
        uint32_t inner_size = 0; // see EncodedImage
    };

    virtual ~ImageCodec() = default;

    // SPICE_IMAGE_TYPE_* that images of this format get; none: this codec does not take them.
    virtual std::optional<uint8_t> image_type(PixelFormat format) const = 0;
    virtual bool lossy() const { return false; }
    // How many bytes of `into` are used; none when that is too small, whose content is then unspecified.
    // The format is one that the codec takes.
    virtual std::optional<Size> encode(const ImageView& image, std::span<uint8_t> into) const = 0;
    // Never fails but for want of memory: what is not taken or does not get smaller goes raw. A codec may
    // know another way that makes fewer bytes of this image, and go it.
    virtual EncodedImage encode_or_raw(const ImageView& image) const;
};

enum class Codec : uint8_t { raw, lz, lz4, glz, zlib_glz, quic }; // for JPEG see jpeg_ladder()

// The encoder; null for raw, which needs none.
const ImageCodec* codec(Codec codec);

// As ImageCodec::encode_or_raw(); without a codec the image goes raw.
EncodedImage encode_image(const ImageCodec* codec, const ImageView& image);
EncodedImage raw_image(const ImageView& image);

// For encoders that work on one run of bytes: the image's own when it has no gaps between its rows, else a
// copy of them.
class ContiguousRows {
public:
    explicit ContiguousRows(const ImageView& image);

    std::span<const uint8_t> bytes() const { return bytes_; }

private:
    std::vector<uint8_t> copy_;
    std::span<const uint8_t> bytes_;
};

} // namespace spice::codecs
