#include "server/frame_clock.hpp"

#include <algorithm>

namespace spice::server {

TimePoint FrameClock::commit_taken(TimePoint now, int64_t pixels) {
    constexpr auto capacity = kInterval * kBurst;
    // One token is gone; a large commit takes the saved ones too, but no longer than until the next one
    // comes.
    full_at_ = std::max(full_at_, now) + kInterval;
    if (pixels > kSmallCommit) {
        full_at_ = std::max<TimePoint>(full_at_, now + capacity);
    }
    // There is a token while the bucket lacks less than its whole capacity.
    return std::max<TimePoint>(now, full_at_ - (capacity - kInterval));
}

} // namespace spice::server
