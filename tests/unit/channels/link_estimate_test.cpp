// LinkEstimate against a simulated connection: a sender that always has more to send (or not), a slow link
// with a drop-tail queue in front of it, and the way back.
#include "channels/link_estimate.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <deque>
#include <functional>
#include <string>
#include <vector>

namespace spice::channels {
namespace {

using namespace std::chrono_literals;
using std::chrono::duration;
using std::chrono::microseconds;
using transport::LinkFacts;

constexpr uint64_t kSegment = 1448;
constexpr double kMegabit = 1e6 / 8; // bytes per second

struct Path {
    double rate = 0;                    // bytes per second
    microseconds round_trip{0};         // without queues
    microseconds longest_queue = 100ms; // what would wait longer is dropped
};

// A TCP connection over one path, in steps of a millisecond or less: slow start, halving after a loss, a
// retransmission one round trip later, a smoothed round trip as the kernel keeps it.
class SimulatedLink {
public:
    explicit SimulatedLink(const Path& path)
        : path_(path), tick_(path.round_trip < 1ms ? microseconds(10) : microseconds(200)) {}

    void set_path(const Path& path) { path_ = path; }
    TimePoint now() const { return now_; }
    void write(uint64_t bytes) { unsent_ += static_cast<double>(bytes); }

    void run_for(microseconds time) {
        for (const TimePoint end = now_ + time; now_ < end;) {
            tick();
        }
    }

    LinkFacts facts() const {
        LinkFacts facts;
        facts.outstanding = static_cast<uint64_t>(unsent_ + in_flight_);
        facts.unsent = static_cast<uint64_t>(unsent_);
        facts.delivered = static_cast<uint64_t>(acknowledged_);
        facts.round_trip = microseconds(static_cast<int64_t>(smoothed_ * 1e6));
        facts.min_round_trip = least_;
        facts.segment = kSegment;
        return facts;
    }

    double arrived() const { return arrived_; }
    double dropped() const { return dropped_; }
    // How long what is sent now would wait in front of the slow link.
    microseconds queue() const {
        return std::max(microseconds(0), std::chrono::duration_cast<microseconds>(busy_until_ - now_));
    }
    bool peer_reads = true;           // no: its window is closed, nothing can be sent
    std::vector<microseconds> queues; // seen in each step

private:
    struct Packet {
        TimePoint acknowledged;
        TimePoint sent;
        double bytes;
        bool lost;
    };

    void tick() {
        now_ += tick_;
        while (!on_the_way_.empty() && on_the_way_.front().acknowledged <= now_) {
            acknowledge(on_the_way_.front());
            on_the_way_.pop_front();
        }
        while (peer_reads && unsent_ > 0 && in_flight_ + 1 <= window_) {
            send(std::min(unsent_, static_cast<double>(kSegment)));
        }
        queues.push_back(queue());
    }
    void send(double bytes) {
        unsent_ -= bytes;
        in_flight_ += bytes;
        const TimePoint start = std::max(busy_until_, now_);
        if (start - now_ > path_.longest_queue) {
            dropped_ += bytes;
            on_the_way_.push_back({start + path_.round_trip, now_, bytes, true});
            return;
        }
        busy_until_ =
            start + std::chrono::duration_cast<TimePoint::duration>(duration<double>(bytes / path_.rate));
        on_the_way_.push_back({busy_until_ + path_.round_trip, now_, bytes, false});
    }
    void acknowledge(const Packet& packet) {
        in_flight_ -= packet.bytes;
        if (packet.lost) {
            unsent_ += packet.bytes;
            if (packet.sent > last_loss_) {
                window_ = threshold_ = std::max(window_ / 2, 4.0 * kSegment);
                last_loss_ = now_;
            }
            return;
        }
        acknowledged_ += packet.bytes;
        arrived_ += packet.bytes;
        const bool limited_by_window = in_flight_ + packet.bytes > window_ / 2;
        if (limited_by_window) {
            window_ += window_ < threshold_ ? packet.bytes : packet.bytes * kSegment / window_;
        }
        const double trip = duration<double>(now_ - packet.sent).count();
        smoothed_ += (trip - smoothed_) / (smoothed_ == 0 ? 1 : 8);
        const microseconds measured(static_cast<int64_t>(trip * 1e6));
        least_ = least_.count() == 0 ? measured : std::min(least_, measured);
    }

    Path path_;
    microseconds tick_;
    TimePoint now_{1h};
    TimePoint busy_until_{};
    TimePoint last_loss_{};
    std::deque<Packet> on_the_way_;
    double unsent_ = 0;
    double in_flight_ = 0;
    double acknowledged_ = 0;
    double arrived_ = 0;
    double dropped_ = 0;
    double window_ = 10 * kSegment;
    double threshold_ = 1e18;
    double smoothed_ = 0;
    microseconds least_{0};
};

// Sends as a channel does: a piece whenever there is room, otherwise it waits as long as it is told.
class Sender {
public:
    explicit Sender(const Path& path) : link(path) {}

