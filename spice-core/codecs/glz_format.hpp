// The header and the tokens of GLZ images; glz_encoder.hpp has the table that describes them.
#pragma once

#include "codecs/big_endian.hpp"
#include "codecs/bounded_output.hpp"

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <span>

namespace spice::codecs::glz {

constexpr size_t kHeaderSize = 33;
constexpr size_t kIdAt = 21;       // in the header: 8 bytes
constexpr size_t kHeadDistAt = 29; // in the header: 4 bytes

enum class ImageType : uint8_t { rgb555 = 6, rgb888 = 7, xrgb8888 = 8, argb8888 = 9 };

struct Header {
    ImageType type = ImageType::xrgb8888;
    bool top_down = true;
    uint32_t width = 0;  // pixels
    uint32_t height = 0; // pixels
    uint32_t stride = 0; // bytes of a row as it was before
};

// Id and distance are 0; set_glz_id() sets them. `to` has kHeaderSize bytes.
inline void put_header(uint8_t* to, const Header& header) {
    to = put_u32_be(to, 0x20205a4c);
    to = put_u32_be(to, 0x00010001);
    *to++ = static_cast<uint8_t>(static_cast<uint8_t>(header.type) | (header.top_down ? 1u << 4 : 0u));
    to = put_u32_be(to, header.width);
    to = put_u32_be(to, header.height);
    to = put_u32_be(to, header.stride);
    std::fill_n(to, kHeaderSize - kIdAt, uint8_t{0});
}

// What one literal of a pass is. Encoders keep every kind in 32 bits.
enum class Unit : uint8_t {
    rgb,    // 0x00rrggbb; 3 bytes: blue, green, red
    rgb555, // 2 bytes: the upper one first
    alpha,  // 1 byte
};

constexpr size_t unit_bytes(Unit unit) {
    return unit == Unit::rgb ? 3 : unit == Unit::rgb555 ? 2 : 1;
}
// Units that a match has more than its length field says; one of no more than them cannot be told.
constexpr uint32_t length_bias(Unit unit) {
    return unit == Unit::rgb ? 0 : unit == Unit::rgb555 ? 1 : 2;
}

constexpr uint32_t kMaxLiterals = 32; // of one token
constexpr uint32_t kLongMatch = 7;    // from this length field on there are length bytes
constexpr uint32_t kNearOffsets = 1u << 12;
constexpr uint32_t kMiddleOffsets = 1u << 17;
constexpr uint32_t kOffsets = 1u << 25; // where the format ends

struct Match {
    uint32_t length = 0;     // units
    uint32_t image_dist = 0; // images before this one; 0: this one
    uint32_t offset = 0;     // in this image: distance less 1; in an earlier one: from its first unit
};

// Bytes that tell how many images to go back, after those bits of it that are in the token.
constexpr uint32_t image_dist_bytes(const Match& match) {
    const uint32_t rest = match.offset < kNearOffsets ? match.image_dist >> 6 : match.image_dist;
    return rest == 0 ? 0 : rest < 1u << 8 ? 1 : rest < 1u << 16 ? 2 : 3;
}

template <Unit unit>
constexpr size_t match_bytes(const Match& match) {
    const uint32_t length = match.length - length_bias(unit);
    const size_t length_bytes = length < kLongMatch ? 0 : 1 + (length - kLongMatch) / 255;
    return 3 + length_bytes + image_dist_bytes(match) + (match.offset < kMiddleOffsets ? 0 : 1);
}

// At most as many bytes as the tokens of so many units take.
constexpr size_t max_token_bytes(Unit unit, size_t units) {
    return units * unit_bytes(unit) + units / kMaxLiterals + 1;
}

// Where the tokens go.
class TokenWriter {
public:
    explicit TokenWriter(std::span<uint8_t> into) : out_(into) {}

    template <Unit unit>
    void literals(const uint32_t* units, size_t count) {
        while (count > 0) {
            const size_t part = std::min<size_t>(count, kMaxLiterals);
            if (!room(1 + part * unit_bytes(unit))) {
                return;
            }
            put(static_cast<uint32_t>(part - 1));
            for (const uint32_t* const last = units + part; units < last; ++units) {
                if constexpr (unit == Unit::rgb555) {
                    put(*units >> 8);
                    put(*units);
                } else {
                    put(*units);
                }
                if constexpr (unit == Unit::rgb) {
                    put(*units >> 8);
                    put(*units >> 16);
                }
            }
            count -= part;
        }
    }

    template <Unit unit>
    void match(const Match& match) {
        if (!room(match_bytes<unit>(match))) {
            return;
        }
        const uint32_t length = match.length - length_bias(unit);
        const bool near = match.offset < kNearOffsets;
        put(std::min(length, kLongMatch) << 5 | (near ? 0u : 1u << 4) | (match.offset & 15));
        if (length >= kLongMatch) {
            uint32_t more = length - kLongMatch;
            for (; more >= 255; more -= 255) {
                put(255);
            }
            put(more);
        }
        put(match.offset >> 4);
        const uint32_t dist_bytes = image_dist_bytes(match);
        const bool far = match.offset >= kMiddleOffsets;
        uint32_t rest = match.image_dist;
        if (near) {
            put(dist_bytes << 6 | (rest & 63));
            rest >>= 6;
        } else {
            put(dist_bytes << 6 | (far ? 1u << 5 : 0u) | (match.offset >> 12 & 31));
        }
        for (uint32_t i = 0; i < dist_bytes; ++i, rest >>= 8) {
            put(rest);
        }
        if (far) {
            put(match.offset >> 17);
        }
    }

    bool full() const { return out_.full(); }
    size_t size() const { return out_.size(); }

private:
    void put(uint32_t byte) { out_.put(byte); }
    bool room(size_t count) { return out_.room(count); }

    BoundedOutput out_;
};

} // namespace spice::codecs::glz
