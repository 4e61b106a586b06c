// What one client's connection can carry, and how much may be on its way so that it is busy but no queue
// builds up in the network.
//
// A queue in front of the slowest link delays everything that this user does there: the pointer, the echo of
// a key, other people's traffic. It also makes our own pictures old before they are seen. A sender that keeps
// just the product of rate and round trip under way, and a little more, fills the link without a queue; this
// class measures both from what the kernel knows (transport::LinkFacts) and says what the product is.
//
// - Rate: bytes that the peer got in an interval of a round trip or so, in which there was always enough
// under
//   way; the most of the last second of such intervals. Intervals in which we had too little to send say
//   nothing about the link: they may only raise the estimate. What is under way beyond the product (kSlack)
//   is at the same time the probe: where the link became faster, more arrives, and the limit grows with it,
//   by half in each interval as long as that goes on.
// - Round trip without queues: the least of the last ten seconds. When nothing as low was seen for so long,
// or
//   when the rate fell (a link that became slower and a path that became longer look alike), the limit is
//   halved for a moment to see the path without our own queue.
// - Until the link has shown where it ends, as it does not before there is more to send than it carries, it
// is
//   not known and counts as fast: twice of what was seen to arrive may be under way, at least kFirstLimit.
//
// Pure: time is passed in; samples cost a few dozen operations.
#pragma once

#include "base/clock.hpp"
#include "transport/stream.hpp"

#include <chrono>
#include <cstdint>
#include <deque>
#include <limits>
#include <optional>

namespace spice::channels {

class LinkEstimate {
public:
    // Under way beyond what the path itself holds; or an eighth of the round trip, when that is more.
    static constexpr std::chrono::milliseconds kSlack{10};
    static constexpr uint64_t kFirstLimit = 64 * 1024;          // bytes; while the link is not known
    static constexpr uint64_t kMaxLimit = uint64_t{16} << 20;   // bytes
    static constexpr std::chrono::seconds kRateWindow{1};       // of busy time; ten round trips if longer
    static constexpr std::chrono::seconds kRoundTripWindow{10}; // for the round trip without queues

    // What the kernel says now. To be called before each write, so that `outstanding` is seen at its lowest,
    // and while somebody waits for room.
    void sample(TimePoint now, const transport::LinkFacts& facts);

    // Bytes that may be outstanding.
    uint64_t in_flight_limit() const;
    // Bytes that may be written while `outstanding` are: 0 or a piece that is worth a write.
    uint64_t room(uint64_t outstanding) const;
    // How long until room() will not be 0 any more, or until it is worth another look: 1 to 50 ms, and more
    // and more up to 500 ms while nothing at all arrives at the peer.
    std::chrono::microseconds time_to_room(uint64_t outstanding) const;

    // Throughput of the link; none: not known, there was never more to send than it carried.
    std::optional<double> bytes_per_second() const;
    // The same; where the link is not known, but the way is long, what may be under way in a round trip.
    std::optional<double> likely_bytes_per_second() const;
    // As last seen, smoothed, with the queues on the way; and without them. 0: not known.
    std::chrono::microseconds round_trip() const { return round_trip_; }
    std::chrono::microseconds min_round_trip() const { return min_round_trip_; }

private:
    using Duration = TimePoint::duration;
    struct Rate {
        Duration busy_time; // when, on busy_time_'s clock
        double bytes_per_second;
    };

    struct Interval {
        uint64_t bytes = 0; // delivered
        Duration length{0};
    };

    void take_round_trip(TimePoint now, const transport::LinkFacts& facts);
    void watch_path(TimePoint now, uint64_t outstanding);
    void take_rate(TimePoint now, const transport::LinkFacts& facts);
    void start_interval(TimePoint now, uint64_t delivered);
    void take_interval(uint64_t bytes, Duration length, bool full);
    void keep_rate(double rate);
    void look_for_the_end(double rate);
    double best_rate() const { return rates_.empty() ? 0 : rates_.front().bytes_per_second; }
    double path_bytes() const; // that the path holds at the best rate
    Duration slack_time() const;
    uint64_t step() const; // smallest piece worth a write
    double wanted_in_flight() const;

    bool sampled_ = false;
    uint64_t delivered_ = 0;    // at the last sample
    TimePoint progress_time_{}; // when something had been delivered, or nothing was outstanding
    Duration stalled_{0};       // since then, at the last sample
    uint64_t segment_ = 1460;

    // One interval of the rate's measurement.
    TimePoint interval_start_{};
    uint64_t interval_delivered_ = 0;
    uint64_t lowest_outstanding_ = 0;

    Interval last_interval_;
    Duration busy_time_{0};  // counts only intervals with enough under way
    std::deque<Rate> rates_; // decreasing; the front one is the estimate
    double burst_rate_ = 0;  // the kernel's figure for short bursts, while the link is not known
    bool known_ = false;
    double plateau_ = 0; // the rate that did not grow much any more, for so many intervals
    int intervals_on_plateau_ = 0;
    bool growing_ = false;

    std::chrono::microseconds round_trip_{0};
    std::chrono::microseconds min_round_trip_{0};
    std::chrono::microseconds kernel_min_round_trip_{0};
    TimePoint min_round_trip_time_{};
    enum class PathProbe : uint8_t { none, draining, watching } path_probe_ = PathProbe::none;
    TimePoint path_probe_end_{};
    double probed_rate_ = 0; // the best rate that min_round_trip_ was seen with
};

} // namespace spice::channels
