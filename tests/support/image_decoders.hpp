// Decoders of the image formats, written against the format tables and with none of the encoders' code.
// They accept exactly what every client must be able to read and nothing else.
#pragma once

#include "base/byte_reader.hpp"

#include <spice/enums.h>

#include <lz4.h>

#include <cstddef>
#include <cstdint>
#include <cstring>
#include <optional>
#include <vector>

namespace spice::test {

using Pixels = std::vector<uint32_t>; // rows top to bottom

class BigEndianReader {
public:
    explicit BigEndianReader(Bytes bytes) : in_(bytes) {}
    uint32_t u8() { return in_.u8(); }
    uint32_t u16() {
        const uint32_t high = u8();
        return high << 8 | u8();
    }
    uint32_t u32() {
        const uint32_t high = u16();
        return high << 16 | u16();
    }
    Bytes bytes(size_t count) { return in_.bytes(count); }
    bool ok() const { return in_.ok(); }
    bool at_end() const { return in_.at_end(); }

private:
    ByteReader in_;
};

inline std::optional<Pixels> decode_raw(Bytes data, uint32_t width, uint32_t height) {
    ByteReader in(data);
    Pixels pixels(size_t{width} * height);
    for (uint32_t& pixel : pixels) {
        pixel = in.u32() & 0xffffff;
    }
    return in.ok() && in.at_end() ? std::optional(pixels) : std::nullopt;
}

inline std::optional<Pixels> decode_lz(Bytes data, uint32_t width, uint32_t height) {
    BigEndianReader in(data);
    if (in.u32() != 0x20205a4c || in.u32() != 0x00010001 || in.u32() != 8 || in.u32() != width ||
        in.u32() != height || in.u32() != width * 4 || in.u32() != 1) {
        return std::nullopt;
    }
    const size_t count = size_t{width} * height;
    Pixels pixels;
    while (pixels.size() < count) {
        const uint32_t token = in.u8();
        if (!in.ok()) {
            return std::nullopt;
        }
        if (token < 32) {
            for (uint32_t i = 0; i <= token; ++i) {
                const uint32_t blue = in.u8();
                const uint32_t green = in.u8();
                pixels.push_back(in.u8() << 16 | green << 8 | blue);
            }
            continue;
        }
        size_t length = token >> 5;
        if (length == 7) {
            uint32_t more = 0;
            do {
                more = in.u8();
                length += more;
            } while (more == 255 && in.ok());
        }
        size_t distance = (token & 31) << 8 | in.u8();
        if (distance == 0x1fff) {
            distance = size_t{in.u16()} + 8191;
        }
        distance += 1;
        if (!in.ok() || distance > pixels.size()) {
            return std::nullopt;
        }
        for (size_t i = 0; i < length; ++i) {
            pixels.push_back(pixels[pixels.size() - distance]);
        }
    }
    const bool exact = in.ok() && in.at_end() && pixels.size() == count;
    return exact ? std::optional(pixels) : std::nullopt;
}

inline std::optional<Pixels> decode_lz4(Bytes data, uint32_t width, uint32_t height) {
    BigEndianReader in(data);
    const size_t raw_size = size_t{width} * height * 4;
    if (in.u8() != 1 || in.u8() != SPICE_BITMAP_FMT_32BIT) {
        return std::nullopt;
    }
    std::vector<uint8_t> raw(raw_size);
    size_t done = 0;
    LZ4_streamDecode_t stream{};
    LZ4_setStreamDecode(&stream, nullptr, 0);
    while (!in.at_end()) {
        const Bytes block = in.bytes(in.u32());
        if (!in.ok()) {
            return std::nullopt;
        }
        const int size = LZ4_decompress_safe_continue(
            &stream, reinterpret_cast<const char*>(block.data()), reinterpret_cast<char*>(raw.data() + done),
            static_cast<int>(block.size()), static_cast<int>(raw_size - done));
        if (size <= 0) {
            return std::nullopt;
        }
        done += static_cast<size_t>(size);
    }
    return done == raw_size ? decode_raw(raw, width, height) : std::nullopt;
}

// `type`: SPICE_IMAGE_TYPE_*.
inline std::optional<Pixels> decode_image(uint8_t type, Bytes data, uint32_t width, uint32_t height) {
    switch (type) {
    case SPICE_IMAGE_TYPE_BITMAP:
        return decode_raw(data, width, height);
    case SPICE_IMAGE_TYPE_LZ_RGB:
        return decode_lz(data, width, height);
    case SPICE_IMAGE_TYPE_LZ4:
        return decode_lz4(data, width, height);
    default:
        return std::nullopt;
    }
}

} // namespace spice::test
