// Finds the matches of one pass over an image and writes its tokens.
//
// Greedy, with few candidates at each place: the unit before (runs), the unit above (most of what a screen
// shows is vertical edges), and where a hash table says that the same four units were last. Chosen by
// measurement for what zlib makes of the tokens, which is also the best for the tokens alone.
#pragma once

#include "codecs/glz_format.hpp"

#include <bit>
#include <cstring>
#include <vector>

namespace spice::codecs::glz {

// The places that units were seen at, by what they are. Places count on from image to image, so that the
// table need not be cleared between them: whoever asks knows from which place on it can use an answer.
class PlaceTable {
public:
    static constexpr size_t kUnits = 4; // that make up a hash
    static constexpr uint32_t kFirstPlace = 1;

    explicit PlaceTable(unsigned bits) : shift_(64 - bits), slots_(size_t{1} << bits) {}

    // The place of the first of `count` units that follow. kFirstPlace: all that
    // was known before is forgotten.
    uint32_t begin_image(size_t count) {
        if (next_ + count > UINT32_MAX) {
            std::fill(slots_.begin(), slots_.end(), 0);
            next_ = kFirstPlace;
        }
        const auto first = static_cast<uint32_t>(next_);
        next_ += count;
        return first;
    }

    // 0: none. The answer is a guess; what is there must be compared.
    uint32_t exchange(const uint32_t* units, uint32_t place) {
        uint32_t& slot = slots_[hash(units)];
        const uint32_t before = slot;
        slot = place;
        return before;
    }
    void set(const uint32_t* units, uint32_t place) { slots_[hash(units)] = place; }

private:
    size_t hash(const uint32_t* units) const {
        uint64_t a = 0;
        uint64_t b = 0;
        std::memcpy(&a, units, sizeof a);
        std::memcpy(&b, units + 2, sizeof b);
        const uint64_t mixed = (a * 0x9e3779b97f4a7c15u) ^ std::rotl(b * 0xc2b2ae3d27d4eb4fu, 29);
        return static_cast<size_t>((mixed * 0x9e3779b97f4a7c15u) >> shift_);
    }

    unsigned shift_;
    uint64_t next_ = kFirstPlace;
    std::vector<uint32_t> slots_;
};

// Units that `a` and `b` begin with in common, at most `limit`. They may overlap.
inline size_t common_length(const uint32_t* a, const uint32_t* b, size_t limit) {
    size_t length = 0;
    while (length + 2 <= limit) {
        uint64_t two_a = 0;
        uint64_t two_b = 0;
        std::memcpy(&two_a, a + length, sizeof two_a);
        std::memcpy(&two_b, b + length, sizeof two_b);
        if (two_a != two_b) {
            break;
        }
        length += 2;
    }
    if (length < limit && a[length] == b[length]) {
        ++length;
    }
    return length;
}

// Units of an earlier image, from one of them to its last.
struct EarlierUnits {
    const uint32_t* units = nullptr;
    size_t count = 0;
    uint32_t image_dist = 0;
    uint32_t offset = 0; // of the first of them in their image
};

// The history of images that may refer to nothing but themselves.
struct NoHistory {
    static EarlierUnits find(uint32_t) { return {}; }
};

// `History::find(place)` tells what is at a place before the image's first; count 0: nothing that may be
// used.
template <Unit unit, class History>
class Parser {
public:
    // `first_place`: from PlaceTable::begin_image().
    Parser(std::span<const uint32_t> units, size_t width, PlaceTable& table, uint32_t first_place,
           const History& history, TokenWriter& out)
        : units_(units), width_(width), table_(table), first_place_(first_place), history_(history),
          out_(out) {}

    // False: it did not fit.
    bool run() {
        size_t told = 0; // units before this one are in `out_`
        size_t at = 0;
        while (at < units_.size() && !out_.full()) {
            const Match match = find(at);
            if (match.length == 0) {
                ++at;
                continue;
            }
            out_.template literals<unit>(&units_[told], at - told);
            out_.template match<unit>(match);
            remember(at + 1, at + match.length);
            at += match.length;
            told = at;
        }
        out_.template literals<unit>(units_.data() + told, units_.size() - told);
        return !out_.full();
    }

private:
    static constexpr size_t kGoodEnough = 64; // units; look no further
    static constexpr size_t kRemembered = 64; // units of a match that are worth an entry in the table
    // Below that a token is not smaller than literals, or its length cannot be told.
    static constexpr size_t kMinLength = unit == Unit::rgb ? 2 : unit == Unit::rgb555 ? 3 : 5;

    Match find(size_t at) {
        Match best;
        if (at >= 1) {
            consider_distance(at, 1, best);
        }
        if (at >= width_ && width_ > 1) {
            consider_distance(at, width_, best);
        }
        if (at + PlaceTable::kUnits <= units_.size()) {
            const uint32_t place = place_of(at);
            const uint32_t seen = table_.exchange(&units_[at], place);
            if (seen >= first_place_) {
                consider_distance(at, place - seen, best);
            } else if (seen > 0) {
                consider_earlier(at, history_.find(seen), best);
            }
        }
        return best;
    }

    void consider_distance(size_t at, size_t distance, Match& best) const {
        const uint32_t* const here = &units_[at];
        if (best.length >= kGoodEnough || distance > kOffsets || *here != *(here - distance)) {
            return;
        }
        consider({static_cast<uint32_t>(common_length(here, here - distance, units_.size() - at)), 0,
                  static_cast<uint32_t>(distance - 1)},
                 best);
    }

    void consider_earlier(size_t at, const EarlierUnits& earlier, Match& best) const {
        if (best.length >= kGoodEnough || earlier.count == 0 || earlier.offset >= kOffsets) {
            return;
        }
        const size_t limit = std::min(earlier.count, units_.size() - at);
        consider({static_cast<uint32_t>(common_length(&units_[at], earlier.units, limit)), earlier.image_dist,
                  earlier.offset},
                 best);
    }

    // Whatever comes later must be longer than what came before: its token is less regular.
    static void consider(const Match& match, Match& best) {
        if (match.length >= kMinLength && match.length > best.length + (best.length > 0 ? 1 : 0) &&
            match_bytes<unit>(match) < match.length * unit_bytes(unit)) {
            best = match;
        }
    }

    void remember(size_t from, size_t to) {
        to = std::min(to, from + kRemembered);
        for (; from < to && from + PlaceTable::kUnits <= units_.size(); ++from) {
            table_.set(&units_[from], place_of(from));
        }
    }

    uint32_t place_of(size_t at) const { return first_place_ + static_cast<uint32_t>(at); }

    std::span<const uint32_t> units_;
    size_t width_;
    PlaceTable& table_;
    uint32_t first_place_;
    const History& history_;
    TokenWriter& out_;
};

} // namespace spice::codecs::glz
