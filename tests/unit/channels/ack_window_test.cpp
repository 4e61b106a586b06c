#include "channels/ack_window.hpp"

#include <gtest/gtest.h>

#include <random>

namespace spice::channels {
namespace {

void send_until_closed(AckWindow& window, int expected) {
    int sent = 0;
    while (window.open() && sent <= expected) {
        window.sent();
        ++sent;
    }
    EXPECT_EQ(sent, expected);
}

TEST(AckWindow, stops_two_windows_and_one_message_ahead) {
    AckWindow window;
    window.restart();
    send_until_closed(window, 41);
    AckWindow small(3);
    small.restart();
    send_until_closed(small, 7);
}

TEST(AckWindow, one_ack_lets_one_window_of_messages_go) {
    AckWindow window;
    window.restart();
    window.synced(window.generation());
    send_until_closed(window, 41);
    window.acknowledged();
    EXPECT_TRUE(window.open());
    send_until_closed(window, 20);
}

TEST(AckWindow, ignores_acks_until_the_generation_is_confirmed) {
    AckWindow window;
    window.restart();
    send_until_closed(window, 41);
    window.acknowledged();
    EXPECT_FALSE(window.open());
    window.synced(window.generation() + 1);
    window.synced(window.generation() - 1);
    window.acknowledged();
    EXPECT_FALSE(window.open());
    window.synced(window.generation());
    EXPECT_FALSE(window.open());
    window.acknowledged();
    EXPECT_TRUE(window.open());
}

TEST(AckWindow, restart_can_widen_the_window) {
    AckWindow window;
    window.restart();
    send_until_closed(window, 41);
    window.restart(AckWindow::kWideWindow);
    EXPECT_EQ(window.window(), AckWindow::kWideWindow);
    send_until_closed(window, 161);
    window.acknowledged(); // of the narrow one
    EXPECT_FALSE(window.open());
    window.synced(window.generation());
    window.acknowledged();
    send_until_closed(window, 80);
}

TEST(AckWindow, restart_begins_a_new_count_and_generation) {
    AckWindow window;
    window.restart();
    uint32_t first = window.generation();
    window.synced(first);
    send_until_closed(window, 41);
    window.restart();
    EXPECT_NE(window.generation(), first);
    EXPECT_TRUE(window.open());
    send_until_closed(window, 41);
    window.acknowledged(); // still of the old generation
    EXPECT_EQ(window.unacknowledged(), 41u);
    window.synced(first);
    window.acknowledged();
    EXPECT_EQ(window.unacknowledged(), 41u);
}

TEST(AckWindow, surplus_acks_never_open_more_than_the_whole_window) {
    AckWindow window;
    window.restart();
    window.synced(window.generation());
    for (int i = 0; i < 1000; ++i) {
        window.acknowledged();
    }
    EXPECT_EQ(window.unacknowledged(), 0u);
    send_until_closed(window, 41);
}

TEST(AckWindow, a_second_sync_of_the_same_generation_changes_nothing) {
    AckWindow window;
    window.restart();
    window.synced(window.generation());
    for (int i = 0; i < 10; ++i) {
        window.sent();
    }
    window.synced(window.generation());
    EXPECT_EQ(window.unacknowledged(), 10u);
    window.synced(window.generation() + 7);
    window.acknowledged();
    EXPECT_EQ(window.unacknowledged(), 0u);
}

TEST(AckWindow, never_runs_ahead_of_an_honest_client_by_more_than_its_bound) {
    std::mt19937 random(20);
    AckWindow window;
    window.restart();
    window.synced(window.generation());
    uint64_t sent = 0;
    uint64_t taken = 0;
    for (int step = 0; step < 20'000; ++step) {
        if (random() % 2 == 0) {
            if (window.open()) {
                window.sent();
                ++sent;
            }
        } else if (taken < sent && ++taken % window.window() == 0) {
            window.acknowledged();
        }
        ASSERT_LE(sent - taken, 41u);
        ASSERT_TRUE(window.open() || taken < sent); // nobody waits for the other for ever
    }
}

} // namespace
} // namespace spice::channels
