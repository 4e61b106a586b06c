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
    due_ -= region;
    young_ |= region;
    bound(young_);
}

void Refinement::sent_exact(const Region& region) {
    young_ -= region;
    due_ -= region;
}

void Refinement::sent_copy(const Copy& copy) {
    if (empty()) {
        return;
    }
    Region moved = (young_ | due_) & copy.source();
    moved.translate(copy.dx, copy.dy);
    sent_exact(copy.destination);
    sent_lossy(moved);
}

void Refinement::changed(const Region& region) {
    Region again = due_ & region;
    if (!again.empty()) {
        due_ -= again;
        young_ |= again;
        bound(young_);
    }
}

void Refinement::grow_older() {
    due_ |= std::exchange(young_, {});
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
    young_.clear();
    due_.clear();
}

} // namespace spice::display
