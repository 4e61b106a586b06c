#include "recorder/frame_pacer.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <random>

namespace spice::recorder {
namespace {

using namespace std::chrono_literals;

class FramePacerTest : public testing::Test {
protected:
    const TimePoint start = TimePoint() + 1000h;
};

TEST_F(FramePacerTest, tells_changes_with_the_times_at_which_they_happened) {
    FramePacer pacer(start, 30, std::nullopt);
    EXPECT_EQ(pacer.changed(start + 40ms, start + 45ms), 40ms);
    EXPECT_EQ(pacer.changed(start + 1234567us, start + 1300ms), 1234ms);
}

TEST_F(FramePacerTest, times_always_grow_whatever_is_said_of_changes) {
    FramePacer pacer(start, 60, std::nullopt);
    EXPECT_EQ(pacer.changed(start - 1h, start + 20ms), 1ms);
    EXPECT_EQ(pacer.changed(start + 100ms, start + 100ms), 100ms);
    EXPECT_EQ(pacer.changed(start + 100ms, start + 101ms), 101ms);
    EXPECT_EQ(pacer.changed(start + 1h, start + 150ms), 150ms); // from the future
    EXPECT_EQ(pacer.held(start + 650ms), 650ms);
    EXPECT_EQ(pacer.changed(start + 640ms, start + 660ms), 651ms);
}

TEST_F(FramePacerTest, asks_for_no_more_pictures_than_it_may) {
    for (const int fps : {1, 30, 60}) {
        FramePacer pacer(start, fps, std::nullopt);
        std::mt19937 random(7);
        TimePoint now = start;
        int taken = 0;
        while (now < start + 20s) {
            now = std::max(now, pacer.next_request());
            now += std::chrono::microseconds(random() % 3000); // the display answers
            pacer.changed(now, now);
            ++taken;
        }
        EXPECT_GE(taken, 20 * fps - 2);
        EXPECT_LE(taken, 20 * fps + 2);
    }
}

TEST_F(FramePacerTest, loses_no_picture_of_a_film_of_its_own_rate) {
    FramePacer pacer(start, 30, std::nullopt);
    std::mt19937 random(11);
    const auto shown_at = [&](int picture) {
        return start + picture * std::chrono::nanoseconds(1s) / 30 +
               std::chrono::microseconds(random() % 9000);
    };
    for (int picture = 1; picture <= 600; ++picture) {
        const TimePoint shown = shown_at(picture);
        const TimePoint taken = std::max(shown, pacer.next_request());
        ASSERT_LT(taken - shown, 10ms) << picture; // long before the next one replaces it
        pacer.changed(shown, taken);
    }
}

TEST_F(FramePacerTest, waits_for_no_picture_after_a_pause) {
    FramePacer pacer(start, 30, std::nullopt);
    pacer.changed(start + 5s, start + 5s);
    EXPECT_LE(pacer.next_request(), start + 5s);
}

TEST_F(FramePacerTest, repeats_the_last_picture_twice_a_second) {
    FramePacer pacer(start, 30, std::nullopt);
    EXPECT_EQ(pacer.next_hold(), start + 500ms);
    pacer.changed(start + 300ms, start + 310ms);
    EXPECT_EQ(pacer.next_hold(), start + 810ms);
    pacer.held(start + 801ms);
    EXPECT_EQ(pacer.next_hold(), start + 1301ms);
}

TEST_F(FramePacerTest, repeats_no_more_often_than_it_may) {
    FramePacer pacer(start, 1, std::nullopt);
    EXPECT_EQ(pacer.next_hold(), start + 1s);
    pacer.changed(start + 100ms, start + 1s); // seen late, for it was not asked for before
    EXPECT_EQ(pacer.next_hold(), start + 2s);
}

TEST_F(FramePacerTest, ends_when_it_was_told_to) {
    EXPECT_EQ(FramePacer(start, 30, 10s).end(), start + 10s);
    EXPECT_EQ(FramePacer(start, 30, std::nullopt).end(), TimePoint::max());
}

TEST_F(FramePacerTest, holds_the_last_picture_until_the_end) {
    FramePacer pacer(start, 50, std::nullopt);
    pacer.changed(start + 700ms, start + 700ms);
    const FramePacer::Closing closing = pacer.close(start + 1000ms);
    EXPECT_EQ(closing.length, 1000ms);
    EXPECT_EQ(closing.repeated, 980ms);
}

TEST_F(FramePacerTest, repeats_no_picture_that_is_there_at_the_end) {
    FramePacer pacer(start, 50, std::nullopt);
    pacer.changed(start + 990ms, start + 990ms);
    EXPECT_EQ(pacer.close(start + 1000ms).length, 1000ms);
    EXPECT_EQ(pacer.close(start + 1000ms).repeated, std::nullopt);
    EXPECT_EQ(pacer.close(start + 990ms).length, 991ms); // every picture is seen
    EXPECT_EQ(pacer.close(start).length, 991ms);
}

} // namespace
} // namespace spice::recorder
