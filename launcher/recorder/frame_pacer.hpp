// When the next picture is asked for, when the last one is told again, and which time each has in the file.
//
// A file has at most as many pictures per second as were asked for, and while nothing changes it gets the
// last one again twice a second: so a file that nobody could finish is as long as the recording was, less
// half a second. Times in the file are those of the changes, from the beginning of the recording, and always
// grow.
//
// Pure: the caller says what time it is.
#pragma once

#include "base/clock.hpp"

#include <chrono>
#include <optional>

namespace spice::recorder {

class FramePacer {
public:
    using Stamp = std::chrono::milliseconds; // since the beginning

    static constexpr Stamp kHold{500};

    // The first picture, of the time 0, was taken at `start`. Without `duration` there is no end.
    FramePacer(TimePoint start, int fps, std::optional<std::chrono::milliseconds> duration);

    // Before that no other picture may be asked for.
    TimePoint next_request() const { return next_request_; }
    // When the last picture is due again, if nothing has changed until then.
    TimePoint next_hold() const { return told_at_ + hold_; }
    TimePoint end() const { return end_; } // TimePoint::max(): none

    // A new picture is here at `now`; what is new about it happened at `change`, as others say. Its time.
    Stamp changed(TimePoint change, TimePoint now);
    // The last picture is told again at `now`. Its time.
    Stamp held(TimePoint now);

    struct Closing {
        std::optional<Stamp>
            repeated; // when the last picture must be told once more to be seen until the end
        Stamp length; // of the whole recording
    };
    Closing close(TimePoint end) const;

private:
    Stamp tell(TimePoint time, TimePoint now);

    TimePoint start_;
    std::chrono::nanoseconds interval_;
    TimePoint end_;
    std::chrono::nanoseconds hold_;
    TimePoint next_request_;
    TimePoint told_at_; // the last picture
    Stamp last_{0};
};

} // namespace spice::recorder
