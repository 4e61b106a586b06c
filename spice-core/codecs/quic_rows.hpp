// What QUIC needs to know of a row of pixels before it codes it. None of it depends on what was coded, which
// is why it is computed for whole rows, many bytes at a time.
//
// Pixels are four bytes each here: blue, green, red, and one that may be alpha.
#pragma once

#include "codecs/pixel_format.hpp"

#include <bit>
#include <cstddef>
#include <cstdint>
#include <span>

namespace spice::codecs::quic {

static_assert(std::endian::native == std::endian::little); // a pixel's first byte is the low one of a word

// How each component of the pixels from `x` to before `end` differs from its prediction, folded into a number
// that is the smaller the better it was: 0, -1, 1, -2, 2, ... become 0, 1, 2, 3, 4, ... of `Bits` bits. The
// prediction is the mean, rounded down, of the component to the left and of that above; in the first column,
// or without a row `above`, the other one; of the very first pixel 0. The pixel at x has its word in
// symbols[x].
template <unsigned Bits>
void predict(const uint8_t* above, const uint8_t* row, size_t x, size_t end, uint32_t* symbols);
extern template void predict<8>(const uint8_t*, const uint8_t*, size_t, size_t, uint32_t*);
extern template void predict<5>(const uint8_t*, const uint8_t*, size_t, size_t, uint32_t*);

// Sets the bit of each pixel that equals the one to its left in the bytes of `mask`, clears the others'.
// Pixel p is bit p % 64 of word p / 64; every bit of `repeats` is written.
void mark_repeats(const uint8_t* row, size_t width, uint32_t mask, std::span<uint64_t> repeats);

// Four bytes for each pixel of rgb888 and rgb555, the latter's of five bits.
void unpack_rgb888(const uint8_t* row, std::span<uint32_t> pixels);
void unpack_rgb555(const uint8_t* row, std::span<uint32_t> pixels);

} // namespace spice::codecs::quic
