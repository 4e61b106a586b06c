#include "event_queue.hpp"

#include <algorithm>
#include <cerrno>
#include <iterator>
#include <system_error>
#include <utility>

#include <sys/eventfd.h>
#include <unistd.h>

namespace spice::driver {

EventQueue::EventQueue() : fd_(eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK)) {
    if (fd_ < 0) {
        throw std::system_error(errno, std::generic_category(), "eventfd");
    }
}

EventQueue::~EventQueue() {
    close(fd_);
}

void EventQueue::signal() {
    if (!signalled_) {
        signalled_ = true;
        eventfd_write(fd_, 1); // cannot fail: the counter is 0
    }
}

bool EventQueue::coalesce(const InputEvent& event) {
    if (input_.size() < kCoalesceFrom) {
        return false;
    }
    if (const auto* position = std::get_if<PointerPosition>(&event)) {
        if (auto* last = std::get_if<PointerPosition>(&input_.back())) {
            *last = *position;
            return true;
        }
    }
    if (const auto* motion = std::get_if<PointerMotion>(&event)) {
        if (auto* last = std::get_if<PointerMotion>(&input_.back())) {
            constexpr int kFar = 1 << 24; // farther than any screen, and two of them add without overflow
            last->dx = std::clamp(last->dx, -kFar, kFar) + std::clamp(motion->dx, -kFar, kFar);
            last->dy = std::clamp(last->dy, -kFar, kFar) + std::clamp(motion->dy, -kFar, kFar);
            return true;
        }
    }
    return false;
}

bool EventQueue::post_input(const InputEvent& event) {
    std::lock_guard lock(mutex_);
    if (coalesce(event)) {
        return true;
    }
    if (input_.size() >= kMaxInput) {
        return false;
    }
    input_.push_back(event);
    signal();
    return true;
}

void EventQueue::set_watched(bool watched) {
    std::lock_guard lock(mutex_);
    if (watched_ && !watched) {
        unwatched_meanwhile_ = true;
    }
    watched_ = watched;
    signal();
}

void EventQueue::wake_for_commit() {
    std::lock_guard lock(mutex_);
    signal();
}

void EventQueue::want_commit(uint64_t token) {
    std::lock_guard lock(mutex_);
    const uint64_t after = input_taken_ + input_.size();
    if (!commit_wishes_.empty() && commit_wishes_.back().after == after) {
        commit_wishes_.back().token = token;
    } else {
        commit_wishes_.push_back({token, after});
    }
    signal();
}

void EventQueue::want_monitors(std::vector<Head> wanted, uint64_t token) {
    std::lock_guard lock(mutex_);
    monitors_wish_ = MonitorsWish{std::move(wanted), token};
    signal();
}

void EventQueue::write(LogLevel level, std::string_view line) {
    std::lock_guard lock(mutex_);
    if (log_.size() >= kMaxLogLines) {
        ++log_lines_dropped_;
        return;
    }
    log_.push_back({level, std::string(line)});
    signal();
}

EventQueue::Batch EventQueue::take(size_t max_input) {
    Batch batch;
    std::lock_guard lock(mutex_);
    const auto end = input_.begin() + static_cast<std::ptrdiff_t>(std::min(max_input, input_.size()));
    batch.input.assign(input_.begin(), end);
    batch.log.assign(std::make_move_iterator(log_.begin()), std::make_move_iterator(log_.end()));
    input_.erase(input_.begin(), end);
    input_taken_ += batch.input.size();
    while (!commit_wishes_.empty() && commit_wishes_.front().after <= input_taken_) {
        batch.commit_wanted = commit_wishes_.front().token;
        commit_wishes_.pop_front();
    }
    batch.monitors_wanted = std::exchange(monitors_wish_, std::nullopt);
    log_.clear();
    batch.log_lines_dropped = std::exchange(log_lines_dropped_, 0);
    batch.watched = watched_;
    batch.unwatched_meanwhile = std::exchange(unwatched_meanwhile_, false);
    if (max_input > 0 && !input_.empty()) {
        signal(); // after a batch without input it is not readable
    } else if (signalled_) {
        eventfd_t count = 0;
        eventfd_read(fd_, &count);
        signalled_ = false;
    }
    return batch;
}

} // namespace spice::driver
