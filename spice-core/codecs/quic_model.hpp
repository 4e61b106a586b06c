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
inline constexpr uint32_t kCodes = 8;

template <unsigned Bits>
struct CodeTable {
    static constexpr size_t kSymbols = size_t{1} << Bits;

    // [symbol * kCodes + code]: length << 8 | bits. The bits before the last eight of a word are zero.
    std::array<uint16_t, kSymbols * kCodes> words;
    std::array<std::array<uint8_t, kCodes>, kSymbols> costs; // length * kCodes: at most 26 * 8

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
        for (auto& bucket : totals_) {
            for (uint32_t code = 0; code < Bits; ++code) {
                bucket[code] = kCodes - 1 - code;
            }
        }
    }

    // Of CodeTable::words.
    uint32_t word(uint32_t context, uint32_t symbol) const {
        return CodeTable<Bits>::table.words[symbol * kCodes + best_[context]];
    }

    // Counts what each code would have cost. All totals are halved when the best one's exceeds `limit`, bits.
    void learn(uint32_t context, uint32_t symbol, uint32_t limit) {
        const size_t bucket =
            std::min(static_cast<size_t>(std::bit_width(context + 1)) - 1, size_t{Bits - 1});
        std::array<uint32_t, kCodes>& totals = totals_[bucket];
        const std::array<uint8_t, kCodes>& costs = CodeTable<Bits>::table.costs[symbol];
        for (uint32_t code = 0; code < Bits; ++code) {
            totals[code] += costs[code];
        }
        uint32_t least = totals[0];
        for (uint32_t code = 1; code < Bits; ++code) {
            least = std::min(least, totals[code]);
        }
        const auto best = static_cast<uint8_t>(kCodes - 1 - least % kCodes);
        const size_t first = (size_t{1} << bucket) - 1;
        if (best_[first] != best) {
            const size_t end = bucket == Bits - 1 ? best_.size() : 2 * first + 1;
            std::fill(best_.begin() + first, best_.begin() + end, best);
        }
        if (least / kCodes > limit) {
            for (uint32_t code = 0; code < Bits; ++code) {
                totals[code] = totals[code] / 2 / kCodes * kCodes + (kCodes - 1 - code);
            }
        }
    }

private:
    std::array<uint8_t, size_t{1} << Bits> best_; // [context]: the code
    // [bucket][code]: bits * kCodes + (kCodes - 1 - code), so that the least names the best code, and of
    // several equally good ones the greatest.
    std::array<std::array<uint32_t, kCodes>, Bits> totals_;
};

// When a model learns: after every pixel at first, then ever more seldom, at pseudo-random distances.
class Pace {
public:
    static constexpr uint32_t kPixelsPerLevel = 2048;

    // Pixels to code before the next one that is learned from.
    uint32_t wait() const { return wait_; }
    void waited(uint32_t pixels) { wait_ -= pixels; }
    void draw_wait() { wait_ = kDraws[++draws_] & ((1u << level_) - 1); }

    uint32_t limit() const { return kLimits[level_]; } // for ContextModel::learn()

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
