#include "event_queue.hpp"

#include <gtest/gtest.h>

#include <atomic>
#include <string>
#include <thread>

#include <poll.h>

namespace spice::driver {
namespace {

bool readable(const EventQueue& queue) {
    pollfd poll_fd{queue.fd(), POLLIN, 0};
    return poll(&poll_fd, 1, 0) == 1;
}

PointerPosition position_of(const InputEvent& event) {
    return std::get<PointerPosition>(event);
}

// Keys, so that nothing coalesces.
void fill(EventQueue& queue, size_t count) {
    for (size_t i = 0; i < count; ++i) {
        ASSERT_TRUE(queue.post_input(KeyEvent{static_cast<uint16_t>(i), true}));
    }
}

TEST(EventQueue, is_readable_only_while_something_waits) {
    EventQueue queue;
    EXPECT_FALSE(readable(queue));
    queue.post_input(KeyEvent{1, true});
    EXPECT_TRUE(readable(queue));
    queue.take(10);
    EXPECT_FALSE(readable(queue));
    queue.wake_for_commit();
    EXPECT_TRUE(readable(queue));
    queue.take(10);
    EXPECT_FALSE(readable(queue));
    queue.set_watched(true);
    EXPECT_TRUE(readable(queue));
    queue.take(0);
    queue.write(LogLevel::info, "line");
    EXPECT_TRUE(readable(queue));
}

TEST(EventQueue, hands_input_out_in_order_and_in_bounded_batches) {
    EventQueue queue;
    fill(queue, 150);
    uint16_t expected = 0;
    for (const size_t size : {64u, 64u, 22u, 0u}) {
        EXPECT_EQ(readable(queue), size > 0);
        const EventQueue::Batch batch = queue.take(64);
        ASSERT_EQ(batch.input.size(), size);
        for (const InputEvent& event : batch.input) {
            EXPECT_EQ(std::get<KeyEvent>(event).scancode, expected++);
        }
    }
}

TEST(EventQueue, wakes_nobody_for_input_that_is_not_wanted) {
    EventQueue queue;
    fill(queue, 3);
    EXPECT_TRUE(queue.take(0).input.empty());
    EXPECT_FALSE(readable(queue));
    queue.write(LogLevel::info, "line");
    EXPECT_TRUE(readable(queue));
    EXPECT_EQ(queue.take(0).log.size(), 1u);
    EXPECT_FALSE(readable(queue));
    EXPECT_EQ(queue.take(2).input.size(), 2u);
}

TEST(EventQueue, keeps_every_movement_while_it_is_short) {
    EventQueue queue;
    for (int i = 0; i < static_cast<int>(EventQueue::kCoalesceFrom); ++i) {
        ASSERT_TRUE(queue.post_input(PointerPosition{{i, i}}));
    }
    EXPECT_EQ(queue.take(10'000).input.size(), EventQueue::kCoalesceFrom);
}

TEST(EventQueue, merges_movements_when_it_grows_long) {
    EventQueue queue;
    for (int i = 0; i < 5'000; ++i) {
        ASSERT_TRUE(queue.post_input(PointerPosition{{i, 2 * i}}));
    }
    EventQueue::Batch batch = queue.take(10'000);
    ASSERT_EQ(batch.input.size(), EventQueue::kCoalesceFrom);
    EXPECT_EQ(position_of(batch.input.back()).position, (Point{4'999, 9'998}));

    for (int i = 0; i < 5'000; ++i) {
        ASSERT_TRUE(queue.post_input(PointerMotion{1, -2}));
    }
    batch = queue.take(10'000);
    int dx = 0;
    int dy = 0;
    for (const InputEvent& event : batch.input) {
        dx += std::get<PointerMotion>(event).dx;
        dy += std::get<PointerMotion>(event).dy;
    }
    EXPECT_EQ(batch.input.size(), EventQueue::kCoalesceFrom);
    EXPECT_EQ(dx, 5'000);
    EXPECT_EQ(dy, -10'000);
}

TEST(EventQueue, merges_no_movement_across_a_button) {
    EventQueue queue;
    fill(queue, EventQueue::kCoalesceFrom);
    ASSERT_TRUE(queue.post_input(PointerPosition{{1, 1}}));
    ASSERT_TRUE(queue.post_input(ButtonEvent{1, true}));
    ASSERT_TRUE(queue.post_input(PointerPosition{{2, 2}}));
    ASSERT_TRUE(queue.post_input(PointerPosition{{3, 3}}));
    const EventQueue::Batch batch = queue.take(10'000);
    ASSERT_EQ(batch.input.size(), EventQueue::kCoalesceFrom + 3);
    EXPECT_EQ(position_of(batch.input[EventQueue::kCoalesceFrom]).position, (Point{1, 1}));
    EXPECT_EQ(position_of(batch.input.back()).position, (Point{3, 3}));
}

TEST(EventQueue, refuses_input_when_full_and_takes_it_again_later) {
    EventQueue queue;
    fill(queue, EventQueue::kMaxInput);
    EXPECT_FALSE(queue.post_input(KeyEvent{1, true}));
    queue.take(1);
    EXPECT_TRUE(queue.post_input(KeyEvent{1, true}));
    EXPECT_FALSE(queue.post_input(KeyEvent{2, true}));
}

TEST(EventQueue, cannot_overflow_sums_of_motion) {
    EventQueue queue;
    fill(queue, EventQueue::kCoalesceFrom);
    for (int i = 0; i < 1'000; ++i) {
        ASSERT_TRUE(queue.post_input(PointerMotion{INT32_MAX, INT32_MIN}));
    }
    const EventQueue::Batch batch = queue.take(10'000);
    EXPECT_GT(std::get<PointerMotion>(batch.input.back()).dx, 0);
    EXPECT_LT(std::get<PointerMotion>(batch.input.back()).dy, 0);
}

TEST(EventQueue, remembers_that_watching_was_interrupted) {
    EventQueue queue;
    EXPECT_FALSE(queue.take(0).watched);
    queue.set_watched(true);
    EventQueue::Batch batch = queue.take(0);
    EXPECT_TRUE(batch.watched);
    EXPECT_FALSE(batch.unwatched_meanwhile);
    queue.set_watched(false);
    queue.set_watched(true);
    batch = queue.take(0);
    EXPECT_TRUE(batch.watched);
    EXPECT_TRUE(batch.unwatched_meanwhile);
    EXPECT_FALSE(queue.take(0).unwatched_meanwhile);
}

TEST(EventQueue, hands_out_a_wish_for_a_commit_after_the_input_before_it) {
    EventQueue queue;
    fill(queue, 3);
    queue.want_commit(1);
    queue.want_commit(2);
    fill(queue, 2);
    queue.want_commit(3);
    EXPECT_EQ(queue.take(2).commit_wanted, std::nullopt);
    EventQueue::Batch batch = queue.take(2);
    EXPECT_EQ(batch.input.size(), 2u);
    EXPECT_EQ(batch.commit_wanted, uint64_t{2});
    EXPECT_TRUE(readable(queue));
    EXPECT_EQ(queue.take(2).commit_wanted, uint64_t{3});
    EXPECT_FALSE(readable(queue));
    queue.want_commit(4);
    EXPECT_TRUE(readable(queue));
    EXPECT_EQ(queue.take(2).commit_wanted, uint64_t{4});
    EXPECT_EQ(queue.take(2).commit_wanted, std::nullopt);
}

TEST(EventQueue, hands_out_a_wish_for_a_commit_when_movements_merged) {
    EventQueue queue;
    fill(queue, EventQueue::kCoalesceFrom);
    ASSERT_TRUE(queue.post_input(PointerMotion{1, 0}));
    ASSERT_TRUE(queue.post_input(PointerMotion{2, 0}));
    queue.want_commit(1);
    ASSERT_TRUE(queue.post_input(PointerMotion{4, 0}));
    EXPECT_EQ(queue.take(EventQueue::kCoalesceFrom).commit_wanted, std::nullopt);
    EXPECT_EQ(queue.take(1).commit_wanted, uint64_t{1});
}

TEST(EventQueue, is_readable_again_when_input_is_wanted_again_and_not_all_of_it_taken) {
    EventQueue queue;
    fill(queue, 5);
    EXPECT_EQ(queue.take(2).input.size(), 2u);
    EXPECT_TRUE(queue.take(0).input.empty()); // not now
    EXPECT_FALSE(readable(queue));
    EXPECT_EQ(queue.take(2).input.size(), 2u);
    EXPECT_TRUE(readable(queue));
    EXPECT_EQ(queue.take(2).input.size(), 1u);
    EXPECT_FALSE(readable(queue));
}

TEST(EventQueue, knows_only_the_newest_wish_for_monitors) {
    EventQueue queue;
    fill(queue, 2);
    queue.want_monitors({{0, {0, 0, 640, 480}}}, 1);
    queue.want_monitors({{1, {0, 0, 801, 601}}}, 2);
    const EventQueue::Batch batch = queue.take(1);
    ASSERT_TRUE(batch.monitors_wanted);
    EXPECT_EQ(batch.monitors_wanted->token, 2u);
    ASSERT_EQ(batch.monitors_wanted->wanted.size(), 1u);
    EXPECT_EQ(batch.monitors_wanted->wanted[0], (Head{1, {0, 0, 801, 601}}));
    EXPECT_FALSE(queue.take(1).monitors_wanted);
    queue.want_monitors({}, 3);
    EXPECT_TRUE(readable(queue));
    EXPECT_TRUE(queue.take(1).monitors_wanted);
    EXPECT_FALSE(readable(queue));
}

TEST(EventQueue, drops_and_counts_log_lines_beyond_its_bound) {
    EventQueue queue;
    for (size_t i = 0; i < EventQueue::kMaxLogLines + 7; ++i) {
        queue.write(LogLevel::warning, "line " + std::to_string(i));
    }
    EventQueue::Batch batch = queue.take(0);
    ASSERT_EQ(batch.log.size(), EventQueue::kMaxLogLines);
    EXPECT_EQ(batch.log.front().text, "line 0");
    EXPECT_EQ(batch.log.front().level, LogLevel::warning);
    EXPECT_EQ(batch.log_lines_dropped, 7u);
    queue.write(LogLevel::info, "again");
    batch = queue.take(0);
    EXPECT_EQ(batch.log.size(), 1u);
    EXPECT_EQ(batch.log_lines_dropped, 0u);
}

TEST(EventQueue, loses_no_event_between_two_threads) {
    EventQueue queue;
    constexpr uint16_t kCount = 20'000;
    std::thread core([&queue] {
        for (uint16_t i = 0; i < kCount;) {
            if (queue.post_input(KeyEvent{i, true})) {
                ++i;
            } else {
                std::this_thread::yield();
            }
        }
    });
    uint16_t expected = 0;
    while (expected < kCount) {
        pollfd poll_fd{queue.fd(), POLLIN, 0};
        ASSERT_EQ(poll(&poll_fd, 1, 10'000), 1) << "stuck after " << expected;
        for (const InputEvent& event : queue.take(64).input) {
            ASSERT_EQ(std::get<KeyEvent>(event).scancode, expected);
            ++expected;
        }
    }
    core.join();
}

} // namespace
} // namespace spice::driver
