#include "display/kept_pixels.hpp"

#include <algorithm>
#include <utility>

namespace spice::display {

namespace {

// Of each memory. More rectangles are not worth a message each.
constexpr size_t kMaxDue = 32;
constexpr size_t kMaxValid = 256;

} // namespace

void KeptPixels::clear() {
    due_ = {};
    valid_ = {};
}

void KeptPixels::screen_updated(std::span<const CoveredPixels::Kept> kept, const Region& stale) {
    for (const auto& [memory, region] : kept) {
        valid_.at(memory) -= region;
        due_.at(memory) -= region;
        due_.at(memory) |= region - stale;
    }
}

bool KeptPixels::due() const {
    return std::ranges::any_of(due_, [](const Region& region) { return !region.empty(); });
}

std::vector<Rect> KeptPixels::take(size_t memory, const Region& lossy) {
    const Region exact = std::exchange(due_.at(memory), {}) - lossy;
    if (exact.empty()) {
        return {};
    }
    const Region taken = exact.simplified(kMaxDue);
    Region& valid = valid_.at(memory);
    valid -= taken;
    valid |= exact;
    if (valid.rect_count() > kMaxValid) {
        valid = exact;
    }
    return {taken.rects().begin(), taken.rects().end()};
}

} // namespace spice::display
