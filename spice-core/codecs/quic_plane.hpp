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

    // Where the next run may begin, at `x` or later; when nowhere, at least the row's width.
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

// The components that are coded together: of `Bits` bits each, at bits `Shifts` of a pixel, in this order.
template <unsigned Bits, unsigned... Shifts>
class PlaneCoder {
public:
    explicit PlaneCoder(uint32_t width) : width_(width), symbols_(width + 1), runs_(width) {}

    // `above`: none for the first row.
    void encode_row(const uint8_t* above, const uint8_t* row, BitOutput& out) {
        symbols_[0] = symbols_[1];
        runs_.scan(row, width_, kMask);
        next_run_ = runs_.next_start(0);
        for (uint32_t x = 0; x < width_;) {
            const uint32_t end = x + pace_.until_next_level(width_ - x);
            encode_span(above, row, x, end, out);
            pace_.passed(end - x);
            x = end;
        }
    }

private:
    static constexpr uint32_t kMask = ((0xffu << Shifts) | ...);

    // To before `end`, where the pace changes or the row ends.
    void encode_span(const uint8_t* above, const uint8_t* row, uint32_t x, uint32_t end, BitOutput& out) {
        uint32_t* const symbols = symbols_.data() + 1;
        for (;;) {
            const uint32_t next = std::min(next_run_, end);
            if (x < next) {
                predict<Bits>(above, row, x, next, symbols);
                encode_pixels(symbols + x, symbols + next, out);
            }
            if (next == end) {
                return;
            }
            const uint32_t run_end = std::min(runs_.run_end(next), end);
            out.make_room();
            run_lengths_.put(out.bits, run_end - next);
            next_run_ = runs_.next_start(std::max(run_end, next + 1));
            x = run_end;
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
        BitWriter bits = out.bits; // a copy that no pointer leads to can be kept in registers
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
        const uint32_t length = (words[I] + ...) & 0xff; // their sum does not come near 256
        if (length <= 32) [[likely]] {
            uint64_t all = 0;
            ((all = all << (words[I] & 63) | words[I] >> 8), ...);
            bits.put(all, length);
        } else {
            (bits.put(words[I] >> 8, words[I] & 63), ...);
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
    // One word for each pixel as predict() makes them, after that to the left of the first. Where a run
    // stands they remain what they were.
    std::vector<uint32_t> symbols_;
    RunFinder runs_;
    uint32_t next_run_ = 0; // where the next run may begin
};

} // namespace spice::codecs::quic
