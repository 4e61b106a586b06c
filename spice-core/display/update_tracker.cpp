#include "display/update_tracker.hpp"

#include <algorithm>
#include <vector>

namespace spice::display {

void UpdateTracker::reset(Size surface) {
    const Rect whole{0, 0, surface.width, surface.height};
    pending_.clear();
    pending_.add_changed(whole);
    untold_ = whole;
    next_y_ = 0;
}

void UpdateTracker::add(const ScreenUpdate& update) {
    for (const Copy& copy : update.copies) {
        pending_.add_copy(copy);
    }
    pending_.add_changed(update.changed);
}

PendingUpdate::Taken UpdateTracker::take(int64_t max_pixels) {
    if (pending_.changed().area() <= max_pixels) {
        untold_.clear();
        return pending_.take();
    }
    const Region part = next_part(max_pixels);
    PendingUpdate::Taken taken = pending_.take(part);
    untold_ &= pending_.changed();
    next_y_ = part.rects().back().y2;
    return taken;
}

// Whole rows from next_y_ downwards, then from the top: the one place that decides what is told first.
Region UpdateTracker::next_part(int64_t max_pixels) const {
    const Region& changed = pending_.changed();
    const Rect extents = changed.extents();
    Region below = changed & Region(Rect{extents.x1, std::max(next_y_, extents.y1), extents.x2, extents.y2});
    if (below.empty()) {
        below = changed;
    }
    std::vector<Rect> part;
    int64_t left = max_pixels;
    for (const Rect& rect : below.rects()) {
        if (rect.area() <= left) {
            part.push_back(rect);
            left -= rect.area();
            continue;
        }
        const auto rows = static_cast<int32_t>(left / rect.width());
        if (rows > 0 || part.empty()) {
            part.push_back({rect.x1, rect.y1, rect.x2, rect.y1 + std::max(rows, 1)});
        }
        break;
    }
    return Region(part);
}

} // namespace spice::display