    // With as much to send as may go.
    void send_for(microseconds time) {
        const TimePoint end = link.now() + time;
        while (link.now() < end) {
            const LinkFacts facts = link.facts();
            estimate.sample(link.now(), facts);
            const uint64_t room = estimate.room(facts.outstanding);
            link.write(room);
            const uint64_t outstanding = facts.outstanding + room;
            waits.push_back(estimate.time_to_room(outstanding));
            link.run_for(std::min(waits.back(), std::chrono::duration_cast<microseconds>(end - link.now())));
        }
    }
    // With updates of `bytes`, each begun when there is room and `making` later ready to be written.
    void update_for(microseconds time, uint64_t bytes, microseconds making) {
        uint64_t ready = 0;
        TimePoint made = TimePoint::max();
        for (const TimePoint end = link.now() + time; link.now() < end;) {
            if (link.now() >= made) {
                made = TimePoint::max();
                ready += bytes;
            }
            const LinkFacts facts = link.facts();
            estimate.sample(link.now(), facts);
            const uint64_t written = std::min(estimate.room(facts.outstanding), ready);
            ready -= written;
            link.write(written);
            if (made == TimePoint::max() && estimate.room(facts.outstanding + written) > ready) {
                made = link.now() + making;
            }
            const auto wait = estimate.time_to_room(facts.outstanding + written);
            link.run_for(std::min(wait, std::chrono::ceil<microseconds>(std::min(made, end) - link.now())));
        }
    }
    // With a message of `bytes` every `pause`.
    void trickle_for(microseconds time, uint64_t bytes, microseconds pause) {
        for (const TimePoint end = link.now() + time; link.now() < end;) {
            estimate.sample(link.now(), link.facts());
            link.write(bytes);
            link.run_for(pause);
        }
    }
    // What arrives while sending, as a share of what could.
    double utilisation(const Path& path, microseconds time) {
        const double before = link.arrived();
        link.queues.clear();
        send_for(time);
        return (link.arrived() - before) / (path.rate * duration<double>(time).count());
    }
    // The queue in the last send_for() that 95 % of the time was not exceeded.
    microseconds usual_queue() {
        std::ranges::sort(link.queues);
        return link.queues[link.queues.size() * 95 / 100];
    }
    double known() const { return estimate.bytes_per_second().value_or(0); }

