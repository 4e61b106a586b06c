#include "channels/inputs_channel.hpp"

#include "channel_harness.hpp"

#include <spice/enums.h>

#include <gtest/gtest.h>

#include <algorithm>
#include <string>
#include <vector>

namespace spice::channels {
namespace {

using test::Received;
using Texts = std::vector<std::string>;

class InputsChannelTest : public test::ChannelTest {
protected:
    InputsChannelTest() {
        Commit commit;
        commit.surface = Surface{0, {800, 600}};
        session.screen.apply(commit);
    }
    void open(test::LinkOptions options = {}) {
        channel = std::make_shared<InputsChannel>(
            link(SPICE_CHANNEL_INPUTS, peer, std::move(options)), session, input, [this] { ++presses; },
            [this](Channel&, std::string_view reason) { reasons.emplace_back(reason); });
        channel->start();
        run();
    }
    Texts seen() { return test::texts_of(std::exchange(desktop.input, {})); }
    void key(uint16_t type, uint32_t code) { peer->say(type, ByteWriter().u32(code)); }
    void position(uint32_t x, uint32_t y) {
        peer->say(SPICE_MSGC_INPUTS_MOUSE_POSITION, ByteWriter().u32(x).u32(y).u16(0).u8(0));
    }
    void motion(int dx, int dy) {
        peer->say(SPICE_MSGC_INPUTS_MOUSE_MOTION, ByteWriter().i32(dx).i32(dy).u16(0));
    }
    void button(uint16_t type, uint8_t number) { peer->say(type, ByteWriter().u8(number).u16(0)); }
    size_t acknowledgements() {
        const std::vector<uint16_t> types = peer->take_own_types();
        return static_cast<size_t>(std::ranges::count(types, SPICE_MSG_INPUTS_MOUSE_MOTION_ACK));
    }

