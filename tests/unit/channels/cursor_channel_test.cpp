#include "channels/cursor_channel.hpp"

#include "channel_harness.hpp"

#include <spice/protocol.h>

#include <gtest/gtest.h>

#include <algorithm>
#include <string>

namespace spice::channels {
namespace {

using channels::test::Peer;
using channels::test::Received;

CursorShape shape(uint32_t colour, int edge = 16) {
    const auto count = static_cast<size_t>(edge) * static_cast<size_t>(edge);
    std::shared_ptr<uint32_t[]> pixels = std::make_shared<uint32_t[]>(count);
    std::fill_n(pixels.get(), count, 0xff000000 | colour);
    return {{edge, edge}, {3, 4}, std::move(pixels)};
}

class CursorChannelTest : public channels::test::ChannelTest {
protected:
    ~CursorChannelTest() override {
        if (channel) {
            channel->close("the test ends");
            run();
        }
    }

    void connect(bool sasl = true, size_t send_buffer = SIZE_MAX) {
        auth::LinkedStream linked = link(SPICE_CHANNEL_CURSOR, peer, {.send_buffer = send_buffer});
        linked.common_caps.set(SPICE_COMMON_CAP_MINI_HEADER);
        if (sasl) {
            linked.common_caps.set(SPICE_COMMON_CAP_AUTH_SASL);
        }
        channel = std::make_shared<CursorChannel>(
            std::move(linked), session,
            [this](Channel&, std::string_view why) { reason = std::string(why); });
        channel->start();
        run();
    }

    void show(const std::optional<CursorShape>& next) {
        if (next) {
            session.cursor.shape = *next;
        } else {
            session.cursor.shape.reset();
        }
        channel->cursor_changed(true);
        run();
    }

    void move(Point position) {
        session.cursor.position = position;
        channel->cursor_changed(false);
        run();
    }

    // The messages of this channel since the last time.
    std::vector<Received> take() {
        std::vector<Received> own;
        for (Received& message : peer->take()) {
            if (message.type > SPICE_MSG_LIST) {
                own.push_back(std::move(message));
            }
        }
        return own;
    }