    SimulatedLink link;
    LinkEstimate estimate;
    std::vector<microseconds> waits;
};

constexpr Path kWan20{20 * kMegabit, 20ms};
constexpr Path kWan100{5 * kMegabit, 100ms};
constexpr Path kLan{10'000 * kMegabit, 50us};

struct NamedPath {
    std::string name;
    Path path;
};

class Paths : public testing::TestWithParam<NamedPath> {};

INSTANTIATE_TEST_SUITE_P(All, Paths,
                         testing::Values(NamedPath{"wan20", kWan20}, NamedPath{"wan100", kWan100},
                                         NamedPath{"dsl", {1 * kMegabit, 40ms}},
                                         NamedPath{"modem", {kMegabit / 2, 150ms}},
                                         NamedPath{"wifi", {100 * kMegabit, 5ms}},
                                         NamedPath{"far", {50 * kMegabit, 100ms}}),
                         [](const auto& param) { return param.param.name; });

TEST_P(Paths, are_kept_busy_without_a_queue) {
    const Path path = GetParam().path;
    Sender sender(path);
    sender.send_for(3s);
    const double utilisation = sender.utilisation(path, 5s);
    RecordProperty("utilisation", std::to_string(utilisation));
    EXPECT_GE(utilisation, 0.9);
    EXPECT_LE(utilisation, 1.001);
    // The queue holds whole segments, whatever the limit.
    const microseconds segment_time(static_cast<int64_t>(kSegment / path.rate * 1e6));
    const microseconds bearable = std::max({microseconds(20ms), path.round_trip / 6, 4 * segment_time});
    EXPECT_LE(sender.usual_queue().count(), bearable.count());
    EXPECT_NEAR(sender.known(), path.rate, 0.1 * path.rate);
    const double least = static_cast<double>(sender.estimate.min_round_trip().count());
    EXPECT_NEAR(least, static_cast<double>(path.round_trip.count()),
                0.2 * least + static_cast<double>(segment_time.count()));
}

TEST_P(Paths, lose_little_or_nothing_at_the_beginning) {
    const Path path = GetParam().path;
    Sender sender(path);
    const double utilisation = sender.utilisation(path, std::max(microseconds(1s), 20 * path.round_trip));
    EXPECT_GE(utilisation, 0.6);
    EXPECT_LE(sender.link.dropped(), 0.05 * sender.link.arrived() + 10 * kSegment); // TCP's own beginning
}

TEST_P(Paths, stay_busy_while_the_round_trip_is_looked_at_again) {
    const Path path = GetParam().path;
    Sender sender(path);
    sender.send_for(9s);
    EXPECT_GE(sender.utilisation(path, 14s), 0.9);
    EXPECT_NEAR(sender.known(), path.rate, 0.1 * path.rate);
}

// The pauses in which an update is made are not the link's.
TEST_P(Paths, are_not_taken_for_slower_because_updates_take_time) {
    const Path path = GetParam().path;
    const auto bytes = static_cast<uint64_t>(path.rate / 40);
    Sender sender(path);
    sender.update_for(5s, bytes, 8ms);
    const double before = sender.link.arrived();
    sender.update_for(20s, bytes, 8ms);
    EXPECT_GE((sender.link.arrived() - before) / (path.rate * 20), 0.8);
    EXPECT_NEAR(sender.known(), path.rate, 0.1 * path.rate);
}

TEST(LinkEstimate, follows_a_link_that_becomes_slower) {
    Sender sender(kWan20);
    sender.send_for(5s);
    const Path slower{5 * kMegabit, 20ms};
    sender.link.set_path(slower);
    sender.send_for(1600ms);
    EXPECT_LT(sender.known(), 6 * kMegabit);
    EXPECT_GE(sender.utilisation(slower, 3s), 0.9);
    EXPECT_LE(sender.usual_queue(), 20ms);
}

TEST(LinkEstimate, follows_a_link_that_becomes_faster) {
    Sender sender({5 * kMegabit, 20ms});
    sender.send_for(5s);
    sender.link.set_path(kWan20);
    sender.send_for(1s);
    EXPECT_GT(sender.known(), 17 * kMegabit);
    EXPECT_GE(sender.utilisation(kWan20, 3s), 0.9);
    EXPECT_LE(sender.usual_queue(), 20ms);
}

// A limit of our own must not confirm itself: the longer way alone halves what the old limit lets through.
TEST(LinkEstimate, finds_the_rate_again_on_a_longer_way) {
    Sender sender(kWan20);
    sender.send_for(5s);
    const Path longer{20 * kMegabit, 80ms};
    sender.link.set_path(longer);
    sender.send_for(3s);
    EXPECT_GE(sender.utilisation(longer, 3s), 0.9);
    EXPECT_LE(sender.usual_queue(), 20ms);
    EXPECT_GE(sender.estimate.min_round_trip(), 75ms);
}

TEST(LinkEstimate, notices_a_shorter_way) {
    Sender sender({20 * kMegabit, 80ms});
    sender.send_for(5s);
    sender.link.set_path(kWan20);
    sender.send_for(3s);
    EXPECT_GE(sender.utilisation(kWan20, 3s), 0.9);
    EXPECT_LE(sender.usual_queue(), 20ms);
    EXPECT_LE(sender.estimate.min_round_trip(), 30ms);
}

TEST(LinkEstimate, does_not_hold_back_on_a_lan) {
    Sender sender(kLan);
    sender.trickle_for(1s, 200, 50ms);
    // A screen, 8 MB: some milliseconds of this link.
    const TimePoint start = sender.link.now();
    const double before = sender.link.arrived();
    while (sender.link.arrived() - before < 8e6) {
        sender.send_for(1ms);
    }
    EXPECT_LE(sender.link.now() - start, 60ms);
    EXPECT_FALSE(sender.estimate.bytes_per_second());
    EXPECT_FALSE(
        sender.estimate.likely_bytes_per_second()); // so near that it is fast until it shows otherwise
    EXPECT_GE(sender.utilisation(kLan, 300ms), 0.9);
    EXPECT_GE(sender.known(), 8'000 * kMegabit);
}

TEST(LinkEstimate, takes_the_kernels_word_for_a_fast_link_at_once) {
    LinkEstimate estimate;
    const TimePoint now{1h};
    EXPECT_EQ(estimate.in_flight_limit(), LinkEstimate::kFirstLimit);
    LinkFacts facts{
        .delivered = 1000, .round_trip = 60us, .min_round_trip = 50us, .delivery_rate = 1'000'000'000};
    estimate.sample(now, {});
    estimate.sample(now + 1ms, facts);
    EXPECT_GE(estimate.in_flight_limit(), 8'000'000u);
    EXPECT_LE(estimate.in_flight_limit(), LinkEstimate::kMaxLimit);
    EXPECT_FALSE(estimate.bytes_per_second());
}

TEST(LinkEstimate, learns_nothing_from_a_trickle) {
    Sender sender(kWan20);
    sender.trickle_for(20s, 500, 100ms);
    EXPECT_FALSE(sender.estimate.bytes_per_second());
    EXPECT_GE(sender.estimate.in_flight_limit(), LinkEstimate::kFirstLimit);
    const double guess = sender.estimate.likely_bytes_per_second().value_or(0);
    EXPECT_GE(guess, 0.5 * kWan20.rate); // of what so long a way may well carry, not of the trickle
    EXPECT_LE(guess, 2 * kWan20.rate);
    sender.send_for(2s);
    const double known = sender.known();
    EXPECT_EQ(sender.estimate.likely_bytes_per_second(), sender.estimate.bytes_per_second());
    EXPECT_NEAR(known, kWan20.rate, 0.1 * kWan20.rate);
    sender.trickle_for(60s, 500, 100ms);
    EXPECT_NEAR(sender.known(), known, 0.01 * known); // forgets nothing either
    EXPECT_GE(sender.utilisation(kWan20, 2s), 0.9);
}

TEST(LinkEstimate, recovers_from_a_peer_that_stood_still) {
    Sender sender(kWan20);
    sender.send_for(3s);
    sender.link.peer_reads = false;
    sender.send_for(500ms);
    sender.waits.clear();
    sender.send_for(60s);
    EXPECT_LE(sender.waits.size(), 250u); // looks less and less often
    EXPECT_EQ(sender.waits.back(), 500ms);
    EXPECT_LE(sender.link.facts().outstanding, 200'000u);
    sender.link.peer_reads = true;
    sender.send_for(2s);
    EXPECT_GE(sender.utilisation(kWan20, 3s), 0.9);
    EXPECT_LE(sender.usual_queue(), 20ms);
}

TEST(LinkEstimate, waits_between_one_and_fifty_milliseconds) {
    for (const Path& path : {kWan20, kWan100, kLan, Path{kMegabit / 10, 500ms}}) {
        Sender sender(path);
        sender.send_for(path.round_trip < 1ms ? microseconds(200ms) : microseconds(5s));
        EXPECT_GE(std::ranges::min(sender.waits), 1ms);
        EXPECT_LE(std::ranges::max(sender.waits), 50ms);
        EXPECT_EQ(sender.estimate.time_to_room(uint64_t{1} << 40), 50ms);
        EXPECT_EQ(sender.estimate.time_to_room(0), 1ms);
    }
}

TEST(LinkEstimate, gives_room_in_pieces_that_are_worth_a_write) {
    Sender sender(kWan20);
    sender.send_for(3s);
    const LinkEstimate& estimate = sender.estimate;
    const uint64_t limit = estimate.in_flight_limit();
    EXPECT_EQ(estimate.room(limit), 0u);
    EXPECT_EQ(estimate.room(limit - 1), 0u);
    EXPECT_EQ(estimate.room(limit + 1'000'000), 0u);
    EXPECT_EQ(estimate.room(0), limit);
    EXPECT_EQ(estimate.room(limit / 2), limit - limit / 2);
}

// Whatever a kernel may say: no limit of nothing, none without bound, no division by zero.
TEST(LinkEstimate, stays_within_its_bounds_on_nonsense) {
    LinkEstimate estimate;
    TimePoint now{1h};
    const uint64_t values[] = {0, 1, 1448, 1'000'000, ~uint64_t{0}};
    size_t i = 0;
    for (int round = 0; round < 3000; ++round) {
        LinkFacts facts;
        facts.outstanding = values[(i += 3) % 5];
        facts.delivered = values[(i += 2) % 5];
        facts.delivery_rate = values[(i += 4) % 5];
        facts.round_trip = microseconds(static_cast<int64_t>(values[(i += 1) % 5] % 2'000'000'000));
        facts.min_round_trip = microseconds(static_cast<int64_t>(values[(i += 3) % 5] % 2'000'000'000));
        facts.segment = static_cast<uint32_t>(round % 3 == 0 ? 0 : 1448);
        estimate.sample(now, facts);
        now += microseconds((round % 4) * 40'000);
        EXPECT_GE(estimate.in_flight_limit(), 1u);
        EXPECT_LE(estimate.in_flight_limit(), LinkEstimate::kMaxLimit);
        EXPECT_GE(estimate.time_to_room(facts.outstanding), 1ms);
        EXPECT_LE(estimate.time_to_room(facts.outstanding), 500ms);
    }
}

} // namespace
} // namespace spice::channels
