#include "codecs/quic_encoder.hpp"

#include "codecs/quic_plane.hpp"

#include <spice/enums.h>

#include <array>
#include <optional>
#include <vector>

namespace spice::codecs {

namespace quic {

namespace {

// What a format is in the header, and its rows as quic_rows.hpp has them: as they are, or from `unpacked`, a
// row of memory.
struct Rgb16 {
    static constexpr uint32_t type = 2;
    static constexpr unsigned bits = 5;
    static constexpr bool alpha = false;
    static constexpr auto unpack = unpack_rgb555;
};

struct Rgb24 {
    static constexpr uint32_t type = 3;
    static constexpr unsigned bits = 8;
    static constexpr bool alpha = false;
    static constexpr auto unpack = unpack_rgb888;
};

struct Rgb32 {
    static constexpr uint32_t type = 4;
    static constexpr unsigned bits = 8;
    static constexpr bool alpha = false;
};

struct Rgba {
    static constexpr uint32_t type = 5;
    static constexpr unsigned bits = 8;
    static constexpr bool alpha = true;
};

template <typename Format>
concept Packed = requires {
    Format::unpack;
};

// The rows of a picture from the upper one down. A row lives until the next but one is asked for.
template <typename Format>
class RowReader {
public:
    explicit RowReader(const ImageView& image) : image_(image) {
        if constexpr (Packed<Format>) {
            for (std::vector<uint32_t>& row : unpacked_) {
                row.resize(image.width);
            }
        }
    }

    const uint8_t* row(uint32_t y) {
        const uint8_t* const row = image_.row(image_.top_down ? y : image_.height - 1 - y);
        if constexpr (Packed<Format>) {
            std::vector<uint32_t>& to = unpacked_[y % 2];
            Format::unpack(row, to);
            return reinterpret_cast<const uint8_t*>(to.data());
        } else {
            return row;
        }
    }

private:
    const ImageView& image_;
    std::array<std::vector<uint32_t>, 2> unpacked_;
};

template <typename Format>
std::optional<ImageCodec::Size> encode_as(const ImageView& image, std::span<uint8_t> into) {
    BitOutput out(into);
    for (const uint32_t word : {0x43495551u, 0u, Format::type, image.width, image.height}) { // "QUIC"
        out.bits.put(word, 32);
    }
    RowReader<Format> rows(image);
    PlaneCoder<Format::bits, 16, 8, 0> colours(image.width);
    std::optional<PlaneCoder<8, 24>> alpha;
    if constexpr (Format::alpha) {
        alpha.emplace(image.width);
    }
    const uint8_t* above = nullptr;
    for (uint32_t y = 0; y < image.height && !out.full(); ++y) {
        const uint8_t* const row = rows.row(y);
        colours.encode_row(above, row, out);
        if constexpr (Format::alpha) {
            alpha->encode_row(above, row, out);
        }
        above = row;
    }
    out.make_room();
    out.bits.pad();
    out.bits.put(0, 32);
    out.finish();
    return out.full() ? std::nullopt : std::optional(ImageCodec::Size{out.size()});
}

} // namespace

} // namespace quic

std::optional<uint8_t> QuicEncoder::image_type(PixelFormat format) const {
    return is_indexed(format) ? std::nullopt : std::optional<uint8_t>(SPICE_IMAGE_TYPE_QUIC);
}

std::optional<ImageCodec::Size> QuicEncoder::encode(const ImageView& image, std::span<uint8_t> into) const {
    switch (image.format) {
    case PixelFormat::rgb555:
        return quic::encode_as<quic::Rgb16>(image, into);
    case PixelFormat::rgb888:
        return quic::encode_as<quic::Rgb24>(image, into);
    case PixelFormat::xrgb8888:
        return quic::encode_as<quic::Rgb32>(image, into);
    case PixelFormat::argb8888:
        return quic::encode_as<quic::Rgba>(image, into);
    case PixelFormat::indexed1:
    case PixelFormat::indexed4:
    case PixelFormat::indexed8:
        break;
    }
    return std::nullopt;
}

} // namespace spice::codecs
