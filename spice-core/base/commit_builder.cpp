#include "spice-core/commit_builder.hpp"

#include <cassert>
#include <memory>
#include <mutex>
#include <utility>

namespace spice {

namespace {

// A copy of fewer pixels costs more to keep track of than to send as pixels.
constexpr int64_t kMinCopyArea = 1024;

Region whole(const Surface& surface) {
    return Rect{0, 0, surface.size.width, surface.size.height};
}

// A commit of fewer pixels than this gets its memory from the heap: nothing is saved by keeping that.
constexpr size_t kManyPixels = size_t{64} * 1024;

// The upper byte is not part of the picture. In steps of a fixed width, which compilers make vectors of.
void copy_row(const uint32_t* __restrict from, uint32_t* __restrict to, size_t count) {
    constexpr size_t kStep = 16;
    constexpr uint32_t kMask = 0x00ffffff;
    const size_t steps = count - count % kStep;
    for (size_t x = 0; x < steps; x += kStep) {
        for (size_t i = 0; i < kStep; ++i) {
            to[x + i] = from[x + i] & kMask;
        }
    }
    for (size_t x = steps; x < count; ++x) {
        to[x] = from[x] & kMask;
    }
}

// `area` lies inside the framebuffer.
void copy_pixels(const FramebufferView& framebuffer, const Rect& area, uint32_t* to) {
    const auto width = static_cast<size_t>(area.width());
    for (int32_t y = area.y1; y < area.y2; ++y) {
        const size_t offset = static_cast<size_t>(y) * framebuffer.stride + static_cast<size_t>(area.x1);
        copy_row(framebuffer.pixels + offset, to, width);
        to += width;
    }
}

} // namespace

// The memory of large commits between one commit and the next. Fresh memory of that size would be new to the
// process each time, and the first touch of each of its pages costs more than copying the pixels.
//
// Any thread: a commit under way ends on the core's, where the lock is held for a few instructions.
class CommitMemory : public std::enable_shared_from_this<CommitMemory> {
public:
    // Memory of the kept size, which returns here in the end. Only what is touched of it counts.
    std::shared_ptr<uint32_t[]> take() {
        Pixels pixels;
        size_t size = 0;
        {
            const std::lock_guard lock(mutex_);
            pixels = std::move(spare_);
            size = kept_size_;
        }
        if (!pixels) {
            pixels = std::make_unique_for_overwrite<uint32_t[]>(size);
        }
        uint32_t* const raw = pixels.release();
        return {raw,
                [self = shared_from_this(), size](uint32_t* done) { self->give_back(Pixels(done), size); }};
    }

    // From now on memory of `pixels` is kept, none for 0. What is kept so far, and what is under way, goes
    // when it is of another size.
    void keep(size_t pixels) {
        Pixels dropped;
        const std::lock_guard lock(mutex_);
        if (kept_size_ != pixels) {
            kept_size_ = pixels;
            dropped = std::move(spare_);
        }
    }

    size_t kept() const {
        const std::lock_guard lock(mutex_);
        return spare_ ? kept_size_ : 0;
    }

private:
    using Pixels = std::unique_ptr<uint32_t[]>;

    void give_back(Pixels pixels, size_t size) noexcept {
        const std::lock_guard lock(mutex_);
        if (size == kept_size_ && !spare_) {
            spare_ = std::move(pixels);
        }
    }

    mutable std::mutex mutex_; // what follows
    size_t kept_size_ = 0;
    Pixels spare_;
};

CommitBuilder::CommitBuilder() : memory_(std::make_shared<CommitMemory>()) {}

void CommitBuilder::set_surface(const Surface& surface) {
    surface_ = surface;
    memory_->keep(0);
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
    ++copies_told_;
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

void CommitBuilder::set_reached(uint64_t token) {
    reached_ = token;
    reached_dirty_ = true;
}

void CommitBuilder::set_monitors_answer(MonitorsAnswer answer) {
    monitors_answer_ = std::move(answer);
    monitors_answer_dirty_ = true;
}

void CommitBuilder::set_watched(bool watched) {
    if (watched == watched_) {
        return;
    }
    watched_ = watched;
    pending_.clear();
    if (!watched) {
        memory_->keep(0);
        return;
    }
    if (surface_) {
        surface_dirty_ = true;
        pending_.add_changed(whole(*surface_));
    }
    monitors_dirty_ = monitors_.has_value();
    cursor_dirty_ = cursor_.has_value();
    lock_keys_dirty_ = true;
    reached_dirty_ = reached_.has_value();
    monitors_answer_dirty_ = monitors_answer_.has_value();
}

bool CommitBuilder::dirty() const {
    return watched_ && (surface_dirty_ || monitors_dirty_ || cursor_dirty_ || cursor_position_dirty_ ||
                        lock_keys_dirty_ || reached_dirty_ || monitors_answer_dirty_ || !pending_.empty());
}

Commit CommitBuilder::build(const FramebufferView& framebuffer) {
    Commit commit;
    copies_told_ = 0;
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
    if (std::exchange(reached_dirty_, false)) {
        commit.reached = reached_;
    }
    if (std::exchange(monitors_answer_dirty_, false)) {
        commit.monitors_answer = monitors_answer_;
    }
    if (pending_.empty()) {
        return commit;
    }
    assert(surface_ && framebuffer.size == surface_->size);
    PendingUpdate::Taken taken = pending_.take();
    commit.copies = std::move(taken.copies);
    commit.changed.reserve(taken.changed.rect_count());
    const std::shared_ptr<uint32_t[]> pixels = memory_for(static_cast<size_t>(taken.changed.area()));
    uint32_t* next = pixels.get();
    for (const Rect& area : taken.changed.rects()) {
        copy_pixels(framebuffer, area, next);
        commit.changed.push_back({area, {pixels, next}});
        next += area.area();
    }
    return commit;
}

std::shared_ptr<uint32_t[]> CommitBuilder::memory_for(size_t pixels) {
    if (pixels < kManyPixels) {
        if (++small_commits_ == kSmallCommits) {
            memory_->keep(0);
        }
        return std::make_shared_for_overwrite<uint32_t[]>(pixels);
    }
    small_commits_ = 0;
    memory_->keep(static_cast<size_t>(surface_->size.width) * static_cast<size_t>(surface_->size.height));
    return memory_->take();
}

size_t CommitBuilder::kept_pixels() const {
    return memory_->kept();
}

} // namespace spice
