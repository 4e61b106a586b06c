#include "channels/main_channel.hpp"

#include "base/clock.hpp"
#include "channel_harness.hpp"

#include <spice/enums.h>
#include <spice/protocol.h>
#include <spice/vd_agent.h>

#include <gtest/gtest.h>

#include <algorithm>
#include <string>
#include <vector>

namespace spice::channels {
namespace {

using test::Received;
using Types = std::vector<uint16_t>;

class MainChannelTest : public test::ChannelTest {
protected:
    void open(test::LinkOptions options = {}) {
        channel = std::make_shared<MainChannel>(
            link(SPICE_CHANNEL_MAIN, peer, std::move(options)), session, 0x12345678,
            [this](uint32_t mode) { modes.push_back(mode); },
            [this](Channel&, std::string_view reason) { reasons.emplace_back(reason); });
        channel->start();
        run();
    }
    std::vector<uint8_t> body_of(uint16_t type) {
        for (Received& message : peer->take()) {
            if (message.type == type) {
                return std::move(message.body);
            }
        }
        ADD_FAILURE() << "no message of type " << type;
        return {};
    }

    std::unique_ptr<test::Peer> peer;
    std::shared_ptr<MainChannel> channel;
    std::vector<uint32_t> modes;
    std::vector<std::string> reasons;
};

TEST_F(MainChannelTest, init_says_what_the_client_needs) {
    open();
    const std::vector<uint8_t> body = body_of(SPICE_MSG_MAIN_INIT);
    const uint32_t now = wire_milliseconds(std::chrono::steady_clock::now());
    ASSERT_EQ(body.size(), 32u);
    ByteReader in(body);
    EXPECT_EQ(in.u32(), 0x12345678u);
    EXPECT_EQ(in.u32(), 1u); // display channels
    EXPECT_EQ(in.u32(), 3u); // SERVER and CLIENT
    EXPECT_EQ(in.u32(), uint32_t{SPICE_MOUSE_MODE_CLIENT});
    EXPECT_EQ(in.u32(), 0u); // no agent
    EXPECT_EQ(in.u32(), 10u);
    const uint32_t behind = now - in.u32();
    EXPECT_GE(behind, 400u);
    EXPECT_LT(behind, 2400u);
}

TEST_F(MainChannelTest, offers_the_relative_mouse_alone_without_an_absolute_pointer) {
    config.absolute_pointer = false;
    open();
    const std::vector<uint8_t> body = body_of(SPICE_MSG_MAIN_INIT);
    ByteReader in(body);
    in.skip(8);
    EXPECT_EQ(in.u32(), uint32_t{SPICE_MOUSE_MODE_SERVER});
    EXPECT_EQ(in.u32(), uint32_t{SPICE_MOUSE_MODE_SERVER});
    peer->say(SPICE_MSGC_MAIN_MOUSE_MODE_REQUEST, ByteWriter().u16(SPICE_MOUSE_MODE_CLIENT));
    run();
    EXPECT_TRUE(peer->take().empty());
    EXPECT_TRUE(modes.empty());
}

TEST_F(MainChannelTest, tells_name_and_uuid_to_clients_that_can_take_them) {
    config.name = "desk";
    config.uuid = {1, 2, 3};
    open({.caps = {SPICE_MAIN_CAP_NAME_AND_UUID}});
    EXPECT_EQ(peer->take_own_types(), (Types{SPICE_MSG_MAIN_INIT, SPICE_MSG_MAIN_NAME, SPICE_MSG_MAIN_UUID}));
    open();
    EXPECT_EQ(peer->take_own_types(), Types{SPICE_MSG_MAIN_INIT});
    config.name.clear();
    config.uuid = {};
    open({.caps = {SPICE_MAIN_CAP_NAME_AND_UUID}});
    EXPECT_EQ(peer->take_own_types(), Types{SPICE_MSG_MAIN_INIT});
}

TEST_F(MainChannelTest, lists_the_channels_each_time_it_is_asked) {
    open();
    peer->take();
    for (int i = 0; i < 3; ++i) {
        peer->say(SPICE_MSGC_MAIN_ATTACH_CHANNELS);
        run();
        EXPECT_EQ(body_of(SPICE_MSG_MAIN_CHANNELS_LIST),
                  (std::vector<uint8_t>{3, 0, 0, 0, SPICE_CHANNEL_DISPLAY, 0, SPICE_CHANNEL_CURSOR, 0,
                                        SPICE_CHANNEL_INPUTS, 0}));
    }
}

TEST_F(MainChannelTest, changes_the_mouse_mode_on_request_and_says_so) {
    open();
    peer->take();
    const auto request = [&](uint16_t mode) {
        peer->say(SPICE_MSGC_MAIN_MOUSE_MODE_REQUEST, ByteWriter().u16(mode));
        run();
        return peer->take();
    };
    const std::vector<Received> answer = request(SPICE_MOUSE_MODE_SERVER);
    ASSERT_EQ(answer.size(), 1u);
    EXPECT_EQ(answer[0].type, SPICE_MSG_MAIN_MOUSE_MODE);
    EXPECT_EQ(answer[0].body, (std::vector<uint8_t>{3, 0, SPICE_MOUSE_MODE_SERVER, 0}));
    EXPECT_EQ(channel->mouse_mode(), uint32_t{SPICE_MOUSE_MODE_SERVER});
    EXPECT_TRUE(request(SPICE_MOUSE_MODE_SERVER).empty());
    for (const uint16_t senseless : std::initializer_list<uint16_t>{0, 3, 4, 0xffff}) {
        EXPECT_TRUE(request(senseless).empty());
    }
    EXPECT_EQ(request(SPICE_MOUSE_MODE_CLIENT).size(), 1u);
    EXPECT_EQ(modes, (std::vector<uint32_t>{SPICE_MOUSE_MODE_SERVER, SPICE_MOUSE_MODE_CLIENT}));
    EXPECT_FALSE(channel->closed());
}

TEST_F(MainChannelTest, takes_and_drops_what_is_meant_for_an_agent) {
    open();
    peer->take();
    peer->say(SPICE_MSGC_MAIN_AGENT_START, ByteWriter().u32(0xffffffff));
    peer->say(SPICE_MSGC_MAIN_AGENT_TOKEN, ByteWriter().u32(0xffffffff));
    for (int i = 0; i < 1000; ++i) {
        peer->say(SPICE_MSGC_MAIN_AGENT_DATA, ByteWriter().zeros(VD_AGENT_MAX_DATA_SIZE));
    }
    peer->say(SPICE_MSGC_MAIN_AGENT_DATA);
    peer->say(SPICE_MSGC_MAIN_CLIENT_INFO, ByteWriter().u64(1));
    run();
    EXPECT_FALSE(channel->closed());
    EXPECT_TRUE(peer->take().empty());
    peer->say(SPICE_MSGC_MAIN_AGENT_DATA, ByteWriter().zeros(VD_AGENT_MAX_DATA_SIZE + 1));
    run();
    EXPECT_TRUE(channel->closed());
}

TEST_F(MainChannelTest, closes_on_what_is_short_unknown_or_about_migration) {
    const std::pair<uint16_t, size_t> messages[] = {{SPICE_MSGC_MAIN_CLIENT_INFO, 7},
                                                    {SPICE_MSGC_MAIN_MOUSE_MODE_REQUEST, 1},
                                                    {SPICE_MSGC_MAIN_AGENT_START, 3},
                                                    {SPICE_MSGC_MAIN_AGENT_TOKEN, 3},
                                                    {SPICE_MSGC_MAIN_MIGRATE_CONNECTED, 0},
                                                    {SPICE_MSGC_MAIN_MIGRATE_CONNECT_ERROR, 0},
                                                    {SPICE_MSGC_MAIN_MIGRATE_END, 0},
                                                    {SPICE_MSGC_MAIN_MIGRATE_DST_DO_SEAMLESS, 4},
                                                    {SPICE_MSGC_MAIN_MIGRATE_CONNECTED_SEAMLESS, 0},
                                                    {uint16_t{SPICE_MSGC_END_MAIN}, 4},
                                                    {uint16_t{7}, 0},
                                                    {uint16_t{0xffff}, 0}};
    for (const auto& [type, largest] : messages) {
        for (size_t size = 0; size <= largest; ++size) {
            reasons.clear();
            open();
            peer->say(type, ByteWriter().zeros(size));
            run();
            EXPECT_EQ(reasons.size(), 1u) << type << " with " << size;
        }
    }
}

TEST_F(MainChannelTest, closes_a_client_that_asks_on_without_reading) {
    open({.send_buffer = 1000});
    for (int i = 0; i < 50'000 && !channel->closed(); ++i) {
        peer->say(SPICE_MSGC_MAIN_ATTACH_CHANNELS);
        run();
    }
    run();
    EXPECT_EQ(reasons, std::vector<std::string>{"main: does not read its answers"});
}

} // namespace
} // namespace spice::channels
