#include "spice-core/commit_builder.hpp"

#include <cassert>
#include <utility>

namespace spice {

namespace {

// A copy of fewer pixels costs more to keep track of than to send as pixels.
constexpr int64_t kMinCopyArea = 1024;

Region whole(const Surface& surface) {
    return Rect{0, 0, surface.size.width, surface.size.height};
}

// `area` lies inside the framebuffer.
PixelBlock copy_pixels(const FramebufferView& framebuffer, const Rect& area) {
    const auto width = static_cast<size_t>(area.width());
    const auto height = static_cast<size_t>(area.height());
    std::shared_ptr<uint32_t[]> pixels = std::make_shared_for_overwrite<uint32_t[]>(width * height);
    uint32_t* to = pixels.get();
    for (int32_t y = area.y1; y < area.y2; ++y) {
        const uint32_t* from =
            framebuffer.pixels + static_cast<size_t>(y) * framebuffer.stride + static_cast<size_t>(area.x1);
        for (size_t x = 0; x < width; ++x) {
            to[x] = from[x] & 0x00ffffff;
        }
        to += width;
    }
    return {area, std::move(pixels)};
}

} // namespace

void CommitBuilder::set_surface(const Surface& surface) {
    surface_ = surface;
    surface_dirty_ = true;
    pending_.clear();
    if (watched_) {
        pending_.add_changed(whole(surface));
    }
}

void CommitBuilder::add_changed(const Region& region) {
    if (watched_ && surface_) {
        pending_.add_changed(region & whole(*surface_));
    }
}

void CommitBuilder::add_copy(const Region& destination, int dx, int dy) {
    if (!watched_ || !surface_) {
        return;
    }
    const Region surface = whole(*surface_);
    Region inside = destination & surface;
    Copy copy{inside & surface.translated(dx, dy), dx, dy};
    if (copy.destination.area() < kMinCopyArea) {
        pending_.add_changed(inside);
        return;
    }
    // In this order: where the source was outside, a value that no copy tells came into being together
    // with the copied ones, and the copy must not be taken to read it.
    pending_.add_copy(copy);
    pending_.add_changed(inside - copy.destination);
}

void CommitBuilder::set_monitors(MonitorsConfig monitors) {
    if (monitors_ != monitors) {
        monitors_ = std::move(monitors);
        monitors_dirty_ = true;
    }
}

void CommitBuilder::set_cursor(Cursor cursor) {
    cursor_ = std::move(cursor);
    cursor_dirty_ = true;
}

void CommitBuilder::set_cursor_position(Point position) {
    if (!cursor_) {
        cursor_.emplace();
    }
    if (cursor_->position != position) {
        cursor_->position = position;
        cursor_position_dirty_ = true;
    }
}

void CommitBuilder::set_lock_keys(LockKeys lock_keys) {
    if (lock_keys_ != lock_keys) {
        lock_keys_ = lock_keys;
        lock_keys_dirty_ = true;
    }
}

void CommitBuilder::set_watched(bool watched) {
    if (watched == watched_) {
        return;
    }
    watched_ = watched;
    pending_.clear();
    if (!watched) {
        return;
    }
    if (surface_) {
        surface_dirty_ = true;
        pending_.add_changed(whole(*surface_));
    }
    monitors_dirty_ = monitors_.has_value();
    cursor_dirty_ = cursor_.has_value();
    lock_keys_dirty_ = true;
}

bool CommitBuilder::dirty() const {
    return watched_ && (surface_dirty_ || monitors_dirty_ || cursor_dirty_ || cursor_position_dirty_ ||
                        lock_keys_dirty_ || !pending_.empty());
}

Commit CommitBuilder::build(const FramebufferView& framebuffer) {
    Commit commit;
    if (std::exchange(surface_dirty_, false)) {
        commit.surface = surface_;
    }
    if (std::exchange(monitors_dirty_, false)) {
        commit.monitors = monitors_;
    }
    const bool moved = std::exchange(cursor_position_dirty_, false);
    if (std::exchange(cursor_dirty_, false)) {
        commit.cursor = cursor_;
    } else if (moved) {
        commit.cursor_position = cursor_->position;
    }
    if (std::exchange(lock_keys_dirty_, false)) {
        commit.lock_keys = lock_keys_;
    }
    if (pending_.empty()) {
        return commit;
    }
    assert(surface_ && framebuffer.size == surface_->size);
    PendingUpdate::Taken taken = pending_.take();
    commit.copies = std::move(taken.copies);
    commit.changed.reserve(taken.changed.rect_count());
    for (const Rect& area : taken.changed.rects()) {
        commit.changed.push_back(copy_pixels(framebuffer, area));
    }
    return commit;
}

} // namespace spice
