#include "channels/link_estimate.hpp"

#include <algorithm>
#include <cmath>
#include <utility>

namespace spice::channels {

using std::chrono::duration;
using std::chrono::duration_cast;
using std::chrono::microseconds;
using std::chrono::milliseconds;
using transport::LinkFacts;

namespace {

// Shorter ones, or of fewer segments, would measure granularity; but slow links are not measured all day.
constexpr milliseconds kMinInterval{25};
constexpr uint64_t kMinIntervalSegments = 16;
constexpr milliseconds kMaxInterval{200}; // or the round trip
// An interval counts when about as much as the path holds was always under way: with less, pauses of ours
// would look like a slower link, the limit would follow, and the pauses grow.
constexpr double kFullShare = 0.95;
constexpr std::chrono::seconds kStalled{1}; // without a byte delivered: the peer, not the link

// While the link is not known: what it could take more, and how its end is recognized.
constexpr double kFirstGain = 2;
constexpr double kStillGrowing = 1.25;
constexpr int kPlateauIntervals = 3;
// When it is known: a rate so much above the best one shows that the link became faster.
constexpr double kFaster = 1.08;
constexpr double kFasterGain = 1.5;
// A best rate so much below the one of the last path probe asks for another.
constexpr double kSlower = 0.7;
constexpr double kPathProbeShare = 0.5;
constexpr milliseconds kPathProbeLength{50}; // two round trips if longer: the kernel's figure is smoothed

// A round trip of a way that may be slow; what is nearer is taken to be fast until it shows that it is not.
constexpr milliseconds kLongWay{5};

constexpr milliseconds kStep{4}; // of data: the smallest piece worth a wake-up
constexpr uint64_t kFloorSegments = 4;
constexpr uint64_t kSlackSegments = 2;
constexpr microseconds kMinWait = milliseconds(1);
constexpr microseconds kMaxWait = milliseconds(50);
constexpr microseconds kMaxStalledWait = milliseconds(500);
constexpr int kStalledShare = 16;                       // of the time that nothing has arrived
constexpr microseconds kMaxBlindWait = milliseconds(5); // while the rate is not known

double seconds(TimePoint::duration time) {
    return duration<double>(time).count();
}

} // namespace

void LinkEstimate::sample(TimePoint now, const LinkFacts& facts) {
    segment_ = std::max<uint64_t>(facts.segment, 1);
    take_round_trip(now, facts);
    if (!sampled_) {
        sampled_ = true;
        progress_time_ = now;
        start_interval(now, facts.delivered);
    }
    watch_path(now, facts.outstanding);
    take_rate(now, facts);
    if (facts.delivered != delivered_ || facts.outstanding == 0) {
        progress_time_ = now;
    }
    stalled_ = now - progress_time_;
    delivered_ = facts.delivered;
}

// --- round trip ---

void LinkEstimate::take_round_trip(TimePoint now, const LinkFacts& facts) {
    microseconds least = microseconds::max();
    if (facts.min_round_trip.count() > 0 && facts.min_round_trip != kernel_min_round_trip_) {
        kernel_min_round_trip_ = facts.min_round_trip;
        least = facts.min_round_trip; // it has just been seen: the kernel's own window is minutes long
    }
    if (facts.round_trip.count() > 0 && (facts.delivered != delivered_ || !sampled_)) {
        round_trip_ = facts.round_trip;
        least = std::min(least, round_trip_);
    }
    if (least != microseconds::max() && (min_round_trip_.count() == 0 || least <= min_round_trip_)) {
        min_round_trip_ = least;
        min_round_trip_time_ = now;
    }
}

void LinkEstimate::watch_path(TimePoint now, uint64_t outstanding) {
    switch (path_probe_) {
    case PathProbe::none:
        probed_rate_ = std::max(probed_rate_, best_rate());
        if (known_ &&
            (now - min_round_trip_time_ > kRoundTripWindow || best_rate() < kSlower * probed_rate_)) {
            path_probe_ = PathProbe::draining;
        }
        return;
    case PathProbe::draining:
        if (outstanding <= in_flight_limit()) {
            path_probe_ = PathProbe::watching;
            path_probe_end_ = now + std::max<Duration>(kPathProbeLength, 2 * round_trip_);
        }
        return;
    case PathProbe::watching:
        if (now >= path_probe_end_) {
            path_probe_ = PathProbe::none;
            min_round_trip_ = round_trip_;
            min_round_trip_time_ = now;
            probed_rate_ = best_rate();
            start_interval(now, delivered_);
        }
        return;
    }
}

// --- rate ---

void LinkEstimate::start_interval(TimePoint now, uint64_t delivered) {
    interval_start_ = now;
    interval_delivered_ = delivered;
    lowest_outstanding_ = std::numeric_limits<uint64_t>::max();
}

void LinkEstimate::take_rate(TimePoint now, const LinkFacts& facts) {
    if (!known_ && facts.delivered != delivered_) {
        burst_rate_ = std::max(burst_rate_, static_cast<double>(facts.delivery_rate));
    }
    lowest_outstanding_ = std::min(lowest_outstanding_, facts.outstanding);
    const Duration length = now - interval_start_;
    const uint64_t bytes = facts.delivered - std::min(facts.delivered, interval_delivered_);
    const bool few = bytes < kMinIntervalSegments * segment_ && lowest_outstanding_ > 0;
    if (length < std::max<Duration>(kMinInterval, round_trip_) || (few && length < kMaxInterval) ||
        (bytes == 0 && length < kStalled)) {
        return; // not over yet
    }
    const double rate = static_cast<double>(bytes) / seconds(length);
    const double needed = kFullShare * rate * seconds(min_round_trip_);
    const bool full =
        bytes > 0 && lowest_outstanding_ > 0 && static_cast<double>(lowest_outstanding_) >= needed;
    if (path_probe_ == PathProbe::none) {
        take_interval(bytes, length, full);
    }
    start_interval(now, facts.delivered);
}

void LinkEstimate::take_interval(uint64_t bytes, Duration length, bool full) {
    // What came late in one interval is too much in the next: both together say more. Not at the beginning,
    // when the rate grows from one to the next.
    const Interval last = std::exchange(last_interval_, {bytes, length});
    double rate = static_cast<double>(bytes) / seconds(length);
    if (known_ && last.bytes > 0) {
        rate = static_cast<double>(bytes + last.bytes) / seconds(length + last.length);
    }
    growing_ = known_ && rate > kFaster * best_rate();
    if (!full) {
        if (rate > best_rate()) {
            keep_rate(rate);
        }
        return;
    }
    busy_time_ += std::min<Duration>(length, kStalled);
    look_for_the_end(rate);
    keep_rate(rate);
    const Duration window = std::max<Duration>(kRateWindow, 10 * min_round_trip_);
    while (rates_.size() > 1 && busy_time_ - rates_.front().busy_time > window) {
        rates_.pop_front();
    }
}

void LinkEstimate::keep_rate(double rate) {
    while (!rates_.empty() && rates_.back().bytes_per_second <= rate) {
        rates_.pop_back();
    }
    rates_.push_back({busy_time_, rate});
}

void LinkEstimate::look_for_the_end(double rate) {
    if (known_) {
        return;
    }
    if (rate > kStillGrowing * plateau_) {
        plateau_ = rate;
        intervals_on_plateau_ = 0;
    } else {
        ++intervals_on_plateau_;
    }
    known_ = intervals_on_plateau_ >= kPlateauIntervals || round_trip_ - min_round_trip_ > 2 * slack_time();
}

// --- answers ---

double LinkEstimate::path_bytes() const {
    return best_rate() * seconds(min_round_trip_);
}

LinkEstimate::Duration LinkEstimate::slack_time() const {
    return std::max<Duration>(kSlack, min_round_trip_ / 8);
}

double LinkEstimate::wanted_in_flight() const {
    if (path_probe_ != PathProbe::none) {
        return kPathProbeShare * path_bytes();
    }
    const double slack_seconds = seconds(slack_time());
    if (!known_) {
        const double rate = std::max(kFirstGain * best_rate(), burst_rate_);
        return std::max(rate * (seconds(min_round_trip_) + slack_seconds), static_cast<double>(kFirstLimit));
    }
    const double slack =
        std::max(best_rate() * slack_seconds, static_cast<double>(kSlackSegments * segment_));
    return (growing_ ? kFasterGain : 1) * path_bytes() + slack;
}

uint64_t LinkEstimate::in_flight_limit() const {
    const double wanted = std::min(wanted_in_flight(), static_cast<double>(kMaxLimit));
    return std::clamp(static_cast<uint64_t>(wanted), kFloorSegments * segment_, kMaxLimit);
}

uint64_t LinkEstimate::step() const {
    const auto piece = static_cast<uint64_t>(best_rate() * seconds(kStep));
    return std::clamp(piece, segment_, std::max(segment_, in_flight_limit() / 4));
}

uint64_t LinkEstimate::room(uint64_t outstanding) const {
    const uint64_t limit = in_flight_limit();
    return outstanding + step() <= limit ? limit - outstanding : 0;
}

microseconds LinkEstimate::time_to_room(uint64_t outstanding) const {
    const uint64_t target = in_flight_limit() - step();
    const double rate = best_rate();
    const auto stalled = std::min(duration_cast<microseconds>(stalled_ / kStalledShare), kMaxStalledWait);
    if (rate <= 0) {
        return std::max(stalled, std::clamp(min_round_trip_ / 4, kMinWait, kMaxBlindWait));
    }
    const double excess = outstanding > target ? static_cast<double>(outstanding - target) : 0;
    const double wait = std::min(std::ceil(excess / rate * 1e6), static_cast<double>(kMaxWait.count()));
    return std::max({stalled, kMinWait, microseconds(static_cast<int64_t>(wait))});
}

std::optional<double> LinkEstimate::bytes_per_second() const {
    return known_ ? std::optional(best_rate()) : std::nullopt;
}

std::optional<double> LinkEstimate::likely_bytes_per_second() const {
    if (!known_ && min_round_trip_ >= kLongWay) {
        return static_cast<double>(in_flight_limit()) / seconds(min_round_trip_ + slack_time());
    }
    return bytes_per_second();
}

} // namespace spice::channels
