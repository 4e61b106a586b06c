// When the commit gate may open again: as often as a screen is refreshed, at once after a pause.
//
// A token bucket in steady time. A commit takes a token and the gate opens for the next one as soon as there
// is a token; a token comes every kInterval. Saved tokens let a short burst of small commits pass without
// delay (a key's echo, then the cursor, then the prompt), so pacing never costs an interactive user latency.
// A large commit spends what was saved: a film or a resize is paced from its first frame on, and leaves the
// processor to others in between.
//
// Where somebody asks for fewer pictures than that, all of them are paced: there is one token, which comes as
// often.
//
// Pure: the caller says what time it is.
#pragma once

#include "base/clock.hpp"

#include <chrono>
#include <cstdint>

namespace spice::server {

class FrameClock {
public:
    static constexpr std::chrono::milliseconds kInterval{12}; // 83 commits a second in a flood
    static constexpr int kBurst = 4;                          // small commits after a pause
    static constexpr int64_t kSmallCommit = 128 * 1024;       // pixels

    // `max_rate`: commits in a second, at most; 0: as said above.
    explicit FrameClock(int max_rate = 0);

    // A commit with `pixels` changed pixels has been taken in at `now`. The gate may open for the next one at
    // the moment that is returned: `now`, or up to kInterval later.
    TimePoint commit_taken(TimePoint now, int64_t pixels);

private:
    TimePoint::duration interval_;
    int burst_;
    // The bucket as one time: when it will have been full again. Every token in it is one interval before
    // that.
    TimePoint full_at_{};
};

} // namespace spice::server