    std::unique_ptr<Peer> peer;
    std::shared_ptr<CursorChannel> channel;
    std::optional<std::string> reason;
};

uint16_t flags_of_set(const Received& message) {
    return static_cast<uint16_t>(message.body.at(5) | message.body.at(6) << 8);
}

uint64_t key_of_set(const Received& message) {
    return ByteReader(Bytes(message.body).subspan(7)).u64();
}

TEST_F(CursorChannelTest, begins_with_no_shape_in_eleven_bytes) {
    session.cursor.position = {7, -8};
    connect();
    const auto messages = take();
    ASSERT_EQ(messages.size(), 1u);
    EXPECT_EQ(messages[0].type, SPICE_MSG_CURSOR_INIT);
    EXPECT_EQ(messages[0].body, (std::vector<uint8_t>{7, 0, 0xf8, 0xff, 0, 0, 0, 0, 0, 1, 0}));
}

TEST_F(CursorChannelTest, begins_with_the_shape_that_is_shown) {
    session.cursor.shape = shape(0x112233);
    connect();
    const auto messages = take();
    ASSERT_EQ(messages.size(), 1u);
    ASSERT_EQ(messages[0].body.size(), 9u + 19u + 16u * 16u * 4u);
    EXPECT_EQ(messages[0].body[8], 1); // visible
    EXPECT_EQ(messages[0].body[9], SPICE_CURSOR_FLAGS_CACHE_ME);
    EXPECT_EQ(std::vector<uint8_t>(messages[0].body.end() - 4, messages[0].body.end()),
              (std::vector<uint8_t>{0x33, 0x22, 0x11, 0xff}));
}

TEST_F(CursorChannelTest, sends_an_animation_once) {
    connect();
    take();
    std::vector<uint64_t> keys;
    for (uint32_t frame = 0; frame < 12; ++frame) {
        show(shape(frame % 4));
        const auto messages = take();
        ASSERT_FALSE(messages.empty());
        EXPECT_EQ(messages[0].type, SPICE_MSG_CURSOR_SET);
        EXPECT_EQ(flags_of_set(messages[0]),
                  frame < 4 ? SPICE_CURSOR_FLAGS_CACHE_ME : SPICE_CURSOR_FLAGS_FROM_CACHE);
        EXPECT_EQ(messages[0].body.size(), frame < 4 ? 24u + 1024u : 24u);
        if (frame < 4) {
            keys.push_back(key_of_set(messages[0]));
        } else {
            EXPECT_EQ(key_of_set(messages[0]), keys[frame % 4]);
        }
        peer->say(SPICE_MSGC_ACK);
    }
}

TEST_F(CursorChannelTest, sends_every_shape_whole_to_clients_that_may_not_have_a_cache) {
    connect(false);
    take();
    for (int frame = 0; frame < 4; ++frame) {
        show(shape(static_cast<uint32_t>(frame % 2)));
        const auto messages = take();
        ASSERT_FALSE(messages.empty());
        EXPECT_EQ(flags_of_set(messages[0]), 0);
        EXPECT_EQ(messages[0].body.size(), 24u + 1024u);
    }
}

TEST_F(CursorChannelTest, tells_what_to_forget_before_what_replaces_it) {
    connect();
    take();
    uint64_t first = 0;
    ByteWriter sync;
    sync.u32(1);
    peer->say(SPICE_MSGC_ACK_SYNC, sync);
    for (uint32_t i = 0; i < display::CursorCache::kMaxEntries; ++i) {
        show(shape(i));
        const auto messages = take();
        ASSERT_FALSE(messages.empty());
        first = i == 0 ? key_of_set(messages[0]) : first;
        peer->say(SPICE_MSGC_ACK);
        run();
    }
    show(shape(0xffff));
    const auto messages = take();
    ASSERT_GE(messages.size(), 2u);
    EXPECT_EQ(messages[0].type, SPICE_MSG_CURSOR_INVAL_ONE);
    EXPECT_EQ(ByteReader(messages[0].body).u64(), first);
    EXPECT_EQ(messages[1].type, SPICE_MSG_CURSOR_SET);
}

TEST_F(CursorChannelTest, hides_and_shows_again) {
    session.cursor.shape = shape(1);
    connect();
    take();
    show(std::nullopt);
    show(std::nullopt);
    auto messages = take();
    ASSERT_EQ(messages.size(), 1u);
    EXPECT_EQ(messages[0].type, SPICE_MSG_CURSOR_HIDE);
    move({5, 5}); // would show it
    EXPECT_TRUE(take().empty());
    show(shape(1));
    messages = take();
    ASSERT_EQ(messages.size(), 2u); // and the MOVE that spice-gtk waits for
    EXPECT_EQ(flags_of_set(messages[0]), SPICE_CURSOR_FLAGS_FROM_CACHE);
    EXPECT_EQ(messages[1].type, SPICE_MSG_CURSOR_MOVE);
}

TEST_F(CursorChannelTest, tells_the_position_in_server_mode_only) {
    session.cursor.shape = shape(1);
    connect();
    take();
    move({100, 200});
    auto messages = take();
    ASSERT_EQ(messages.size(), 1u);
    EXPECT_EQ(messages[0].type, SPICE_MSG_CURSOR_MOVE);
    EXPECT_EQ(messages[0].body, (std::vector<uint8_t>{100, 0, 200, 0}));
    channel->set_mouse_mode(SPICE_MOUSE_MODE_CLIENT);
    move({1, 2});
    EXPECT_TRUE(take().empty());
    channel->set_mouse_mode(SPICE_MOUSE_MODE_SERVER);
    run();
    messages = take();
    ASSERT_EQ(messages.size(), 1u);
    EXPECT_EQ(messages[0].body, (std::vector<uint8_t>{1, 0, 2, 0}));
}

TEST_F(CursorChannelTest, sends_only_the_latest_state_to_a_client_that_reads_late) {
    session.cursor.shape = shape(1);
    connect();
    take();
    for (int i = 0; i < 1000; ++i) { // without an ACK
        move({i, i});
        show(shape(static_cast<uint32_t>(i % 300)));
    }
    const auto stalled = take();
    EXPECT_LE(stalled.size(), 2u * AckWindow::kWindow + 3u);
    ByteWriter sync;
    sync.u32(1);
    peer->say(SPICE_MSGC_ACK_SYNC, sync);
    peer->say(SPICE_MSGC_ACK);
    peer->say(SPICE_MSGC_ACK);
    run();
    const auto latest = take();
    ASSERT_EQ(latest.size(), 2u);
    EXPECT_EQ(latest[0].type, SPICE_MSG_CURSOR_SET);
    EXPECT_EQ(latest[1].body, (std::vector<uint8_t>{0xe7, 3, 0xe7, 3})); // 999
}

TEST_F(CursorChannelTest, closes_when_the_client_says_anything) {
    connect();
    peer->say(101);
    run();
    EXPECT_TRUE(reason);
}

} // namespace
} // namespace spice::channels
