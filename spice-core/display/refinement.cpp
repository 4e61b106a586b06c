#include "display/refinement.hpp"

#include "display/cell_grid.hpp"

#include <cstddef>
#include <utility>

namespace spice::display {

namespace {

// More are covered by fewer, larger ones: a few pixels may be sent exact twice.
constexpr size_t kMaxLossyRects = 256;

void bound(Region& region) {
    if (region.rect_count() > kMaxLossyRects) {
        region = region.simplified(kMaxLossyRects / 2);
    }
}

} // namespace

void Refinement::sent_lossy(const Region& region) {
    young_ -= region;
    due_ -= region;
    fresh_ |= region;
    bound(fresh_);
}

void Refinement::sent_exact(const Region& region) {
    fresh_ -= region;
    young_ -= region;
    due_ -= region;
}

void Refinement::sent_copy(const Copy& copy) {
    if (empty()) {
        return;
    }
    Region moved = lossy() & copy.source();
    moved.translate(copy.dx, copy.dy);
    sent_exact(copy.destination);
    sent_lossy(moved);
}

void Refinement::make_fresh(Region& older, const Region& region) {
    Region again = older & region;
    if (!again.empty()) {
        older -= again;
        fresh_ |= again;
        bound(fresh_);
    }
}

void Refinement::changed(const Region& region) {
    make_fresh(young_, region);
    make_fresh(due_, region);
}

void Refinement::grow_older() {
    due_ |= std::exchange(young_, std::exchange(fresh_, {}));
    bound(due_);
}

Region Refinement::next(int64_t max_pixels) const {
    const Rect extents = due_.extents();
    Region part;
    int64_t left = max_pixels;
    for (int32_t row = extents.y1 / kCell; row * kCell < extents.y2; ++row) {
        for (int32_t column = extents.x1 / kCell; column * kCell < extents.x2; ++column) {
            const Region here = due_ & Region(cell_at(column, row));
            if (!part.empty() && here.area() > left) {
                return part;
            }
            left -= here.area();
            part |= here;
        }
    }
    return part;
}

void Refinement::clear() {
    fresh_.clear();
    young_.clear();
    due_.clear();
}

} // namespace spice::display
