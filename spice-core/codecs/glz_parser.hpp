// Finds the matches of one pass over an image and writes its tokens.
//
// Greedy, with few candidates at each place: the unit before (runs), the unit above (most of what a screen
// shows is vertical edges), what is below that which a match in this column was taken from (glyphs and
// pictures come again with all their rows), and where a hash table says that the same four units were lately.
// Chosen by measurement for what zlib makes of the tokens, which is also nearly the best for the tokens
// alone.
#pragma once

#include "codecs/glz_format.hpp"

#include <array>
#include <bit>
#include <cstring>
#include <vector>

namespace spice::codecs::glz {

// The last places that units were seen at, by what they are. Places count on from image to image, so that the
// table need not be cleared between them: whoever asks knows from which place on it can use an answer.
//
// Of each hash it knows `ways` places: 2 take as long as 1, with 4 a search takes up to half as long again.
template <size_t ways>
class PlaceTable {
public:
    static constexpr size_t kUnits = 4; // that make up a hash
    static constexpr uint32_t kFirstPlace = 1;

    // Room for 2^bits hashes.
    explicit PlaceTable(unsigned bits) : shift_(64 - bits), slots_(ways << bits) {}

    // The place of the first of `count` units that follow. kFirstPlace: all that was known before is
    // forgotten.
    uint32_t begin_image(size_t count) {
        if (next_ + count > UINT32_MAX) {
            std::fill(slots_.begin(), slots_.end(), 0);
            next_ = kFirstPlace;
        }
        const auto first = static_cast<uint32_t>(next_);
        next_ += count;
        return first;
    }

    // The last first; 0: no more. They are guesses; what is there must be compared.
    using Places = std::array<uint32_t, ways>;
    Places exchange(const uint32_t* units, uint32_t place) {
        uint32_t* const known = &slots_[ways * hash(units)];
        Places before;
        std::copy_n(known, ways, before.begin());
        put(known, place);
        return before;
    }
    void set(const uint32_t* units, uint32_t place) { put(&slots_[ways * hash(units)], place); }

private:
    void put(uint32_t* known, uint32_t place) const {
        if (known[0] + 1 != place) { // a run needs but one
            std::copy_backward(known, known + ways - 1, known + ways);
        }
        known[0] = place;
    }

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
    uint32_t width = 0;  // of that image
};

// The history of images that may refer to nothing but themselves.
struct NoHistory {
    static EarlierUnits find(uint32_t) { return {}; }
};

// `History::find(place)` tells what is at a place before the image's first; count 0: nothing that may be
// used.
template <Unit unit, class Table, class History>
class Parser {
public:
    // `first_place`: from PlaceTable::begin_image().
    Parser(std::span<const uint32_t> units, size_t width, Table& table, uint32_t first_place,
           const History& history, TokenWriter& out)
        : units_(units), width_(width), table_(table), first_place_(first_place), history_(history),
          out_(out), columns_(width) {}

    // False: it did not fit.
    bool run() {
        size_t told = 0; // units before this one are in `out_`
        size_t at = 0;
        while (at < units_.size() && !out_.full()) {
            const Found match = find(at);
            if (match.token.length == 0) {
                ++at;
                column_ = column_ + 1 < width_ ? column_ + 1 : 0;
                continue;
            }
            out_.template literals<unit>(&units_[told], at - told);
            out_.template match<unit>(match.token);
            follow(told, at, {});
            follow(at, at + match.token.length, match.source);
            remember(at + 1, at + match.token.length);
            at += match.token.length;
            told = at;
            column_ = at % width_;
        }
        out_.template literals<unit>(units_.data() + told, units_.size() - told);
        return !out_.full();
    }

private:
    static constexpr size_t kGoodEnough = 64; // units; look no further
    static constexpr size_t kRemembered = 64; // units of a match that are worth an entry in the table
    // Below that a token is not smaller than literals, or its length cannot be told.
    static constexpr size_t kMinLength = unit == Unit::rgb ? 2 : unit == Unit::rgb555 ? 3 : 5;

