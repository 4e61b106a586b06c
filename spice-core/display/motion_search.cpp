#include "display/motion_search.hpp"

#include <algorithm>
#include <utility>

namespace spice::display {

namespace {

// Displacements that are looked at: the right ones have the most votes, but repeated content votes, too.
constexpr size_t kMaxCandidates = 8;

// How far beyond what differs moved content may have come from, sideways.
constexpr int32_t kMargin = 64;

// After so many searches in vain, one of kPause changes is searched.
constexpr int kPatience = 12;
constexpr int kPause = 4;

// Which rows anchors are taken from: of the new picture, one of `step`; of the old one, `step` rows in a row
// out of `period`. So for any distance one row of the new picture meets a row of the old one in every period,
// at a fraction of the work that all rows would be. Where in its period a block of old rows lies changes from
// one to the next, so that the rows that meet do not all fall between the lines of a text.
struct Sampling {
    int32_t step;
    int32_t period;

    bool takes_new(int32_t y) const { return y % step == 0; }
    bool takes_old(int32_t y) const {
        const int32_t start = y / period * 37 % (period - step + 1);
        return y % period >= start && y % period < start + step;
    }
};

Sampling sampling_for(int64_t different) {
    if (different <= 128 * 1024) {
        return {1, 1};
    }
    if (different <= 512 * 1024) {
        return {5, 19};
    }
    if (different <= 3 * 1024 * 1024) {
        return {7, 48};
    }
    return {13, 160};
}

Region claimed_region(std::span<const PixelArea> after) {
    std::vector<Rect> areas;
    for (const PixelArea& area : after) {
        areas.push_back(area.area);
    }
    return Region(areas);
}

// Adds a copy that was found by looking at the picture before all copies. It must not read what another one
// has written: it comes before the others or after them, whichever spoils less, without what would be wrong.
void add_copy(std::vector<Copy>& copies, Copy copy) {
    Region written;
    for (const Copy& other : copies) {
        written |= other.destination;
    }
    copy.destination -= written;
    Region spoiled_here = written.translated(copy.dx, copy.dy);
    spoiled_here &= copy.destination;
    int64_t spoiled_there = 0;
    for (const Copy& other : copies) {
        spoiled_there += (other.destination & copy.destination.translated(other.dx, other.dy)).area();
    }
    if (spoiled_here.area() <= spoiled_there) {
        copy.destination -= spoiled_here;
        copies.push_back(std::move(copy));
        return;
    }
    for (Copy& other : copies) {
        other.destination -= copy.destination.translated(other.dx, other.dy);
    }
    copies.insert(copies.begin(), std::move(copy));
}

// How many pieces of some rows would be wrong without a copy, and with it.
class Trial {
public:
    Trial(const PixelArea& before, int32_t dx, int32_t dy) : before_(before), dx_(dx), dy_(dy) {}

    // `part` lies in `after`, its source in the picture.
    void look_at(const PixelArea& after, const Rect& part) {
        for (int32_t y = part.y1; y < part.y2; y += kRowStep) {
            for (int32_t x = part.x1; x < part.x2; x += kPiece) {
                const int32_t width = std::min(kPiece, part.x2 - x);
                const uint32_t* const now = after.at(x, y);
                wrong_without_ += same_pixels(now, before_.at(x, y), width) ? 0 : 1;
                wrong_with_ += same_pixels(now, before_.at(x - dx_, y - dy_), width) ? 0 : 1;
            }
        }
    }

    bool worth_it() const { return wrong_without_ > 0 && wrong_with_ * kMinGain <= wrong_without_; }

private:
    static constexpr int32_t kRowStep = 16;
    static constexpr int32_t kPiece = 64; // pixels
    static constexpr int32_t kMinGain = 4;

    PixelArea before_;
    int32_t dx_;
    int32_t dy_;
    int32_t wrong_without_ = 0;
    int32_t wrong_with_ = 0;
};

} // namespace

std::optional<Copy> MotionSearch::repeated(const PixelArea& before, std::span<const PixelArea> after) {
    std::optional<Copy> last = std::exchange(last_, std::nullopt);
    if (!last) {
        return std::nullopt;
    }
    Copy copy{last->destination & claimed_region(after), last->dx, last->dy};
    if (copy.destination.area() < kMinRepeated) {
        return std::nullopt;
    }
    Trial trial(before, copy.dx, copy.dy);
    for (const Rect& rect : copy.destination.rects()) {
        for (const PixelArea& area : after) {
            trial.look_at(area, intersect(rect, area.area));
        }
    }
    if (!trial.worth_it()) {
        return std::nullopt;
    }
    last_ = std::move(last);
    return copy;
}

std::vector<Copy> MotionSearch::find(const PixelArea& before, std::span<const PixelArea> after,
                                     std::span<const Rect> different) {
    if (fruitless_ > kPatience && ++fruitless_ % kPause != 0) {
        return {};
    }
    std::vector<Copy> copies = search(before, after, different);
    fruitless_ = !copies.empty() ? 0 : std::min(fruitless_ + 1, kPatience + kPause);
    const auto largest =
        std::ranges::max_element(copies, {}, [](const Copy& copy) { return copy.destination.area(); });
    if (largest != copies.end() && largest->destination.area() >= kMinRepeated) {
        last_ = *largest;
    }
    return copies;
}

std::vector<Copy> MotionSearch::search(const PixelArea& before, std::span<const PixelArea> after,
                                       std::span<const Rect> different) {
    std::vector<Copy> copies;
    grid_.begin(before, after, different);
    if (grid_.unexplained() < kMinDifferent) {
        return copies;
    }
    const int64_t min_saved = std::max(kMinSaved, grid_.unexplained() / kMinShare);
    Region claimed;
    for (const Displacement& displacement : candidates(before, after)) {
        grid_.assess(displacement);
        std::vector<Rect> rects;
        while (rects.size() < kMaxRectangles) {
            const std::optional<Rect> rect = grid_.take_best(min_saved);
            if (!rect) {
                break;
            }
            rects.push_back(*rect);
        }
        if (rects.empty()) {
            continue;
        }
        if (claimed.empty()) {
            claimed = claimed_region(after);
        }
        add_copy(copies, {Region(rects) & claimed, displacement.dx, displacement.dy});
        if (copies.size() == kMaxDisplacements || grid_.unexplained() < min_saved) {
            break;
        }
    }
    std::erase_if(copies, [](const Copy& copy) { return copy.destination.area() < kMinSaved; });
    return copies;
}

std::vector<Displacement> MotionSearch::candidates(const PixelArea& before,
                                                   std::span<const PixelArea> after) {
    const Sampling sampling = sampling_for(grid_.unexplained());
    votes_.begin(grid_.unexplained() * sampling.step / sampling.period);
    for (const Rect& span : grid_.spans(kMargin)) {
        for (int32_t y = span.y1; y < span.y2; ++y) {
            if (sampling.takes_old(y)) {
                votes_.add_old(before, {span.x1, y, span.x2, y + 1});
            }
        }
    }
    for (const Rect& span : grid_.spans(MotionVotes::kAnchorWidth)) {
        for (const PixelArea& area : after) {
            const Rect part = intersect(span, area.area);
            for (int32_t y = part.y1; y < part.y2; ++y) {
                if (sampling.takes_new(y)) {
                    votes_.add_new(area, {part.x1, y, part.x2, y + 1});
                }
            }
        }
    }
    return votes_.best(kMaxCandidates);
}

} // namespace spice::display
