#include "codecs/quic_rows.hpp"

#include <algorithm>
#include <cstring>

namespace spice::codecs::quic {

namespace {

// Sixteen bytes side by side, which GCC and Clang turn into the machine's vector instructions.
using Bytes16 = uint8_t __attribute__((vector_size(16)));
using Signed16 = int8_t __attribute__((vector_size(16)));
using Halves4 = uint16_t __attribute__((vector_size(8)));
using Words4 = uint32_t __attribute__((vector_size(16)));

template <typename T>
T load(const uint8_t* from) {
    T value;
    std::memcpy(&value, from, sizeof value);
    return value;
}

Bytes16 load_pixel(const uint8_t* from) {
    return (Bytes16)Words4{load<uint32_t>(from)};
}

// With fewer than eight bits, the sign is the uppermost of them.
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

// `predicted(load, x)`: of the pixel at x or of those from it on, as many as load() gives.
template <unsigned Bits, typename Prediction>
void predict_with(const Prediction& predicted, const uint8_t* row, size_t x, size_t end, uint32_t* symbols) {
    for (; x + kPixelsPerVector <= end; x += kPixelsPerVector) {
        const Bytes16 folded = fold<Bits>(load<Bytes16>(row + 4 * x) - predicted(load<Bytes16>, x));
        std::memcpy(symbols + x, &folded, sizeof folded);
    }
    for (; x < end; ++x) {
        symbols[x] = ((Words4)fold<Bits>(load_pixel(row + 4 * x) - predicted(load_pixel, x)))[0];
    }
}

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
void predict(const uint8_t* above, const uint8_t* row, size_t x, size_t end, uint32_t* symbols) {
    if (x == 0) {
        const Bytes16 prediction = above != nullptr ? load_pixel(above) : Bytes16{};
        symbols[x++] = ((Words4)fold<Bits>(load_pixel(row) - prediction))[0];
    }
    if (above != nullptr) {
        const auto left_and_above = [&](const auto& load_at, size_t at) {
            return mean(load_at(row + 4 * at - 4), load_at(above + 4 * at));
        };
        predict_with<Bits>(left_and_above, row, x, end, symbols);
    } else {
        const auto left = [&](const auto& load_at, size_t at) { return load_at(row + 4 * at - 4); };
        predict_with<Bits>(left, row, x, end, symbols);
    }
}

template void predict<8>(const uint8_t*, const uint8_t*, size_t, size_t, uint32_t*);
template void predict<5>(const uint8_t*, const uint8_t*, size_t, size_t, uint32_t*);

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
    const auto last = pixels.end() - 1; // behind it there may be nothing to load
    for (auto to = pixels.begin(); to != last; ++to, row += 3) {
        *to = load<uint32_t>(row) & 0xffffff;
    }
    *last = row[0] | uint32_t{row[1]} << 8 | uint32_t{row[2]} << 16;
}

void unpack_rgb555(const uint8_t* row, std::span<uint32_t> pixels) {
    const auto unpacked = [](auto packed) {
        return (packed & 0x1f) | (packed & 0x3e0) << 3 | (packed & 0x7c00) << 6;
    };
    size_t x = 0;
    for (; x + kPixelsPerVector <= pixels.size(); x += kPixelsPerVector) {
        const Words4 four = unpacked(__builtin_convertvector(load<Halves4>(row + 2 * x), Words4));
        std::memcpy(&pixels[x], &four, sizeof four);
    }
    for (; x < pixels.size(); ++x) {
        pixels[x] = unpacked(uint32_t{load<uint16_t>(row + 2 * x)});
    }
}

} // namespace spice::codecs::quic
