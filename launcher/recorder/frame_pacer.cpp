#include "recorder/frame_pacer.hpp"

#include <algorithm>

namespace spice::recorder {

using std::chrono::duration_cast;

FramePacer::FramePacer(TimePoint start, int fps, std::optional<std::chrono::milliseconds> duration)
    : start_(start), interval_(std::chrono::nanoseconds(std::chrono::seconds(1)) / fps),
      end_(duration ? start + *duration : TimePoint::max()),
      hold_(std::max<std::chrono::nanoseconds>(kHold, interval_)), next_request_(start + interval_),
      told_at_(start) {}

FramePacer::Stamp FramePacer::changed(TimePoint change, TimePoint now) {
    // By the schedule and not by `now`: a film as fast as we are, whose pictures come a little early or late,
    // loses none.
    next_request_ = std::max(next_request_ + interval_, now);
    return tell(std::clamp(change, start_, std::max(start_, now)), now);
}

FramePacer::Stamp FramePacer::held(TimePoint now) {
    return tell(now, now);
}

FramePacer::Stamp FramePacer::tell(TimePoint time, TimePoint now) {
    told_at_ = now;
    last_ = std::max(last_ + Stamp(1), duration_cast<Stamp>(time - start_));
    return last_;
}

FramePacer::Closing FramePacer::close(TimePoint end) const {
    const Stamp length = std::max(last_ + Stamp(1), duration_cast<Stamp>(end - start_));
    const Stamp repeated = length - std::max(Stamp(1), duration_cast<Stamp>(interval_));
    return {repeated > last_ ? std::optional(repeated) : std::nullopt, length};
}

} // namespace spice::recorder
