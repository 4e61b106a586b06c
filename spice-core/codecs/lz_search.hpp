// The search for matches of the LZ encoder: greedy, with three candidates at each place. They are the unit
// before (runs), the unit above (most of what a screen shows is vertical edges), and where the same units
// were met last.
//
// What is tuned here was measured on screens of text and controls; bench-encoders tells the effect. A second
// look one unit later, more places in the table, or all places of a match in it, made nothing better.
#pragma once

#include "codecs/lz_tokens.hpp"

#include <algorithm>
#include <array>
#include <bit>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <optional>
#include <span>

namespace spice::codecs {

static_assert(std::endian::native == std::endian::little, "units are compared by the lowest unequal bit");

// Units that `a` and `b` begin with in common, at most `limit`. `a` lies before `b`; they may overlap.
template <typename Value>
size_t lz_common_length(const Value* a, const Value* b, size_t limit) {
    const auto word = [](const Value* from) {
        uint64_t bits = 0;
        std::memcpy(&bits, from, sizeof bits);
        return bits;
    };
    constexpr size_t kStep = sizeof(uint64_t) / sizeof(Value);
    size_t length = 0;
    for (; length + 4 * kStep <= limit; length += 4 * kStep) {
        const Value* const x = a + length;
        const Value* const y = b + length;
        if (((word(x) ^ word(y)) | (word(x + kStep) ^ word(y + kStep)) |
             (word(x + 2 * kStep) ^ word(y + 2 * kStep)) | (word(x + 3 * kStep) ^ word(y + 3 * kStep))) !=
            0) {
            break;
        }
    }
    for (; length + kStep <= limit; length += kStep) {
        const uint64_t differ = word(a + length) ^ word(b + length);
        if (differ != 0) {
            return length + static_cast<size_t>(std::countr_zero(differ)) / (8 * sizeof(Value));
        }
    }
    while (length < limit && a[length] == b[length]) {
        ++length;
    }
    return length;
}

template <typename Unit>
class LzMatchFinder {
public:
    using Value = typename Unit::Value;
    using Format = LzFormat<Unit>;

    // `row`: units from one row to the next.
    LzMatchFinder(std::span<const Value> units, size_t row)
        : units_(units.data()), count_(units.size()), row_(row) {
        // An image of a character is too small to be worth clearing, and missing, a large table.
        const int bits = std::clamp(static_cast<int>(std::bit_width(count_)), kMinHashBits, kMaxHashBits);
        shift_ = 64 - bits;
        std::fill_n(slots_.data(), size_t{1} << bits, 0u);
    }

    // The best of the candidates; its length is 0 when none is worth a token.
    LzMatch find(size_t at) {
        LzMatch best;
        ptrdiff_t best_gain = 0;
        const auto consider = [&](size_t distance) {
            const Value* const here = units_ + at;
            const Value* const there = here - distance;
            if (*here != *there ||
                (best.length > 0 && at + best.length < count_ && here[best.length] != there[best.length])) {
                return;
            }
            const LzMatch match{lz_common_length(there, here, count_ - at), distance};
            const ptrdiff_t gain = Format::gain(match);
            if (gain > best_gain) {
                best = match;
                best_gain = gain;
            }
        };
        if (at >= 1) {
            consider(1);
        }
        if (best.length < kGoodEnough && at >= row_ && row_ > 1 && row_ <= Format::kMaxDistance) {
            consider(row_);
        }
        if (at + kHashUnits <= count_) {
            uint32_t& slot = slots_[hash(at)];
            const size_t distance = at - slot; // an unused slot tells the first unit, as good to try as any
            slot = static_cast<uint32_t>(at);
            if (best.length < kGoodEnough && distance - 1 < Format::kMaxDistance) {
                consider(distance);
            }
        }
        return best;
    }

    // A match was taken: where it ends is where the next look-ups begin.
    void remember(size_t at) {
        if (at + kHashUnits <= count_) {
            slots_[hash(at)] = static_cast<uint32_t>(at);
        }
    }

private:
    static constexpr size_t kGoodEnough = 32;                        // units; look no further
    static constexpr size_t kHashUnits = sizeof(Value) == 1 ? 5 : 3; // are looked up together
    static constexpr int kMinHashBits = 6;
    static constexpr int kMaxHashBits = 13;

    size_t hash(size_t at) const {
        constexpr size_t kBytes = kHashUnits * sizeof(Value);
        constexpr uint64_t kFactor = 0x9e3779b97f4a7c15u;
        const auto* const bytes = reinterpret_cast<const uint8_t*>(units_ + at);
        uint64_t word = 0;
        std::memcpy(&word, bytes, std::min(kBytes, sizeof word));
        if constexpr (kBytes > sizeof word) {
            uint64_t rest = 0;
            std::memcpy(&rest, bytes + sizeof word, kBytes - sizeof word);
            word = word * kFactor + rest;
        }
        return static_cast<size_t>((word * kFactor) >> shift_);
    }

    const Value* units_;
    size_t count_;
    size_t row_;
    int shift_ = 0;
    std::array<uint32_t, size_t{1} << kMaxHashBits> slots_; // where units were met last
};

// Places without a match after which every second place is looked at, then every third, and so on.
inline constexpr size_t kLzPatience = 64;

// Tells all units. How many bytes of `into` are used; none when that is too small.
template <typename Unit>
std::optional<size_t> lz_compress(std::span<const typename Unit::Value> units, size_t row,
                                  std::span<uint8_t> into) {
    using Format = LzFormat<Unit>;
    LzTokenWriter<Unit> out(into);
    LzMatchFinder<Unit> finder(units, row);
    size_t told = 0; // units before this one are in `out`
    size_t at = 0;
    size_t misses = 0; // in a row; the more, the less is looked at
    while (at < units.size() && !out.full()) {
        LzMatch match = finder.find(at);
        // A match inside a run of literals costs the byte that begins the next run, too.
        if (Format::gain(match) <= (told < at ? 1 : 0)) {
            ++misses;
            at += 1 + misses / kLzPatience;
            continue;
        }
        misses = 0;
        // Go back over what was skipped, or told apart for want of units to look up.
        while (at > told && at > match.distance && units[at - 1] == units[at - 1 - match.distance]) {
            --at;
            ++match.length;
        }
        out.literals(&units[told], at - told);
        out.match(match);
        at += match.length;
        told = at;
        finder.remember(at - 1);
    }
    out.literals(units.data() + told, units.size() - told);
    return out.full() ? std::nullopt : std::optional<size_t>(out.size());
}

} // namespace spice::codecs
