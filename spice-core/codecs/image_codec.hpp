// Pixels to the bytes of a SpiceImage: the interface of all encoders and the choice between them.
//
// An encoder that keeps no state between images is an ImageCodec: immutable, used from any thread, each image
// decodable on its own. Every format in use is described at the head of its encoder.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <vector>

namespace spice::codecs {

// Pixels that an encoder reads: 0x00rrggbb with an upper byte of 0, rows top to bottom.
struct ImageView {
    const uint32_t* pixels = nullptr; // upper left
    size_t stride = 0;                // pixels from one row to the next, at least width
    uint32_t width = 0;               // 1 to 16384, as is height
    uint32_t height = 0;

    size_t raw_size() const { return size_t{width} * height * sizeof(uint32_t); } // bytes
};

// What follows the SpiceImageDescriptor on the wire, without the length or bitmap header of its type.
struct EncodedImage {
    uint8_t type = 0; // SPICE_IMAGE_TYPE_*
    std::vector<uint8_t> data;
};

class ImageCodec {
public:
    virtual ~ImageCodec() = default;

    virtual uint8_t image_type() const = 0;
    // The encoded bytes' number; none when they do not fit into `into`, whose content is then unspecified.
    virtual std::optional<size_t> encode(const ImageView& image, std::span<uint8_t> into) const = 0;
};

enum class Codec : uint8_t { raw, lz, lz4 };

// The encoder; null for raw, which needs none.
const ImageCodec* codec(Codec codec);

// Never fails but for want of memory: what `codec` (null: none) cannot make smaller than raw goes raw.
EncodedImage encode_image(const ImageCodec* codec, const ImageView& image);
EncodedImage raw_image(const ImageView& image);

// For encoders that work on one run of pixels: the image's own when it has no gaps between its rows, else a
// copy of them.
class ContiguousPixels {
public:
    explicit ContiguousPixels(const ImageView& image);

    std::span<const uint32_t> pixels() const { return pixels_; }

private:
    std::vector<uint32_t> copy_;
    std::span<const uint32_t> pixels_;
};

} // namespace spice::codecs
