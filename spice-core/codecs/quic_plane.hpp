// Codes rows of symbols: the part of QUIC whose every step depends on the ones before.
#pragma once

#include "codecs/quic_bits.hpp"
#include "codecs/quic_model.hpp"
#include "codecs/quic_rows.hpp"

#include <algorithm>
#include <array>
#include <bit>
#include <cstddef>
#include <cstdint>
#include <span>
#include <utility>
#include <vector>

namespace spice::codecs::quic {

// The lengths of runs: a one for every 2^n pixels, a zero and the rest in n bits, where n grows with each one
// and shrinks with each run.
class RunLengths {
public:
    void put(BitWriter& out, uint32_t length) {
        while (length >= 1u << kBits[state_]) {
            length -= 1u << kBits[state_];
            out.put(1, 1);
            state_ = std::min(state_ + 1, kBits.size() - 1);
        }
        out.put(length, kBits[state_] + 1u);
        state_ -= state_ > 0 ? 1 : 0;
    }

private:
    static constexpr std::array<uint8_t, 32> kBits{0, 0, 0, 0, 1, 1, 1, 1, 2, 2, 2,  2,  3,  3,  3,  3,
                                                   4, 4, 5, 5, 6, 6, 7, 7, 8, 9, 10, 11, 12, 13, 14, 15};

    size_t state_ = 0;
};

// Which pixels of a row equal the one to their left, and where in it runs may begin.
class RunFinder {
public:
    explicit RunFinder(size_t width)
        : repeats_((width + 63) / 64), above_(repeats_.size()), starts_(repeats_.size()) {}

    // To be called for every row.
    void scan(const uint8_t* row, size_t width, uint32_t mask) {
        std::swap(repeats_, above_);
        mark_repeats(row, width, mask, repeats_);
        uint64_t left = 0; // the word before
        for (size_t i = 0; i < starts_.size(); ++i) {
            starts_[i] = above_[i] & (repeats_[i] << 1 | left >> 63);
            left = repeats_[i];
        }
        starts_[0] &= ~uint64_t{7};
    }

    // The first place of a run at `x` or later; when there is none, at least the row's width.
    uint32_t next_start(uint32_t x) const { return find(starts_, x, 0); }
    // Where the run at `x` ends.
    uint32_t run_end(uint32_t x) const { return find(repeats_, x, ~uint64_t{0}); }

private:
    // The first pixel from `x` on whose bit is set after `flip`.
    static uint32_t find(std::span<const uint64_t> words, uint32_t x, uint64_t flip) {
        size_t i = x / 64;
        if (i >= words.size()) {
            return x;
        }
        uint64_t word = (words[i] ^ flip) & ~uint64_t{0} << x % 64;
        while (word == 0 && ++i < words.size()) {
            word = words[i] ^ flip;
        }
        return static_cast<uint32_t>(i * 64) +
               (word == 0 ? 0 : static_cast<uint32_t>(std::countr_zero(word)));
    }

    std::vector<uint64_t> repeats_;
    std::vector<uint64_t> above_; // repeats_ of the row above; none in the first row, which thus has no runs
    std::vector<uint64_t> starts_;
};

// A row of symbols, one word for each pixel as predict_row() makes them. [-1] is the context of the first.
struct SymbolRow {
    uint32_t* now;
    const uint32_t* before; // of the row above
};

// The components that are coded together: of `Bits` bits each, at bits `Shifts` of a pixel, in this order.
template <unsigned Bits, unsigned... Shifts>
class PlaneCoder {
public:
    explicit PlaneCoder(uint32_t width) : width_(width), runs_(width) {}

    // Where a run stands, `symbols.now` becomes what it is in `symbols.before`.
    void encode_row(const uint8_t* row, const SymbolRow& symbols, BitOutput& out) {
        runs_.scan(row, width_, kMask);
        next_run_ = runs_.next_start(0);
        for (uint32_t x = 0; x < width_;) {
            const uint32_t end = x + pace_.until_next_level(width_ - x);
            encode_span(x, end, symbols, out);
            pace_.passed(end - x);
            x = end;
        }
    }

private:
    static constexpr uint32_t kMask = ((0xffu << Shifts) | ...);

    void encode_span(uint32_t x, uint32_t end, const SymbolRow& symbols, BitOutput& out) {
        for (;;) {
            const uint32_t next = std::min(next_run_, end);
            if (x < next) {
                encode_pixels(symbols.now + x, symbols.now + next, out);
            }
            x = next;
            if (x == end) {
                return;
            }
            const uint32_t run_end = std::min(runs_.run_end(x), end);
            out.make_room();
            run_lengths_.put(out.bits, run_end - x);
            next_run_ = runs_.next_start(std::max(run_end, x + 1));
            for (; x < run_end; ++x) {
                symbols.now[x] = (symbols.now[x] & ~kMask) | (symbols.before[x] & kMask);
            }
        }
    }

    void encode_pixels(const uint32_t* symbols, const uint32_t* end, BitOutput& out) {
        while (symbols != end) {
            const auto left = static_cast<uint32_t>(end - symbols);
            const uint32_t wait = pace_.wait();
            out.make_room();
            if (left <= wait) {
                put_pixels(symbols, end, out);
                pace_.waited(left);
                return;
            }
            put_pixels(symbols, symbols + wait + 1, out);
            symbols += wait + 1;
            learn(symbols[-2], symbols[-1], std::index_sequence_for<decltype(Shifts)...>());
            pace_.draw_wait();
        }
    }

    // At most 64: the greatest wait, and the pixel that is learned from.
    void put_pixels(const uint32_t* symbols, const uint32_t* end, BitOutput& out) {
        static_assert(64 * sizeof...(Shifts) * 26 / 8 < BitOutput::kRoom);
        BitWriter bits =
            out.bits; // what `out` has cannot be kept in registers: its bytes might be anything's
        uint32_t context = symbols[-1];
        for (; symbols != end; ++symbols) {
            put_pixel(bits, context, *symbols, std::index_sequence_for<decltype(Shifts)...>());
            context = *symbols;
        }
        out.bits = bits;
    }

    template <size_t... I>
    void put_pixel(BitWriter& bits, uint32_t contexts, uint32_t symbols, std::index_sequence<I...>) const {
        const std::array<uint32_t, sizeof...(I)> words{
            models_[I].word(component<Shifts>(contexts), component<Shifts>(symbols))...};
        const uint32_t length = (0 + ... + (words[I] >> 8));
        if (length <= 32) [[likely]] {
            uint64_t all = 0;
            ((all = all << (words[I] >> 8) | (words[I] & 0xff)), ...);
            bits.put(all, length);
        } else {
            (bits.put(words[I] & 0xff, words[I] >> 8), ...);
        }
    }

    template <size_t... I>
    void learn(uint32_t contexts, uint32_t symbols, std::index_sequence<I...>) {
        (models_[I].learn(component<Shifts>(contexts), component<Shifts>(symbols), pace_.limit()), ...);
    }

    template <unsigned Shift>
    static uint32_t component(uint32_t pixel) {
        return pixel >> Shift & 0xff;
    }

    uint32_t width_;
    std::array<ContextModel<Bits>, sizeof...(Shifts)> models_;
    Pace pace_;
    RunLengths run_lengths_;
    RunFinder runs_;
    uint32_t next_run_ = 0; // where the next run may begin
};

} // namespace spice::codecs::quic
