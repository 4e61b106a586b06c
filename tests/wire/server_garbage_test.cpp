// What strangers and broken clients send. Requirements checked here; after each, a good client is complete:
//
//  - every client message of every channel truncated at every offset closes that channel
//  - messages of unknown type, oversized messages, unsolicited migration messages close that channel
//  - data before the display's INIT, INIT twice, INIT followed by garbage in the same packet
//  - whole messages with senseless content are survived
//  - 200 half-open connections, in all stages of the link, are closed at their deadline, and a good client
//  links
//    meanwhile; with more of them than may be, the oldest go
//  - the wrong ticket 1000 times
//  - a link cut off or spoilt at every offset
#include "running_server.hpp"

#include <gtest/gtest.h>

#include <spice/protocol.h>

#include <random>
#include <string>
#include <vector>

namespace spice::test {
namespace {

using namespace std::chrono_literals;

struct Kind {
    uint8_t channel;
    uint16_t type;
    size_t size; // of the smallest whole body
};

const std::vector<Kind>& own_messages() {
    static const std::vector<Kind> kinds{
        {SPICE_CHANNEL_MAIN, SPICE_MSGC_MAIN_CLIENT_INFO, 8},
        {SPICE_CHANNEL_MAIN, SPICE_MSGC_MAIN_MOUSE_MODE_REQUEST, 2},
        {SPICE_CHANNEL_MAIN, SPICE_MSGC_MAIN_AGENT_START, 4},
        {SPICE_CHANNEL_MAIN, SPICE_MSGC_MAIN_AGENT_TOKEN, 4},
        {SPICE_CHANNEL_DISPLAY, SPICE_MSGC_DISPLAY_INIT, 14},
        {SPICE_CHANNEL_DISPLAY, SPICE_MSGC_DISPLAY_STREAM_REPORT, 32},
        {SPICE_CHANNEL_DISPLAY, SPICE_MSGC_DISPLAY_PREFERRED_COMPRESSION, 1},
        {SPICE_CHANNEL_DISPLAY, SPICE_MSGC_DISPLAY_PREFERRED_VIDEO_CODEC_TYPE, 1},
        {SPICE_CHANNEL_INPUTS, SPICE_MSGC_INPUTS_KEY_DOWN, 4},
        {SPICE_CHANNEL_INPUTS, SPICE_MSGC_INPUTS_KEY_UP, 4},
        {SPICE_CHANNEL_INPUTS, SPICE_MSGC_INPUTS_KEY_MODIFIERS, 2},
        {SPICE_CHANNEL_INPUTS, SPICE_MSGC_INPUTS_MOUSE_MOTION, 10},
        {SPICE_CHANNEL_INPUTS, SPICE_MSGC_INPUTS_MOUSE_POSITION, 11},
        {SPICE_CHANNEL_INPUTS, SPICE_MSGC_INPUTS_MOUSE_PRESS, 3},
        {SPICE_CHANNEL_INPUTS, SPICE_MSGC_INPUTS_MOUSE_RELEASE, 3},
    };
    return kinds;
}

constexpr uint8_t kChannels[] = {SPICE_CHANNEL_MAIN, SPICE_CHANNEL_DISPLAY, SPICE_CHANNEL_CURSOR,
                                 SPICE_CHANNEL_INPUTS};

class ServerGarbage : public testing::Test {
protected:
    static ServerConfig impatient() {
        ServerConfig config = RunningServer::loopback();
        config.link_deadline = 1500ms;
        return config;
    }
    // A fresh client's channel of that type; its main channel lives in main_.
    ProtocolChannel channel(uint8_t type) {
        main_ = std::make_unique<ProtocolChannel>(server.link(SPICE_CHANNEL_MAIN));
        const auto init = main_->wait_for(SPICE_MSG_MAIN_INIT);
        if (type == SPICE_CHANNEL_MAIN || !init) {
            return std::move(*main_);
        }
        return server.link(type, ByteReader(init->body).u32());
    }
    void expect_a_good_client_served() {
        const auto before = std::chrono::steady_clock::now();
        WholeClient client(server);
        EXPECT_TRUE(client.complete());
        EXPECT_LT(std::chrono::steady_clock::now() - before, 5s); // a second, but for sanitizers
        EXPECT_EQ(server.errors(), 0);
    }

