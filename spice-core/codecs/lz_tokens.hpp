// The tokens of SPICE's LZ format, whose table stands at the head of lz_encoder.hpp, for all units that
// a picture can be told in.
#pragma once

#include "codecs/bounded_output.hpp"

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <span>

namespace spice::codecs {

// A unit is what lengths and distances count: a pixel, or a byte of several indexed pixels.

// Pixels in words of blue, green, red and a byte that is not told.
struct LzRgbUnit {
    using Value = uint32_t;
    static constexpr size_t kLiteralSize = 3; // bytes
    static constexpr size_t kLengthBias = 0;  // a match is this much longer than its token says

    static void put(uint8_t* to, const Value* units, size_t count) {
        for (; count > 1; --count) {
            std::memcpy(to, units++, sizeof(Value)); // the next unit goes over the last byte
            to += kLiteralSize;
        }
        std::memcpy(to, units, kLiteralSize);
    }
};

// Pixels of 16 bits, which go as big endian.
struct LzRgb16Unit {
    using Value = uint16_t;
    static constexpr size_t kLiteralSize = 2;
    static constexpr size_t kLengthBias = 1;

    static void put(uint8_t* to, const Value* units, size_t count) {
        for (; count > 0; --count, ++units) {
            *to++ = static_cast<uint8_t>(*units >> 8);
            *to++ = static_cast<uint8_t>(*units & 255);
        }
    }
};

// Bytes: indices into a palette, one, two or eight of them, or alpha.
struct LzByteUnit {
    using Value = uint8_t;
    static constexpr size_t kLiteralSize = 1;
    static constexpr size_t kLengthBias = 2;

    static void put(uint8_t* to, const Value* units, size_t count) { std::memcpy(to, units, count); }
};

struct LzMatch {
    size_t length = 0; // units
    size_t distance = 0;
};

template <typename Unit>
struct LzFormat {
    static constexpr size_t kMaxLiterals = 32;                  // of one token
    static constexpr size_t kMinMatch = 1 + Unit::kLengthBias;  // units
    static constexpr size_t kLongMatch = 7 + Unit::kLengthBias; // from this length on there are length bytes
    static constexpr size_t kFarDistance = 8192; // from this distance on there are two more bytes
    static constexpr size_t kMaxDistance = kFarDistance + 65535;

    // Bytes of the token.
    static size_t cost(const LzMatch& match) {
        const size_t length_bytes = match.length < kLongMatch ? 0 : 1 + (match.length - kLongMatch) / 255;
        return 2 + length_bytes + (match.distance < kFarDistance ? 0 : 2);
    }

    // Bytes saved against literals; negative when literals are cheaper or there is no such match.
    static ptrdiff_t gain(const LzMatch& match) {
        return match.length < kMinMatch ? -1
                                        : static_cast<ptrdiff_t>(match.length * Unit::kLiteralSize) -
                                              static_cast<ptrdiff_t>(cost(match));
    }
};

// Where the tokens go.
template <typename Unit>
class LzTokenWriter {
public:
    using Format = LzFormat<Unit>;

    explicit LzTokenWriter(std::span<uint8_t> into) : out_(into) {}

    void literals(const typename Unit::Value* units, size_t count) {
        while (count > 0) {
            const size_t part = std::min(count, Format::kMaxLiterals);
            if (!out_.room(1 + part * Unit::kLiteralSize)) {
                return;
            }
            out_.put(part - 1);
            Unit::put(out_.next(), units, part);
            out_.advance(part * Unit::kLiteralSize);
            units += part;
            count -= part;
        }
    }

    // Of at least kMinMatch units.
    void match(const LzMatch& match) {
        if (!out_.room(Format::cost(match))) {
            return;
        }
        const bool far = match.distance >= Format::kFarDistance;
        const size_t biased = match.distance - 1;
        const size_t length = std::min(match.length, Format::kLongMatch) - Unit::kLengthBias;
        out_.put(length << 5 | (far ? 31 : biased >> 8));
        if (match.length >= Format::kLongMatch) {
            size_t more = match.length - Format::kLongMatch;
            for (; more >= 255; more -= 255) {
                out_.put(255);
            }
            out_.put(more);
        }
        out_.put(far ? 255 : biased & 255);
        if (far) {
            const size_t rest = match.distance - Format::kFarDistance;
            out_.put(rest >> 8);
            out_.put(rest & 255);
        }
    }

    bool full() const { return out_.full(); }
    size_t size() const { return out_.size(); }

private:
    BoundedOutput out_;
};

} // namespace spice::codecs