    SharedInput input{io.get_executor(), desktop};
    std::unique_ptr<test::Peer> peer;
    std::shared_ptr<InputsChannel> channel;
    std::vector<std::string> reasons;
    int presses = 0;
};

TEST_F(InputsChannelTest, may_be_told_to_let_watch_only_and_to_stop_that) {
    open();
    key(SPICE_MSGC_INPUTS_KEY_DOWN, 0x1e);
    button(SPICE_MSGC_INPUTS_MOUSE_PRESS, 1);
    run();
    EXPECT_EQ(seen(), (Texts{"key 1e down", "button 1 down"}));
    channel->set_view_only(true);
    EXPECT_EQ(seen(), (Texts{"key 1e up", "button 1 up"}));
    key(SPICE_MSGC_INPUTS_KEY_DOWN, 0x1f);
    run();
    EXPECT_EQ(seen(), Texts());
    channel->set_view_only(false);
    key(SPICE_MSGC_INPUTS_KEY_UP, 0x9f); // was never down
    key(SPICE_MSGC_INPUTS_KEY_DOWN, 0x20);
    run();
    EXPECT_EQ(seen(), Texts{"key 20 down"});
}

TEST_F(InputsChannelTest, forgets_what_waits_when_it_may_only_watch) {
    open();
    desktop.limit = 0;
    key(SPICE_MSGC_INPUTS_KEY_DOWN, 0x1e);
    run();
    channel->set_view_only(true);
    desktop.limit = 10;
    key(SPICE_MSGC_INPUTS_KEY_DOWN, 0x1f);
    motion(1, 1);
    motion(1, 1);
    motion(1, 1);
    motion(1, 1); // acknowledged: all before has been handled
    EXPECT_TRUE(run_until([&] { return acknowledgements() == 1; }));
    EXPECT_EQ(seen(), Texts());
}

TEST_F(InputsChannelTest, begins_with_the_locks_that_are_on) {
    session.lock_keys = 6;
    open();
    for (const Received& message : peer->take()) {
        if (message.type == SPICE_MSG_INPUTS_INIT) {
            EXPECT_EQ(message.body, (std::vector<uint8_t>{6, 0}));
            return;
        }
    }
    FAIL() << "no INIT";
}

TEST_F(InputsChannelTest, tells_changed_locks_once) {
    open();
    peer->take();
    session.lock_keys = 2;
    channel->lock_keys_changed();
    channel->lock_keys_changed();
    run();
    const std::vector<Received> messages = peer->take();
    ASSERT_EQ(messages.size(), 1u);
    EXPECT_EQ(messages[0].type, SPICE_MSG_INPUTS_KEY_MODIFIERS);
    EXPECT_EQ(messages[0].body, (std::vector<uint8_t>{2, 0}));
}

TEST_F(InputsChannelTest, merges_the_locks_for_a_client_that_does_not_read) {
    open({.send_buffer = 1});
    for (int i = 0; i < 100'000; ++i) {
        session.lock_keys = static_cast<LockKeys>(i % 8);
        channel->lock_keys_changed();
    }
    EXPECT_FALSE(channel->closed());
    session.lock_keys = 5;
    channel->lock_keys_changed();
    std::vector<uint8_t> last;
    for (int turn = 0; turn < 200'000 && last != std::vector<uint8_t>{5, 0}; ++turn) {
        run();
        for (const Received& message : peer->take()) {
            last = message.body;
        }
    }
    EXPECT_EQ(last, (std::vector<uint8_t>{5, 0}));
}

TEST_F(InputsChannelTest, hands_everything_on_in_order) {
    open();
    key(SPICE_MSGC_INPUTS_KEY_DOWN, 0x1e);
    position(10, 20);
    button(SPICE_MSGC_INPUTS_MOUSE_PRESS, SPICE_MOUSE_BUTTON_LEFT);
    motion(-3, 4);
    button(SPICE_MSGC_INPUTS_MOUSE_RELEASE, SPICE_MOUSE_BUTTON_LEFT);
    key(SPICE_MSGC_INPUTS_KEY_UP, 0x9e);
    const uint8_t both[] = {0xe0, 0x48, 0xe0, 0xc8};
    peer->say(SPICE_MSGC_INPUTS_KEY_SCANCODE, Bytes(both));
    peer->say(SPICE_MSGC_INPUTS_KEY_MODIFIERS, ByteWriter().u16(0xfff2));
    run();
    EXPECT_EQ(seen(), (Texts{"key 1e down", "position 10 20", "button 1 down", "motion -3 4", "button 1 up",
                             "key 1e up", "key e048 down", "key e048 up", "locks 2"}));
}

TEST_F(InputsChannelTest, maps_buttons_one_to_one_onto_sixteen) {
    open();
    const std::vector<int> expected{1, 2, 3, 4, 5, 8, 9, 6, 7, 10, 11, 12, 13, 14, 15, 16};
    for (unsigned number = 0; number < 256; ++number) {
        button(SPICE_MSGC_INPUTS_MOUSE_PRESS, static_cast<uint8_t>(number));
    }
    run();
    Texts wanted;
    for (const int number : expected) {
        wanted.push_back("button " + std::to_string(number) + " down");
    }
    EXPECT_EQ(seen(), wanted);
    EXPECT_FALSE(channel->closed());
}

TEST_F(InputsChannelTest, keeps_the_pointer_on_the_surface) {
    open();
    position(799, 599);
    position(800, 600);
    position(0xffffffff, 0x80000000);
    motion(INT32_MIN, INT32_MAX);
    run();
    EXPECT_EQ(seen(),
              (Texts{"position 799 599", "position 799 599", "position 799 599", "motion -16384 16384"}));
}

TEST_F(InputsChannelTest, acknowledges_every_fourth_motion_of_either_kind) {
    open();
    peer->take();
    size_t acknowledged = 0;
    for (unsigned i = 1; i <= 41; ++i) {
        i % 3 == 0 ? motion(1, 1) : position(i, i);
        run();
        acknowledged += acknowledgements();
        EXPECT_EQ(acknowledged, i / 4);
    }
}

TEST_F(InputsChannelTest, releases_what_a_vanished_client_held) {
    open();
    key(SPICE_MSGC_INPUTS_KEY_DOWN, 0x1d);
    key(SPICE_MSGC_INPUTS_KEY_DOWN, 0x1d);
    button(SPICE_MSGC_INPUTS_MOUSE_PRESS, SPICE_MOUSE_BUTTON_RIGHT);
    run();
    peer->hang_up();
    run();
    EXPECT_EQ(seen(), (Texts{"key 1d down", "button 3 down", "key 1d up", "button 3 up"}));
}

TEST_F(InputsChannelTest, waits_for_a_desktop_that_is_behind_and_loses_nothing) {
    open();
    desktop.limit = 2;
    Texts expected;
    for (unsigned i = 0; i < 40; ++i) {
        position(i, i);
        expected.push_back("position " + std::to_string(i) + " " + std::to_string(i));
    }
    Texts all;
    ASSERT_TRUE(run_until([&] {
        const Texts some = seen();
        all.insert(all.end(), some.begin(), some.end());
        return all.size() == expected.size();
    }));
    EXPECT_EQ(all, expected);
    EXPECT_GT(desktop.refused, 0u);
}

TEST_F(InputsChannelTest, can_close_while_it_waits_for_the_desktop) {
    open();
    key(SPICE_MSGC_INPUTS_KEY_DOWN, 0x1e);
    run();
    desktop.limit = 1;
    key(SPICE_MSGC_INPUTS_KEY_DOWN, 0x1f);
    key(SPICE_MSGC_INPUTS_KEY_DOWN, 0x20);
    run();
    channel->close("test");
    run();
    EXPECT_EQ(reasons, Texts{"test"});
    desktop.limit = 100;
    ASSERT_TRUE(run_until([&] { return desktop.input.size() == 2; }));
    EXPECT_EQ(seen(), (Texts{"key 1e down", "key 1e up"}));
}

TEST_F(InputsChannelTest, closes_on_every_truncated_and_every_unknown_message) {
    const std::pair<uint16_t, size_t> sizes[] = {{SPICE_MSGC_INPUTS_KEY_DOWN, 4},
                                                 {SPICE_MSGC_INPUTS_KEY_UP, 4},
                                                 {SPICE_MSGC_INPUTS_KEY_MODIFIERS, 2},
                                                 {SPICE_MSGC_INPUTS_MOUSE_MOTION, 10},
                                                 {SPICE_MSGC_INPUTS_MOUSE_POSITION, 11},
                                                 {SPICE_MSGC_INPUTS_MOUSE_PRESS, 3},
                                                 {SPICE_MSGC_INPUTS_MOUSE_RELEASE, 3},
                                                 {uint16_t{105}, 1},
                                                 {uint16_t{115}, 1},
                                                 {uint16_t{0xffff}, 1}};
    for (const auto& [type, size] : sizes) {
        for (size_t length = 0; length < size; ++length) {
            reasons.clear();
            open();
            peer->say(type, ByteWriter().zeros(length));
            run();
            EXPECT_EQ(reasons.size(), 1u) << type << " with " << length;
        }
    }
    EXPECT_TRUE(desktop.input.empty());
}

TEST_F(InputsChannelTest, stops_serving_a_flood_that_is_never_read) {
    open({.send_buffer = 1});
    for (int i = 0; i < 1000 && !channel->closed(); ++i) {
        for (int j = 0; j < 100; ++j) {
            motion(1, 1);
        }
        run();
        desktop.input.clear();
    }
    run();
    EXPECT_EQ(reasons, Texts{"inputs: does not read its acknowledgements"});
}

} // namespace
} // namespace spice::channels
