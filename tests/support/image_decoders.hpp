// Encoded images to pixels, by decoders that were written against the format tables and with none of the
// encoders' code. They accept exactly what every client must be able to read and nothing else.
#pragma once

#include "codecs/image_codec.hpp"
#include "support/big_endian_reader.hpp"
#include "support/jpeg_decoder.hpp"
#include "support/lz_decoder.hpp"
#include "support/quic_decoder.hpp"
#include "support/raw_decoder.hpp"

#include <spice/enums.h>

#include <lz4.h>

#include <cstddef>
#include <cstdint>
#include <optional>
#include <vector>

namespace spice::test {

// A picture with the size and, where its bytes tell them, the format and direction that they should have.
inline std::optional<Pixels> decode_lz(const codecs::EncodedImage& encoded, uint32_t width, uint32_t height) {
    static constexpr uint32_t kTypes[]{2, 4, 5, 6, 7, 8, 9}; // of each PixelFormat
    const auto image = LzDecoder::decode(encoded.data, encoded.palette);
    const bool good = image && image->type == kTypes[static_cast<size_t>(encoded.format)] &&
                      image->width == width && image->height == height && image->top_down == encoded.top_down;
    return good ? std::optional(image->pixels) : std::nullopt;
}

inline std::optional<Pixels> decode_lz4(const codecs::EncodedImage& encoded, uint32_t width,
                                        uint32_t height) {
    BigEndianReader in(encoded.data);
    const uint32_t top_down = in.u8();
    const uint32_t format = in.u8();
    const uint32_t expected = encoded.format == codecs::PixelFormat::rgb555     ? SPICE_BITMAP_FMT_16BIT
                              : encoded.format == codecs::PixelFormat::rgb888   ? SPICE_BITMAP_FMT_24BIT
                              : encoded.format == codecs::PixelFormat::xrgb8888 ? SPICE_BITMAP_FMT_32BIT
                                                                                : SPICE_BITMAP_FMT_RGBA;
    if (!in.ok() || top_down != (encoded.top_down ? 1 : 0) || format != expected ||
        codecs::is_indexed(encoded.format)) {
        return std::nullopt;
    }
    std::vector<uint8_t> raw(size_t{width} * height * codecs::bits_per_pixel(encoded.format) / 8);
    size_t done = 0;
    LZ4_streamDecode_t stream{};
    LZ4_setStreamDecode(&stream, nullptr, 0);
    do {
        const Bytes block = in.bytes(in.u32());
        if (!in.ok()) {
            return std::nullopt;
        }
        const int size = LZ4_decompress_safe_continue(
            &stream, reinterpret_cast<const char*>(block.data()), reinterpret_cast<char*>(raw.data() + done),
            static_cast<int>(block.size()), static_cast<int>(raw.size() - done));
        if (size <= 0) {
            return std::nullopt;
        }
        done += static_cast<size_t>(size);
    } while (!in.at_end());
    if (done != raw.size()) {
        return std::nullopt;
    }
    auto pixels = decode_raw(raw, width, height, encoded.format);
    if (pixels && !encoded.top_down) {
        turn_over(*pixels, width);
    }
    return pixels;
}

inline std::optional<Pixels> decode_quic(const codecs::EncodedImage& encoded, uint32_t width,
                                         uint32_t height) {
    static constexpr uint32_t kTypes[]{0, 0, 0, 2, 3, 4, 5}; // of each PixelFormat
    const auto image = QuicDecoder::decode(encoded.data);
    if (!image || image->type != kTypes[static_cast<size_t>(encoded.format)] || image->width != width ||
        image->height != height) {
        return std::nullopt;
    }
    Pixels pixels;
    for (size_t i = 0; i < image->components.size(); i += image->components_per_pixel()) {
        const uint8_t* const pixel = &image->components[i];
        pixels.push_back(image->type == 2
                             ? colour_of_555(uint32_t{pixel[0]} << 10 | uint32_t{pixel[1]} << 5 | pixel[2])
                             : uint32_t{pixel[0]} << 16 | uint32_t{pixel[1]} << 8 | pixel[2]);
        if (image->type == 5) {
            pixels.back() |= uint32_t{pixel[3]} << 24;
        }
    }
    return pixels;
}

// Of JPEG_ALPHA, too.
inline std::optional<Pixels> decode_jpeg_image(const codecs::EncodedImage& encoded, uint32_t width,
                                               uint32_t height) {
    const bool with_alpha = encoded.type == SPICE_IMAGE_TYPE_JPEG_ALPHA;
    const Bytes data(encoded.data);
    const size_t jpeg_size = with_alpha ? encoded.inner_size : data.size();
    if (jpeg_size > data.size()) {
        return std::nullopt;
    }
    const auto jpeg = decode_jpeg(data.first(jpeg_size));
    if (!jpeg || jpeg->width != width || jpeg->height != height || jpeg->unread != 0) {
        return std::nullopt;
    }
    Pixels pixels = jpeg->pixels;
    if (with_alpha) {
        const auto alpha = LzDecoder::decode(data.subspan(jpeg_size));
        if (!alpha || alpha->type != 10 || alpha->width != width || alpha->height != height ||
            alpha->top_down != encoded.top_down) {
            return std::nullopt;
        }
        for (size_t i = 0; i < pixels.size(); ++i) {
            pixels[i] |= alpha->pixels[i];
        }
    }
    return pixels;
}

inline std::optional<Pixels> decode_image(const codecs::EncodedImage& encoded, uint32_t width,
                                          uint32_t height) {
    switch (encoded.type) {
    case SPICE_IMAGE_TYPE_BITMAP: {
        auto pixels = decode_raw(encoded.data, width, height, encoded.format, encoded.palette);
        if (pixels && !encoded.top_down) {
            turn_over(*pixels, width);
        }
        return pixels;
    }
    case SPICE_IMAGE_TYPE_LZ_RGB:
    case SPICE_IMAGE_TYPE_LZ_PLT:
        return codecs::is_indexed(encoded.format) == (encoded.type == SPICE_IMAGE_TYPE_LZ_PLT)
                   ? decode_lz(encoded, width, height)
                   : std::nullopt;
    case SPICE_IMAGE_TYPE_LZ4:
        return decode_lz4(encoded, width, height);
    case SPICE_IMAGE_TYPE_QUIC:
        return decode_quic(encoded, width, height);
    case SPICE_IMAGE_TYPE_JPEG:
    case SPICE_IMAGE_TYPE_JPEG_ALPHA:
        return decode_jpeg_image(encoded, width, height);
    default:
        return std::nullopt;
    }
}

// An xrgb8888 image with its upper row first. `type`: SPICE_IMAGE_TYPE_*.
inline std::optional<Pixels> decode_image(uint8_t type, Bytes data, uint32_t width, uint32_t height) {
    return decode_image(codecs::EncodedImage{type, {data.begin(), data.end()}}, width, height);
}

} // namespace spice::test
