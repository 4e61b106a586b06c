// QUIC's tables and what it learns from the symbols it has coded. The format is described in
// quic_encoder.hpp.
#pragma once

#include <algorithm>
#include <array>
#include <bit>
#include <cstddef>
#include <cstdint>

namespace spice::codecs::quic {

// Codes 0 to Bits - 1 are in use for components of so many bits; rows of eight make an index a shift.
inline constexpr int32_t kCodes = 8;

// A number for each of the eight codes.
struct PerCode {
    using Four = int32_t __attribute__((vector_size(16)));

    Four lower; // codes 0 to 3
    Four upper;
};

template <unsigned Bits>
struct CodeTable {
    static constexpr size_t kSymbols = size_t{1} << Bits;

    // [symbol * kCodes + code]: the bits, of which those before the last eight are zero, << 8 | their number.
    std::array<uint16_t, kSymbols * kCodes> words;
    // Number of bits * kCodes; for codes that do not exist, so much that they are never the best.
    std::array<PerCode, kSymbols> costs;

    static const CodeTable table;
};

template <>
const CodeTable<8> CodeTable<8>::table;
template <>
const CodeTable<5> CodeTable<5>::table;

// [number of the draw]: the six low bits of the pseudo-random number, which is all of it that is ever used.
extern const std::array<uint8_t, 256> kDraws;

// Which code each symbol of one component gets, given the symbol to its left, the context. Contexts share
// their statistics in buckets of 1, 2, 4, ... of them; the last one has what remains.
template <unsigned Bits>
class ContextModel {
public:
    ContextModel() {
        best_.fill(Bits - 1);
        totals_.fill({kRanks.lower, kRanks.upper});
    }

    // Of CodeTable::words.
    uint32_t word(uint32_t context, uint32_t symbol) const {
        return CodeTable<Bits>::table.words[symbol * kCodes + best_[context]];
    }

    // Counts what each code would have cost. All totals are halved when the best one's exceeds `limit`, bits.
    void learn(uint32_t context, uint32_t symbol, int32_t limit) {
        const size_t bucket =
            std::min(static_cast<size_t>(std::bit_width(context + 1)) - 1, size_t{Bits - 1});
        const PerCode& costs = CodeTable<Bits>::table.costs[symbol];
        PerCode totals = totals_[bucket];
        totals.lower += costs.lower;
        totals.upper += costs.upper;
        const PerCode::Four least_of_two = totals.lower < totals.upper ? totals.lower : totals.upper;
        const int32_t least =
            std::min(std::min(least_of_two[0], least_of_two[1]), std::min(least_of_two[2], least_of_two[3]));
        const auto best = static_cast<uint8_t>(kCodes - 1 - (least & (kCodes - 1)));
        const size_t first = (size_t{1} << bucket) - 1;
        if (best_[first] != best) {
            const size_t end = bucket == Bits - 1 ? best_.size() : 2 * first + 1;
            std::fill(best_.begin() + first, best_.begin() + end, best);
        }
        if (least >= (limit + 1) * kCodes) {
            totals.lower = (totals.lower >> 1 & -kCodes) | kRanks.lower;
            totals.upper = (totals.upper >> 1 & -kCodes) | kRanks.upper;
        }
        totals_[bucket] = totals;
    }

private:
    // Stand in the low bits of the totals, so that the least of these names the best code, and of several
    // equally good ones the greatest.
    static constexpr PerCode kRanks{{7, 6, 5, 4}, {3, 2, 1, 0}};

    std::array<uint8_t, size_t{1} << Bits> best_; // [context]: the code
    std::array<PerCode, Bits> totals_;            // [bucket]: bits * kCodes + rank
};

// When a model learns: after every pixel at first, then ever more seldom, at pseudo-random distances.
class Pace {
public:
    static constexpr uint32_t kPixelsPerLevel = 2048;

    // Pixels to code before the next one that is learned from.
    uint32_t wait() const { return wait_; }
    void waited(uint32_t pixels) { wait_ -= pixels; }
    void draw_wait() { wait_ = kDraws[++draws_] & ((1u << level_) - 1); }

    int32_t limit() const { return kLimits[level_]; } // for ContextModel::learn()

    // How many of `pixels` come before the next level.
    uint32_t until_next_level(uint32_t pixels) const {
        return level_ == kLastLevel ? pixels : std::min(pixels, left_);
    }
    // Pixels in runs count, too.
    void passed(uint32_t pixels) {
        if (level_ == kLastLevel) {
            return;
        }
        left_ -= pixels;
        if (left_ == 0) {
            ++level_;
            left_ = kPixelsPerLevel;
        }
    }

private:
    static constexpr uint32_t kLastLevel = 6;
    static constexpr std::array<uint16_t, kLastLevel + 1> kLimits{110, 550, 900, 800, 550, 400, 350};

    uint32_t wait_ = 0;
    uint32_t level_ = 0;
    uint32_t left_ = kPixelsPerLevel;
    uint8_t draws_ = 255; // the first draw is number 0
};

} // namespace spice::codecs::quic
