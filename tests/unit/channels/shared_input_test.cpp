#include "channels/shared_input.hpp"

#include "channel_harness.hpp"

#include <gtest/gtest.h>

#include <map>
#include <random>
#include <set>
#include <string>
#include <vector>

namespace spice::channels {
namespace {

using Texts = std::vector<std::string>;

class SharedInputTest : public test::ChannelTest {
protected:
    Texts seen() { return test::texts_of(std::exchange(desktop.input, {})); }

    SharedInput input{io.get_executor(), desktop};
    HeldInputs first;
    HeldInputs second;
};

TEST_F(SharedInputTest, passes_a_repeated_press_on_once) {
    EXPECT_TRUE(input.offer(first, KeyEvent{0x1e, true}));
    EXPECT_TRUE(input.offer(first, KeyEvent{0x1e, true}));
    EXPECT_TRUE(input.offer(first, KeyEvent{0x1e, false}));
    EXPECT_TRUE(input.offer(first, KeyEvent{0x1e, false}));
    EXPECT_EQ(seen(), (Texts{"key 1e down", "key 1e up"}));
    EXPECT_TRUE(first.empty());
}

TEST_F(SharedInputTest, keeps_a_key_down_while_any_client_holds_it) {
    input.offer(first, KeyEvent{0x2a, true});
    input.offer(second, KeyEvent{0x2a, true});
    input.offer(first, KeyEvent{0x2a, false});
    EXPECT_EQ(seen(), Texts{"key 2a down"});
    input.offer(second, KeyEvent{0x2a, false});
    EXPECT_EQ(seen(), Texts{"key 2a up"});
}

TEST_F(SharedInputTest, tells_plain_from_extended_keys_of_the_same_code) {
    input.offer(first, KeyEvent{0x1d, true});
    input.offer(first, KeyEvent{0xe01d, true});
    input.offer(first, KeyEvent{0x1d, false});
    EXPECT_EQ(seen(), (Texts{"key 1d down", "key e01d down", "key 1d up"}));
    input.release_all(first);
    EXPECT_EQ(seen(), Texts{"key e01d up"});
}

TEST_F(SharedInputTest, releases_what_only_the_vanished_client_held) {
    input.offer(first, KeyEvent{0x1e, true});
    input.offer(first, KeyEvent{0xe038, true});
    input.offer(first, ButtonEvent{16, true});
    input.offer(second, KeyEvent{0x1e, true});
    seen();
    input.release_all(first);
    EXPECT_EQ(seen(), (Texts{"key e038 up", "button 16 up"}));
    EXPECT_TRUE(first.empty());
    input.release_all(second);
    EXPECT_EQ(seen(), Texts{"key 1e up"});
}

TEST_F(SharedInputTest, shares_keys_by_keysym_like_others) {
    input.offer(first, KeysymEvent{0x20ac, true});
    input.offer(second, KeysymEvent{0x20ac, true});
    input.offer(second, KeysymEvent{0x61, true});
    input.offer(first, KeysymEvent{0x62, false}); // not held
    EXPECT_EQ(seen(), (Texts{"keysym 20ac down", "keysym 61 down"}));
    EXPECT_EQ(second.keysyms(), 2u);
    input.offer(first, KeysymEvent{0x20ac, false});
    EXPECT_TRUE(first.empty());
    EXPECT_EQ(seen(), Texts());
    input.release_all(second);
    EXPECT_EQ(seen(), (Texts{"keysym 61 up", "keysym 20ac up"}));
    EXPECT_TRUE(second.empty());
    desktop.limit = 0;
    EXPECT_FALSE(input.offer(first, KeysymEvent{0x61, true}));
    EXPECT_TRUE(first.empty());
}

TEST_F(SharedInputTest, changes_nothing_when_the_desktop_refuses) {
    desktop.limit = 0;
    EXPECT_FALSE(input.offer(first, KeyEvent{0x1e, true}));
    EXPECT_FALSE(input.offer(first, PointerMotion{1, 1}));
    EXPECT_TRUE(first.empty());
    desktop.limit = 10;
    EXPECT_TRUE(input.offer(first, KeyEvent{0x1e, true}));
    desktop.limit = 1;
    EXPECT_FALSE(input.offer(first, KeyEvent{0x1e, false}));
    EXPECT_FALSE(first.empty());
    desktop.limit = 10;
    EXPECT_TRUE(input.offer(first, KeyEvent{0x1e, false}));
    EXPECT_EQ(seen(), (Texts{"key 1e down", "key 1e up"}));
}

TEST_F(SharedInputTest, releases_later_when_the_desktop_is_behind) {
    input.offer(first, KeyEvent{0x1e, true});
    input.offer(first, ButtonEvent{1, true});
    seen();
    desktop.limit = 1;
    input.release_all(first);
    EXPECT_EQ(seen(), Texts{"key 1e up"});
    ASSERT_TRUE(run_until([&] { return !desktop.input.empty(); }));
    EXPECT_EQ(seen(), Texts{"button 1 up"});
}

TEST_F(SharedInputTest, keeps_the_order_of_owed_releases_and_new_presses) {
    input.offer(first, KeyEvent{0x1e, true});
    seen();
    desktop.limit = 0;
    input.release_all(first);
    EXPECT_FALSE(input.offer(second, KeyEvent{0x1e, true}));
    desktop.limit = 10;
    EXPECT_TRUE(input.offer(second, KeyEvent{0x1e, true}));
    EXPECT_EQ(seen(), (Texts{"key 1e up", "key 1e down"}));
}

TEST_F(SharedInputTest, leaves_the_desktop_with_exactly_what_the_clients_hold) {
    std::mt19937 random(11);
    HeldInputs clients[3];
    std::set<int> held[3];
    std::set<int> down;
    for (int step = 0; step < 20'000; ++step) {
        const size_t who = random() % 3;
        const auto key = static_cast<int>(1 + random() % 5);
        const bool pressed = random() % 2 == 0;
        desktop.limit = desktop.input.size() + random() % 2;
        if (random() % 20 == 0) {
            desktop.limit = desktop.input.size() + 100;
            input.release_all(clients[who]);
            held[who].clear();
        } else if (input.offer(clients[who], KeyEvent{static_cast<uint16_t>(key), pressed})) {
            pressed ? (void)held[who].insert(key) : (void)held[who].erase(key);
        }
        for (const InputEvent& event : std::exchange(desktop.input, {})) {
            const auto& change = std::get<KeyEvent>(event);
            if (change.pressed) {
                ASSERT_TRUE(down.insert(change.scancode).second) << "pressed twice";
            } else {
                ASSERT_EQ(down.erase(change.scancode), 1u) << "released twice";
            }
        }
        std::set<int> expected = held[0];
        expected.insert(held[1].begin(), held[1].end());
        expected.insert(held[2].begin(), held[2].end());
        ASSERT_EQ(down, expected);
    }
}

} // namespace
} // namespace spice::channels