    RunningServer server{impatient()};
    std::unique_ptr<ProtocolChannel> main_;
};

TEST_F(ServerGarbage, truncated_messages_close_their_channel) {
    for (const Kind& kind : own_messages()) {
        for (size_t length = 0; length < kind.size; ++length) {
            ProtocolChannel victim = channel(kind.channel);
            ASSERT_TRUE(victim.linked());
            if (kind.channel == SPICE_CHANNEL_DISPLAY && kind.type != SPICE_MSGC_DISPLAY_INIT) {
                victim.say(SPICE_MSGC_DISPLAY_INIT, WholeClient::display_init());
            }
            victim.say(kind.type, ByteWriter().zeros(length));
            EXPECT_TRUE(victim.connection().closed_within(10s))
                << int{kind.channel} << " type " << kind.type << " with " << length;
        }
    }
    expect_a_good_client_served();
}

TEST_F(ServerGarbage, truncated_base_messages_close_every_channel) {
    for (const uint8_t type : kChannels) {
        for (size_t length = 0; length < 12; ++length) {
            ProtocolChannel victim = channel(type);
            victim.say(length < 4 ? SPICE_MSGC_ACK_SYNC : SPICE_MSGC_PONG, ByteWriter().zeros(length));
            EXPECT_TRUE(victim.connection().closed_within(10s)) << int{type} << " with " << length;
        }
    }
    expect_a_good_client_served();
}

TEST_F(ServerGarbage, unknown_oversized_and_migration_messages_close_every_channel) {
    for (const uint8_t type : kChannels) {
        for (const uint16_t unknown : std::initializer_list<uint16_t>{
                 0, 7, 100, 120, 1000, 0xffff, SPICE_MSGC_MIGRATE_FLUSH_MARK, SPICE_MSGC_MIGRATE_DATA}) {
            ProtocolChannel victim = channel(type);
            victim.say(unknown, ByteWriter().zeros(6));
            EXPECT_TRUE(victim.connection().closed_within(10s)) << int{type} << " type " << unknown;
        }
        ProtocolChannel victim = channel(type);
        victim.connection().send(ByteWriter().u16(SPICE_MSGC_PONG).u32(0x7fffffff).take());
        EXPECT_TRUE(victim.connection().closed_within(10s)) << int{type};
    }
    for (uint16_t type = SPICE_MSGC_MAIN_MIGRATE_CONNECTED;
         type <= SPICE_MSGC_MAIN_MIGRATE_CONNECTED_SEAMLESS; ++type) {
        const bool migration =
            type <= SPICE_MSGC_MAIN_MIGRATE_CONNECT_ERROR || type >= SPICE_MSGC_MAIN_MIGRATE_END;
        if (migration) {
            ProtocolChannel victim = channel(SPICE_CHANNEL_MAIN);
            victim.say(type, ByteWriter().zeros(4));
            EXPECT_TRUE(victim.connection().closed_within(10s)) << type;
        }
    }
    expect_a_good_client_served();
}

TEST_F(ServerGarbage, display_messages_out_of_order_close_the_display) {
    ProtocolChannel early = channel(SPICE_CHANNEL_DISPLAY);
    early.say(SPICE_MSGC_DISPLAY_STREAM_REPORT, ByteWriter().zeros(32));
    EXPECT_TRUE(early.connection().closed_within(10s));
    ProtocolChannel twice = channel(SPICE_CHANNEL_DISPLAY);
    twice.say(SPICE_MSGC_DISPLAY_INIT, WholeClient::display_init());
    twice.say(SPICE_MSGC_DISPLAY_INIT, WholeClient::display_init());
    EXPECT_TRUE(twice.connection().closed_within(10s));
    ProtocolChannel spoilt = channel(SPICE_CHANNEL_DISPLAY);
    ByteWriter packet;
    packet.u16(SPICE_MSGC_DISPLAY_INIT).u32(14).bytes(WholeClient::display_init().view());
    packet.u16(0x4242).u32(0xffffffff).zeros(100);
    spoilt.connection().send(packet.view());
    EXPECT_TRUE(spoilt.connection().closed_within(10s));
    expect_a_good_client_served();
}

TEST_F(ServerGarbage, extreme_cache_sizes_are_survived) {
    for (const uint64_t size : {uint64_t{0}, ~uint64_t{0}, uint64_t{1} << 63, (uint64_t{1} << 63) - 1}) {
        ProtocolChannel display = channel(SPICE_CHANNEL_DISPLAY);
        const auto window = static_cast<uint32_t>(size);
        display.say(SPICE_MSGC_DISPLAY_INIT, ByteWriter().u8(255).u64(size).u8(255).u32(window));
        EXPECT_TRUE(display.wait_for(SPICE_MSG_DISPLAY_MARK)) << size;
    }
    expect_a_good_client_served();
}

TEST_F(ServerGarbage, whole_messages_of_random_content_are_survived) {
    std::mt19937 random(2);
    for (int round = 0; round < 150; ++round) {
        ProtocolChannel victim = channel(kChannels[random() % std::size(kChannels)]);
        for (int i = 0; i < 20; ++i) {
            const Kind& kind = own_messages()[random() % own_messages().size()];
            ByteWriter body;
            for (size_t byte = 0; byte < kind.size + random() % 3; ++byte) {
                body.u8(static_cast<uint8_t>(random() % 4 == 0 ? random() : 0xff));
            }
            if (!victim.say(kind.type, body)) {
                break;
            }
        }
    }
    expect_a_good_client_served();
}

std::vector<uint8_t> whole_link(uint32_t connection_id) {
    return ByteWriter()
        .u32(SPICE_MAGIC)
        .u32(SPICE_VERSION_MAJOR)
        .u32(SPICE_VERSION_MINOR)
        .u32(22)
        .u32(connection_id)
        .u8(SPICE_CHANNEL_MAIN)
        .u8(0)
        .u32(1)
        .u32(0)
        .u32(18)
        .u32(0xb)
        .take();
}

TEST_F(ServerGarbage, half_open_connections_end_at_their_deadline_and_hinder_nobody) {
    const std::vector<uint8_t> link = whole_link(0);
    std::vector<Connection> half_open;
    for (size_t i = 0; i < 200; ++i) {
        half_open.emplace_back(server.port());
        half_open.back().send(Bytes(link).first(i % (link.size() + 1)));
    }
    expect_a_good_client_served();
    for (Connection& connection : half_open) {
        EXPECT_TRUE(connection.closed_within(10s));
    }
}

TEST(ServerFlood, pushes_out_the_oldest_connections_of_too_many) {
    ServerConfig patient = RunningServer::loopback();
    patient.link_deadline = 10min; // what is closed here is closed for another reason
    patient.max_unauthenticated = 20;
    RunningServer server(patient);
    std::vector<Connection> flood;
    for (size_t i = 0; i < 60; ++i) {
        flood.emplace_back(server.port());
    }
    for (size_t i = 0; i < 40; ++i) {
        EXPECT_TRUE(flood[i].closed_within(10s)) << i;
    }
    EXPECT_FALSE(flood.back().closed_within(50ms));
    WholeClient client(server);
    EXPECT_TRUE(client.complete());
}

TEST_F(ServerGarbage, links_cut_off_or_spoilt_at_every_offset) {
    const std::vector<uint8_t> link = whole_link(0);
    for (size_t offset = 0; offset < link.size(); ++offset) {
        {
            Connection cut(server.port());
            cut.send(Bytes(link).first(offset));
        }
        std::vector<uint8_t> spoilt = link;
        spoilt[offset] ^= 0xff;
        Connection connection(server.port());
        connection.send(spoilt);
        connection.send(std::vector<uint8_t>(132, 0x55)); // where mechanism and ticket would be
        EXPECT_TRUE(connection.closed_within(10s)) << offset;
    }
    expect_a_good_client_served();
}

} // namespace
} // namespace spice::test
