#include "codecs/quic_rows.hpp"

#include <algorithm>
#include <cstring>

namespace spice::codecs::quic {

namespace {

// Sixteen bytes side by side, which GCC and Clang turn into the machine's vector instructions.
using Bytes16 = uint8_t __attribute__((vector_size(16)));
using Signed16 = int8_t __attribute__((vector_size(16)));
using Words4 = uint32_t __attribute__((vector_size(16)));

template <typename T>
T load(const uint8_t* from) {
    T value;
    std::memcpy(&value, from, sizeof value);
    return value;
}

// For bytes and for vectors of them. With fewer than eight bits, the sign is that of the uppermost one.
template <unsigned Bits>
uint8_t fold(uint8_t difference) {
    constexpr unsigned mask = (1u << Bits) - 1;
    const unsigned sign = difference >> (Bits - 1) & 1u;
    return static_cast<uint8_t>((difference * 2u ^ (0 - sign)) & mask);
}

template <unsigned Bits>
Bytes16 fold(Bytes16 difference) {
    const Bytes16 at_top = difference << (8 - Bits);
    const Bytes16 sign = (Bytes16)((Signed16)at_top < 0);
    const Bytes16 folded = (difference + difference) ^ sign;
    return Bits == 8 ? folded : folded & static_cast<uint8_t>((1u << Bits) - 1);
}

Bytes16 mean(Bytes16 a, Bytes16 b) {
    // a + b without the carry that a byte has no room for, halved. No bit moves into the next byte.
    const Words4 differing = (Words4)((a ^ b) & 0xfe);
    return (a & b) + (Bytes16)(differing >> 1);
}

constexpr size_t kPixelsPerVector = 4;

// Of the pixels from `first` on, as many vectors as there are; the rest byte by byte.
template <unsigned Bits, typename Predict>
void predict_from(size_t first, const uint8_t* row, std::span<uint32_t> symbols, const Predict& predicted) {
    auto* to = reinterpret_cast<uint8_t*>(symbols.data());
    size_t x = first;
    for (; x + kPixelsPerVector <= symbols.size(); x += kPixelsPerVector) {
        const Bytes16 folded = fold<Bits>(load<Bytes16>(row + 4 * x) - predicted.template at<Bytes16>(4 * x));
        std::memcpy(to + 4 * x, &folded, sizeof folded);
    }
    for (size_t i = 4 * x; i < 4 * symbols.size(); ++i) {
        to[i] = fold<Bits>(static_cast<uint8_t>(row[i] - predicted.template at<uint8_t>(i)));
    }
}

uint8_t mean(uint8_t a, uint8_t b) {
    return static_cast<uint8_t>((a + b) / 2);
}

struct LeftAlone {
    const uint8_t* row;

    template <typename T>
    T at(size_t i) const {
        return load<T>(row + i - 4);
    }
};

struct LeftAndAbove {
    const uint8_t* row;
    const uint8_t* above;

    template <typename T>
    T at(size_t i) const {
        return mean(load<T>(row + i - 4), load<T>(above + i));
    }
};

bool repeats_left(const uint8_t* pixel, uint32_t mask) {
    return ((load<uint32_t>(pixel) ^ load<uint32_t>(pixel - 4)) & mask) == 0;
}

// Pixel k at bit k. The pixel to the left of the first exists.
uint32_t repeats_of_32(const uint8_t* pixels, uint32_t mask) {
    Words4 bits{};
    Words4 weight{1, 2, 4, 8};
    for (size_t k = 0; k < 32; k += kPixelsPerVector) {
        const Words4 different = (load<Words4>(pixels + 4 * k) ^ load<Words4>(pixels + 4 * k - 4)) & mask;
        bits |= (Words4)(different == 0) & weight;
        weight <<= kPixelsPerVector;
    }
    return bits[0] | bits[1] | bits[2] | bits[3];
}

} // namespace

template <unsigned Bits>
void predict_row(const uint8_t* above, const uint8_t* row, std::span<uint32_t> symbols) {
    auto* const first = reinterpret_cast<uint8_t*>(symbols.data());
    for (size_t i = 0; i < 4; ++i) {
        first[i] = fold<Bits>(static_cast<uint8_t>(row[i] - (above != nullptr ? above[i] : 0)));
    }
    if (above == nullptr) {
        predict_from<Bits>(1, row, symbols, LeftAlone{row});
    } else {
        predict_from<Bits>(1, row, symbols, LeftAndAbove{row, above});
    }
}

template void predict_row<8>(const uint8_t*, const uint8_t*, std::span<uint32_t>);
template void predict_row<5>(const uint8_t*, const uint8_t*, std::span<uint32_t>);

void mark_repeats(const uint8_t* row, size_t width, uint32_t mask, std::span<uint64_t> repeats) {
    std::fill(repeats.begin(), repeats.end(), 0);
    size_t x = 1;
    const auto one_by_one = [&](size_t end) {
        for (; x < end; ++x) {
            repeats[x / 64] |= uint64_t{repeats_left(row + 4 * x, mask)} << x % 64;
        }
    };
    one_by_one(std::min<size_t>(32, width));
    for (; x + 32 <= width; x += 32) {
        repeats[x / 64] |= uint64_t{repeats_of_32(row + 4 * x, mask)} << x % 64;
    }
    one_by_one(width);
}

void unpack_rgb888(const uint8_t* row, std::span<uint32_t> pixels) {
    for (uint32_t& pixel : pixels) {
        pixel = row[0] | uint32_t{row[1]} << 8 | uint32_t{row[2]} << 16;
        row += 3;
    }
}

void unpack_rgb555(const uint8_t* row, std::span<uint32_t> pixels) {
    for (uint32_t& pixel : pixels) {
        const uint32_t packed = row[0] | uint32_t{row[1]} << 8;
        pixel = (packed & 0x1f) | (packed & 0x3e0) << 3 | (packed & 0x7c00) << 6;
        row += 2;
    }
}

} // namespace spice::codecs::quic
