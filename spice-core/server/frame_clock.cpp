#include "server/frame_clock.hpp"

#include <algorithm>

namespace spice::server {

using namespace std::chrono_literals;

FrameClock::FrameClock(int max_rate)
    : interval_(max_rate > 0 ? std::max<TimePoint::duration>(kInterval, TimePoint::duration(1s) / max_rate)
                             : kInterval),
      burst_(interval_ > kInterval ? 1 : kBurst) {}

TimePoint FrameClock::commit_taken(TimePoint now, int64_t pixels) {
    const auto capacity = interval_ * burst_;
    // One token is gone; a large commit takes the saved ones too, but no longer than until the next one
    // comes.
    full_at_ = std::max(full_at_, now) + interval_;
    if (pixels > kSmallCommit) {
        full_at_ = std::max<TimePoint>(full_at_, now + capacity);
    }
    // There is a token while the bucket lacks less than its whole capacity.
    return std::max<TimePoint>(now, full_at_ - (capacity - interval_));
}

} // namespace spice::server
