#include "codecs/quic_model.hpp"

namespace spice::codecs::quic {

namespace {

constexpr int kLongestCode = 26; // bits

// Code number c is Golomb-Rice's with divisor 2^c, in which a symbol is its quotient in zeros, a one, and the
// remainder in c bits. Symbols whose quotient has as many zeros as may be, or more, are numbered after them.
template <unsigned Bits>
constexpr CodeTable<Bits> make_code_table() {
    CodeTable<Bits> table{};
    std::array<std::array<int32_t, kCodes>, CodeTable<Bits>::kSymbols> costs{};
    for (std::array<int32_t, kCodes>& of : costs) {
        of.fill(2 * kLongestCode * kCodes);
    }
    for (unsigned code = 0; code < Bits; ++code) {
        const unsigned most_zeros = std::min<unsigned>(kLongestCode - Bits, (1u << (Bits - code)) - 1);
        const unsigned plain = most_zeros << code; // symbols
        const unsigned number_length = static_cast<unsigned>(std::bit_width((1u << Bits) - plain - 1));
        for (unsigned symbol = 0; symbol < (1u << Bits); ++symbol) {
            unsigned length = most_zeros + number_length;
            unsigned bits = symbol - plain;
            if (symbol < plain) {
                length = (symbol >> code) + 1 + code;
                bits = 1u << code | (symbol & ((1u << code) - 1));
            }
            table.words[symbol * kCodes + code] = static_cast<uint16_t>(bits << 8 | length);
            costs[symbol][code] = static_cast<int32_t>(length) * kCodes;
        }
    }
    for (size_t symbol = 0; symbol < costs.size(); ++symbol) {
        const std::array<int32_t, kCodes>& of = costs[symbol];
        table.costs[symbol] = PerCode{{of[0], of[1], of[2], of[3]}, {of[4], of[5], of[6], of[7]}};
    }
    return table;
}

} // namespace

template <>
const CodeTable<8> CodeTable<8>::table = make_code_table<8>();
template <>
const CodeTable<5> CodeTable<5>::table = make_code_table<5>();

const std::array<uint8_t, 256> kDraws{
    2,  23, 19, 21, 7,  18, 40, 14, 12, 32, 47, 44, 36, 6,  18, 11, 4,  19, 42, 29, 16, 63, 57, 51, 16, 3,
    5,  14, 15, 30, 20, 9,  36, 45, 3,  57, 61, 0,  8,  5,  41, 14, 43, 27, 43, 59, 31, 35, 39, 60, 42, 38,
    13, 54, 62, 1,  26, 3,  11, 61, 52, 34, 7,  48, 4,  59, 22, 12, 22, 8,  50, 4,  10, 6,  44, 8,  11, 46,
    31, 51, 53, 17, 1,  43, 46, 60, 36, 54, 10, 27, 39, 44, 22, 41, 23, 2,  44, 0,  40, 53, 40, 48, 16, 43,
    32, 28, 33, 12, 20, 2,  56, 62, 55, 58, 18, 20, 13, 55, 38, 29, 57, 19, 49, 33, 47, 63, 59, 0,  35, 61,
    19, 25, 46, 38, 60, 4,  35, 1,  26, 40, 28, 10, 5,  14, 25, 18, 48, 49, 20, 59, 62, 34, 46, 7,  33, 52,
    34, 58, 9,  29, 8,  55, 62, 60, 37, 36, 37, 50, 6,  3,  10, 28, 48, 24, 26, 61, 57, 30, 11, 54, 2,  6,
    50, 47, 7,  17, 35, 53, 32, 12, 23, 17, 5,  21, 49, 55, 51, 45, 52, 27, 39, 25, 39, 63, 22, 24, 42, 52,
    56, 38, 41, 41, 56, 32, 13, 24, 26, 51, 27, 56, 58, 37, 24, 42, 15, 28, 17, 30, 31, 15, 16, 23, 25, 54,
    33, 34, 1,  29, 31, 50, 53, 21, 49, 15, 47, 9,  0,  58, 37, 45, 30, 13, 9,  45, 63, 21};

} // namespace spice::codecs::quic
