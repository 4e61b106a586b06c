#include "server/frame_clock.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <random>
#include <vector>

namespace spice::server {
namespace {

using namespace std::chrono_literals;
constexpr int64_t kSmall = 100;
constexpr int64_t kLarge = 1920 * 1080;

class FrameClockTest : public testing::Test {
protected:
    // A front-end that has something to commit the moment it may: how many commits begin in `time`.
    int flood(std::chrono::milliseconds time, int64_t pixels) {
        const TimePoint end = now + time;
        int commits = 0;
        while (now < end) {
            ++commits;
            now = clock.commit_taken(now, pixels);
        }
        return commits;
    }

    FrameClock clock;
    TimePoint now = TimePoint() + 1000h;
};

TEST_F(FrameClockTest, grants_a_commit_after_a_pause_at_once) {
    EXPECT_EQ(clock.commit_taken(now, kSmall), now);
    now += 1s;
    EXPECT_EQ(clock.commit_taken(now, kSmall), now);
}

TEST_F(FrameClockTest, lets_a_short_burst_of_small_commits_pass) {
    for (int i = 0; i < FrameClock::kBurst - 1; ++i) {
        EXPECT_EQ(clock.commit_taken(now, kSmall), now) << i;
    }
    EXPECT_EQ(clock.commit_taken(now, kSmall), now + FrameClock::kInterval);
}

TEST_F(FrameClockTest, paces_a_large_commit_from_the_first_on) {
    EXPECT_EQ(clock.commit_taken(now, kLarge), now + FrameClock::kInterval);
    now += FrameClock::kInterval;
    EXPECT_EQ(clock.commit_taken(now, kLarge), now + FrameClock::kInterval);
}

TEST_F(FrameClockTest, holds_everything_to_the_rate_that_is_asked_for) {
    clock = FrameClock(10);
    for (const int64_t pixels : {kSmall, kLarge}) {
        EXPECT_EQ(clock.commit_taken(now, pixels), now + 100ms) << pixels;
        now += 100ms;
        EXPECT_EQ(flood(10s, pixels), 100) << pixels;
        now += 1s;
    }
}

TEST_F(FrameClockTest, takes_a_rate_that_no_screen_has_for_its_own) {
    clock = FrameClock(1000);
    for (int i = 0; i < FrameClock::kBurst - 1; ++i) {
        EXPECT_EQ(clock.commit_taken(now, kSmall), now) << i;
    }
    EXPECT_EQ(clock.commit_taken(now, kSmall), now + FrameClock::kInterval);
}

TEST_F(FrameClockTest, holds_a_flood_to_the_rate_of_a_screen) {
    for (const int64_t pixels : {kSmall, kLarge}) {
        flood(1s, pixels);
        const int commits = flood(10s, pixels);
        EXPECT_GE(commits, 600) << pixels;
        EXPECT_LE(commits, 1000) << pixels;
    }
}

TEST_F(FrameClockTest, never_delays_by_more_than_one_interval) {
    std::mt19937 random(3);
    TimePoint window_start = now;
    int in_window = 0;
    for (int i = 0; i < 100'000; ++i) {
        const TimePoint next = clock.commit_taken(now, random() % 2 == 0 ? kSmall : kLarge);
        ASSERT_GE(next, now);
        ASSERT_LE(next, now + FrameClock::kInterval);
        if (now - window_start >= 1s) {
            window_start = now;
            in_window = 0;
        }
        ASSERT_LE(++in_window, 1000 / FrameClock::kInterval.count() + FrameClock::kBurst + 1);
        now = next + std::chrono::milliseconds(random() % 3 == 0 ? random() % 40 : 0);
    }
}

} // namespace
} // namespace spice::server
