#include "display/refinement.hpp"

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

void Refinement::clear() {
    young_.clear();
    due_.clear();
}

} // namespace spice::display
