#include "support/synthetic_desktop.hpp"

#include <algorithm>
#include <random>
#include <utility>

namespace spice::test {

SyntheticDesktop::SyntheticDesktop(Size size) {
    resize(size);
}

void SyntheticDesktop::resize(Size size) {
    size_ = size;
    pixels_.assign(static_cast<size_t>(size.width) * static_cast<size_t>(size.height), 0);
    builder_.set_surface({0, size});
    builder_.set_monitors({{{0, {0, 0, size.width, size.height}}}, 1});
}

void SyntheticDesktop::fill(const Rect& area, uint32_t colour) {
    const Rect inside = clipped(area);
    for (int y = inside.y1; y < inside.y2; ++y) {
        for (int x = inside.x1; x < inside.x2; ++x) {
            at(x, y) = colour;
        }
    }
    builder_.add_changed(inside);
}

void SyntheticDesktop::noise(const Rect& area, uint32_t seed) {
    std::mt19937 random(seed);
    const Rect inside = clipped(area);
    for (int y = inside.y1; y < inside.y2; ++y) {
        for (int x = inside.x1; x < inside.x2; ++x) {
            at(x, y) = static_cast<uint32_t>(random()) & 0xffffff;
        }
    }
    builder_.add_changed(inside);
}

void SyntheticDesktop::scroll(const Rect& area, int dx, int dy) {
    const Rect inside = clipped(area);
    const Rect moved{inside.x1 + dx, inside.y1 + dy, inside.x2 + dx, inside.y2 + dy};
    const Rect destination = intersect(inside, moved);
    if (destination.empty()) {
        return;
    }
    builder_.add_copy(destination, dx, dy);
    const std::vector<uint32_t> before = pixels_;
    const auto width = static_cast<size_t>(size_.width);
    for (int y = destination.y1; y < destination.y2; ++y) {
        for (int x = destination.x1; x < destination.x2; ++x) {
            at(x, y) = before[static_cast<size_t>(y - dy) * width + static_cast<size_t>(x - dx)];
        }
    }
}

bool SyntheticDesktop::pump() {
    std::vector<bool> notes;
    std::optional<uint64_t> commit_wish;
    std::optional<MonitorsWish> monitors_wish;
    {
        const std::lock_guard lock(mutex_);
        notes = std::exchange(watched_notes_, {});
        commit_wish = std::exchange(commit_wish_, std::nullopt);
        monitors_wish = std::exchange(monitors_wish_, std::nullopt);
        woken_ = false;
    }
    for (const bool watched : notes) {
        builder_.set_watched(watched);
    }
    if (monitors_wish) {
        apply(*monitors_wish);
    }
    if (commit_wish) {
        builder_.set_reached(*commit_wish);
    }
    if (!builder_.watched() || !builder_.dirty()) {
        return true;
    }
    if (!server_->gate().try_enter()) {
        return false;
    }
    server_->post(builder_.build({pixels_.data(), static_cast<size_t>(size_.width), size_}));
    return true;
}

void SyntheticDesktop::wait(std::chrono::milliseconds time) {
    std::unique_lock lock(mutex_);
    told_.wait_for(lock, time, [this] { return woken_; });
}

bool SyntheticDesktop::flush(std::chrono::milliseconds time) {
    const auto deadline = std::chrono::steady_clock::now() + time;
    while (!pump()) {
        if (std::chrono::steady_clock::now() >= deadline) {
            return false;
        }
        wait(std::chrono::milliseconds(100));
    }
    return true;
}

bool SyntheticDesktop::watched() const {
    const std::lock_guard lock(mutex_);
    return watched_;
}

std::vector<InputEvent> SyntheticDesktop::take_input() {
    const std::lock_guard lock(mutex_);
    return std::exchange(input_, {});
}

void SyntheticDesktop::limit_input(size_t events) {
    const std::lock_guard lock(mutex_);
    input_limit_ = events;
}

size_t SyntheticDesktop::refused_input() const {
    const std::lock_guard lock(mutex_);
    return refused_input_;
}

bool SyntheticDesktop::post_input(const InputEvent& event) {
    const std::lock_guard lock(mutex_);
    if (input_.size() >= input_limit_) {
        ++refused_input_;
        return false;
    }
    input_.push_back(event);
    woken_ = true;
    told_.notify_all();
    return true;
}

void SyntheticDesktop::set_watched(bool watched) {
    const std::lock_guard lock(mutex_);
    watched_ = watched;
    watched_notes_.push_back(watched);
    woken_ = true;
    told_.notify_all();
}

void SyntheticDesktop::wake_for_commit() {
    const std::lock_guard lock(mutex_);
    woken_ = true;
    told_.notify_all();
}

void SyntheticDesktop::want_commit(uint64_t token) {
    const std::lock_guard lock(mutex_);
    commit_wish_ = token;
    woken_ = true;
    told_.notify_all();
}

void SyntheticDesktop::want_monitors(std::vector<Head> wanted, uint64_t token) {
    const std::lock_guard lock(mutex_);
    monitors_wish_ = MonitorsWish{std::move(wanted), token};
    woken_ = true;
    told_.notify_all();
}

void SyntheticDesktop::apply(const MonitorsWish& wish) {
    Size size;
    bool possible = !wish.wanted.empty();
    for (const Head& head : wish.wanted) {
        possible = possible && head.id < kMaxHeads && !head.area.empty() &&
                   intersect(head.area, {0, 0, kMaxEdge, kMaxEdge}) == head.area;
        size = {std::max(size.width, head.area.x2), std::max(size.height, head.area.y2)};
    }
    if (!possible) {
        builder_.set_monitors_answer({wish.token, "these outputs cannot be made"});
        return;
    }
    if (size != size_) {
        resize(size);
    }
    builder_.set_monitors({wish.wanted, kMaxHeads});
    builder_.set_monitors_answer({wish.token, {}});
}

Rect SyntheticDesktop::clipped(const Rect& area) const {
    return intersect(area, {0, 0, size_.width, size_.height});
}

uint32_t& SyntheticDesktop::at(int x, int y) {
    return pixels_[static_cast<size_t>(y) * static_cast<size_t>(size_.width) + static_cast<size_t>(x)];
}

} // namespace spice::test
