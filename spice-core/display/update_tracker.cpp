#include "display/update_tracker.hpp"

#include "display/cell_grid.hpp"

#include <algorithm>

namespace spice::display {

namespace {

constexpr size_t kMaxWaitingRects = 64; // more are covered by fewer, larger ones

} // namespace

void UpdateTracker::reset(Size surface) {
    const Rect whole{0, 0, surface.width, surface.height};
    pending_.clear();
    pending_.add_changed(whole);
    untold_ = whole;
    urgent_.clear();
    waiting_ = whole;
    surface_ = surface;
    next_cell_ = 0;
    next_y_ = 0;
}

void UpdateTracker::add(const ScreenUpdate& update, const Region& urgent) {
    for (const Copy& copy : update.copies) {
        pending_.add_copy(copy);
        waiting_ |= (waiting_ & copy.source()).translated(copy.dx, copy.dy);
    }
    if (waiting_.rect_count() > kMaxWaitingRects) {
        waiting_ = waiting_.simplified(kMaxWaitingRects / 2);
    }
    pending_.add_changed(update.changed);
    if (!urgent.empty()) {
        urgent_ |= urgent & update.changed;
    }
}

Region UpdateTracker::stale() const {
    Region stale = pending_.changed();
    for (const Copy& copy : pending_.copies()) {
        stale |= copy.destination;
    }
    return stale;
}

PendingUpdate::Taken UpdateTracker::take(int64_t max_pixels) {
    if (pending_.changed().area() <= max_pixels) {
        untold_.clear();
        urgent_.clear();
        waiting_.clear();
        return pending_.take();
    }
    std::vector<Rect> part;
    int64_t left = max_pixels;
    urgent_ &= pending_.changed();
    if (!urgent_.empty()) {
        collect(urgent_, left, part);
        const Region first(part);
        urgent_ -= first;
        if (left > 0 && urgent_.empty()) {
            collect(pending_.changed() - first, left, part);
        }
    } else {
        const Region fresh = pending_.changed() - waiting_;
        const bool little = fresh.area() <= max_pixels / 2;
        if (little) {
            part.assign(fresh.rects().begin(), fresh.rects().end());
            left -= fresh.area();
        }
        collect(little ? pending_.changed() - fresh : pending_.changed(), left, part);
    }
    PendingUpdate::Taken taken = pending_.take(Region(part));
    untold_ &= pending_.changed();
    waiting_ = pending_.changed();
    return taken;
}

void UpdateTracker::told(const Region& region) {
    pending_.remove_changed(region);
    untold_ -= region;
}

int32_t UpdateTracker::columns() const {
    return (surface_.width + kCell - 1) / kCell;
}

void UpdateTracker::collect(const Region& region, int64_t& left, std::vector<Rect>& part) {
    const int32_t cells = columns() * ((surface_.height + kCell - 1) / kCell);
    const size_t already = part.size();
    // The cell that is begun with comes twice: its lower rows at first, all of it at last.
    for (int32_t i = 0; i <= cells && left > 0; ++i) {
        next_cell_ %= cells;
        Rect cell = cell_at(next_cell_ % columns(), next_cell_ / columns());
        cell.y1 = std::max(cell.y1, next_y_);
        const Region here = region & cell;
        if (here.area() > left && part.size() > already) {
            return; // a cell that is told in two portions may go twice
        }
        for (const Rect& rect : here.rects()) {
            if (rect.area() <= left) {
                part.push_back(rect);
                left -= rect.area();
                continue;
            }
            auto rows = static_cast<int32_t>(left / rect.width());
            if (rows == 0 && part.size() == already) {
                rows = 1;
            }
            if (rows > 0) {
                part.push_back({rect.x1, rect.y1, rect.x2, rect.y1 + rows});
            }
            next_y_ = rect.y1 + rows;
            left = 0;
            return;
        }
        ++next_cell_;
        next_y_ = 0;
    }
}

} // namespace spice::display