    // Where a match in this column was taken from, moved on to the row that comes next; 0, 0: there was none.
    struct Column {
        uint32_t place = 0;
        uint32_t width = 0; // of the image that it is in
    };

    struct Found {
        Match token{}; // of length 0: none
        Column source{};
    };

    Found find(size_t at) {
        Found best;
        if (at >= 1) {
            consider_distance(at, 1, {}, best);
        }
        if (at >= width_ && width_ > 1) {
            consider_distance(at, width_, {}, best);
        }
        consider_place(at, columns_[column_].place, best);
        if (at + Table::kUnits <= units_.size()) {
            for (const uint32_t place : table_.exchange(&units_[at], place_of(at))) {
                consider_place(at, place, best);
            }
        }
        return best;
    }

    void consider_place(size_t at, uint32_t place, Found& best) const {
        if (place == 0 || place >= place_of(at) || best.token.length >= kGoodEnough) {
            return;
        }
        if (place >= first_place_) {
            consider_distance(at, place_of(at) - place, {place, static_cast<uint32_t>(width_)}, best);
            return;
        }
        const EarlierUnits earlier = history_.find(place);
        if (earlier.count == 0 || *earlier.units != units_[at] || earlier.offset >= kOffsets) {
            return;
        }
        const size_t limit = std::min(earlier.count, units_.size() - at);
        const size_t length = common_length(&units_[at], earlier.units, limit);
        consider(
            {{static_cast<uint32_t>(length), earlier.image_dist, earlier.offset}, {place, earlier.width}},
            best);
    }

    void consider_distance(size_t at, size_t distance, const Column& source, Found& best) const {
        const uint32_t* const here = &units_[at];
        if (best.token.length >= kGoodEnough || distance > kOffsets || *here != *(here - distance)) {
            return;
        }
        const size_t length = common_length(here, here - distance, units_.size() - at);
        consider({{static_cast<uint32_t>(length), 0, static_cast<uint32_t>(distance - 1)}, source}, best);
    }

    // Whatever comes later must be longer than what came before: its token is less regular.
    static void consider(const Found& found, Found& best) {
        const size_t length = found.token.length;
        if (length >= kMinLength && (best.token.length == 0 || length > best.token.length + 1u) &&
            match_bytes<unit>(found.token) < length * unit_bytes(unit)) {
            best = found;
        }
    }

    // Units were told. With a source they came from there, else their columns' sources remain.
    void follow(size_t from, size_t to, const Column& source) {
        if (source.width != 0) {
            const size_t skipped = to - from - std::min(to - from, width_); // told again in their columns
            auto place = static_cast<uint32_t>(source.place + skipped + source.width);
            for_columns(from + skipped, to, [&](Column& column) { column = {place++, source.width}; });
            return;
        }
        const auto rows = static_cast<uint32_t>((to - from) / width_);
        if (rows > 0) {
            for (Column& column : columns_) {
                column.place += column.width * rows;
            }
        }
        for_columns(from + rows * width_, to, [](Column& column) { column.place += column.width; });
    }

    template <class Function>
    void for_columns(size_t from, size_t to, Function function) {
        size_t column = from % width_;
        while (from < to) {
            const size_t end = std::min(width_, column + (to - from));
            from += end - column;
            for (; column < end; ++column) {
                function(columns_[column]);
            }
            column = 0;
        }
    }

    void remember(size_t from, size_t to) {
        to = std::min(to, from + kRemembered);
        for (; from < to && from + Table::kUnits <= units_.size(); ++from) {
            table_.set(&units_[from], place_of(from));
        }
    }

    uint32_t place_of(size_t at) const { return first_place_ + static_cast<uint32_t>(at); }

    std::span<const uint32_t> units_;
    size_t width_;
    Table& table_;
    uint32_t first_place_;
    const History& history_;
    TokenWriter& out_;
    std::vector<Column> columns_;
    size_t column_ = 0; // where the search is
};

} // namespace spice::codecs::glz
