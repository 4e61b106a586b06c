// The server as its clients see it, over loopback sockets. Requirements checked here:
//
//  - a client with the ticket gets main, display, cursor and inputs, in mini and in full headers, with and
//    without the AUTH_SELECTION capability
//  - any number of clients at once, each complete; one that leaves does not disturb the others
//  - a second channel of the same type is refused and the session lives; a channel can come again
//  - an unknown connection id, an unknown channel, a main link with a connection id: the protocol's error
//  codes
//  - input arrives in order, is let go when its client vanishes, and a desktop that is behind loses none
//  - a client that never reads delays neither the front-end nor other clients
//  - an idle client is sent nothing
//  - a taken port is the operator's error, by option name
//  - stop() is quick with clients connected; starting and stopping leaks no descriptor and no thread
#include "running_server.hpp"

#include <gtest/gtest.h>

#include <filesystem>
#include <iterator>
#include <string>
#include <variant>
#include <vector>

namespace spice::test {
namespace {

using namespace std::chrono_literals;

template <class Condition>
bool within(std::chrono::milliseconds time, Condition condition) {
    const auto deadline = std::chrono::steady_clock::now() + time;
    while (!condition()) {
        if (std::chrono::steady_clock::now() > deadline) {
            return false;
        }
        std::this_thread::sleep_for(1ms);
    }
    return true;
}

size_t entries_of(const char* directory) {
    const std::filesystem::directory_iterator entries(directory);
    return static_cast<size_t>(std::distance(begin(entries), end(entries)));
}

TEST(Server, shows_the_desktop_to_clients_with_either_header) {
    RunningServer server;
    for (const bool mini : {true, false}) {
        WholeClient client(server, mini);
        EXPECT_TRUE(client.complete()) << mini;
    }
    EXPECT_EQ(server.errors(), 0);
}

TEST(Server, takes_clients_that_do_not_choose_how_to_authenticate) {
    RunningServer server;
    LinkRequest request = server.request(SPICE_CHANNEL_MAIN);
    request.auth_selection = false;
    ProtocolChannel main(server.port(), request);
    EXPECT_TRUE(main.wait_for(SPICE_MSG_MAIN_INIT));
}

TEST(Server, serves_many_clients_each_completely) {
    RunningServer server;
    std::vector<std::unique_ptr<WholeClient>> clients;
    for (int i = 0; i < 5; ++i) {
        clients.push_back(std::make_unique<WholeClient>(server));
        ASSERT_TRUE(clients.back()->complete()) << i;
    }
    clients.erase(clients.begin() + 1, clients.begin() + 4);
    server.draw([](SyntheticDesktop& desktop) { desktop.fill({10, 10, 60, 60}, 0xff0000); });
    for (const auto& client : clients) {
        EXPECT_TRUE(client->display->next()); // the fill, in whatever form
        client->main.say(SPICE_MSGC_MAIN_ATTACH_CHANNELS);
        EXPECT_TRUE(client->main.wait_for(SPICE_MSG_MAIN_CHANNELS_LIST));
    }
}

TEST(Server, refuses_links_with_the_protocols_error_codes) {
    RunningServer server;
    WholeClient client(server);
    ASSERT_TRUE(client.complete());
    const uint32_t id = client.connection_id;
    EXPECT_EQ(server.link(SPICE_CHANNEL_INPUTS, id).result(), uint32_t{SPICE_LINK_ERR_CHANNEL_NOT_AVAILABLE});
    EXPECT_EQ(server.link(SPICE_CHANNEL_INPUTS, id + 1).result(), uint32_t{SPICE_LINK_ERR_BAD_CONNECTION_ID});
    EXPECT_EQ(server.link(SPICE_CHANNEL_INPUTS, 0).result(), uint32_t{SPICE_LINK_ERR_BAD_CONNECTION_ID});
    EXPECT_EQ(server.link(SPICE_CHANNEL_MAIN, id).result(), uint32_t{SPICE_LINK_ERR_BAD_CONNECTION_ID});
    EXPECT_EQ(server.link(SPICE_CHANNEL_SMARTCARD, id).result(),
              uint32_t{SPICE_LINK_ERR_CHANNEL_NOT_AVAILABLE});
    EXPECT_EQ(server.link(200, id).result(), uint32_t{SPICE_LINK_ERR_CHANNEL_NOT_AVAILABLE});
    LinkRequest wrong = server.request(SPICE_CHANNEL_MAIN);
    wrong.ticket = "Secret";
    EXPECT_EQ(ProtocolChannel(server.port(), wrong).result(), uint32_t{SPICE_LINK_ERR_PERMISSION_DENIED});
    client.main.say(SPICE_MSGC_MAIN_ATTACH_CHANNELS);
    EXPECT_TRUE(client.main.wait_for(SPICE_MSG_MAIN_CHANNELS_LIST));
}

TEST(Server, lets_a_channel_come_again) {
    RunningServer server;
    WholeClient client(server);
    ASSERT_TRUE(client.complete());
    client.inputs->connection().close();
    ASSERT_TRUE(within(10s, [&] {
        ProtocolChannel again = server.link(SPICE_CHANNEL_INPUTS, client.connection_id);
        return again.linked() && again.wait_for(SPICE_MSG_INPUTS_INIT);
    }));
}

TEST(Server, ends_a_client_with_its_main_channel) {
    RunningServer server;
    WholeClient client(server);
    ASSERT_TRUE(client.complete());
    EXPECT_TRUE(server.desktop().watched());
    client.main.connection().close();
    EXPECT_TRUE(client.display->connection().closed_within(10s));
    EXPECT_TRUE(client.inputs->connection().closed_within(10s));
    EXPECT_TRUE(client.cursor->connection().closed_within(10s));
    EXPECT_TRUE(within(10s, [&] { return !server.desktop().watched(); }));
}

TEST(Server, hands_input_on_in_order_and_loses_none_when_the_desktop_is_behind) {
    RunningServer server;
    WholeClient client(server);
    ASSERT_TRUE(client.complete());
    server.desktop().limit_input(3);
    constexpr uint32_t kMotions = 500;
    for (uint32_t i = 0; i < kMotions; ++i) {
        client.inputs->say(SPICE_MSGC_INPUTS_MOUSE_POSITION,
                           ByteWriter().u32(i % 320).u32(i / 4).u16(0).u8(0));
    }
    uint32_t seen = 0;
    EXPECT_TRUE(within(20s, [&] {
        for (const InputEvent& event : server.desktop().take_input()) {
            const auto& pointer = std::get<PointerPosition>(event);
            EXPECT_EQ(pointer.position, (Point{static_cast<int>(seen % 320), static_cast<int>(seen / 4)}));
            ++seen;
        }
        return seen == kMotions;
    }));
    EXPECT_GT(server.desktop().refused_input(), 0u);
    for (uint32_t i = 0; i < kMotions / 4; ++i) {
        ASSERT_TRUE(client.inputs->wait_for(SPICE_MSG_INPUTS_MOUSE_MOTION_ACK)) << i;
    }
}

TEST(Server, lets_go_of_the_keys_of_a_client_that_vanishes) {
    RunningServer server;
    {
        WholeClient client(server);
        ASSERT_TRUE(client.complete());
        client.inputs->say(SPICE_MSGC_INPUTS_KEY_DOWN, ByteWriter().u32(0x1d));
        ASSERT_TRUE(within(10s, [&] { return server.desktop().take_input().size() == 1; }));
    }
    std::vector<InputEvent> events;
    ASSERT_TRUE(within(10s, [&] { return !(events = server.desktop().take_input()).empty(); }));
    EXPECT_EQ(std::get<KeyEvent>(events.at(0)).scancode, 0x1d);
    EXPECT_FALSE(std::get<KeyEvent>(events.at(0)).pressed);
}

TEST(Server, is_not_held_up_by_a_client_that_never_reads) {
    RunningServer server;
    WholeClient stuck(server);
    WholeClient reading(server);
    ASSERT_TRUE(reading.complete());
    for (uint32_t round = 0; round < 100; ++round) {
        server.draw([&](SyntheticDesktop& desktop) { desktop.noise({0, 0, 320, 240}, round); });
        ASSERT_TRUE(reading.display->next()) << round;
        stuck.inputs->say(SPICE_MSGC_INPUTS_MOUSE_MOTION, ByteWriter().i32(1).i32(1).u16(0));
    }
    EXPECT_LT(server.longest_turn(), 2s); // drawing the noise itself takes its time under a sanitizer
    EXPECT_TRUE(within(10s, [&] { return !server.desktop().take_input().empty(); }));
    EXPECT_TRUE(stuck.complete()); // and reads again after all
}

TEST(Server, sends_an_idle_client_nothing) {
    RunningServer server;
    WholeClient client(server);
    ASSERT_TRUE(client.complete());
    while (client.display->next(300ms)) { // the picture's last pieces
    }
    for (ProtocolChannel* channel :
         {&client.main, client.display.get(), client.cursor.get(), client.inputs.get()}) {
        while (channel->next(20ms)) {
        }
        EXPECT_EQ(channel->connection().bytes_within(200ms), 0u);
    }
}

TEST(Server, names_the_port_option_when_the_port_is_taken) {
    RunningServer server;
    ServerConfig config = RunningServer::loopback();
    config.port = server.port();
    SyntheticDesktop desktop({10, 10});
    CountingLog log;
    try {
        Server second(config, desktop, log);
        FAIL() << "bound twice";
    } catch (const ConfigError& error) {
        EXPECT_EQ(std::string(error.what()).rfind("--port", 0), 0u) << error.what();
    }
}

TEST(Server, stops_quickly_and_leaks_nothing) {
    { RunningServer warm_up; }
    const size_t descriptors = entries_of("/proc/self/fd");
    const size_t threads = entries_of("/proc/self/task");
    for (int round = 0; round < 20; ++round) {
        RunningServer server;
        WholeClient client(server);
        ASSERT_TRUE(client.complete());
        const Connection half_open(server.port());
        const auto before = std::chrono::steady_clock::now();
        server.server().stop();
        EXPECT_LT(std::chrono::steady_clock::now() - before, 1s);
        EXPECT_TRUE(client.main.connection().closed_within(5s));
        server.server().stop();
    }
    EXPECT_EQ(entries_of("/proc/self/fd"), descriptors);
    EXPECT_TRUE(within(5s, [&] { return entries_of("/proc/self/task") == threads; }));
}

TEST(Server, can_be_made_and_destroyed_without_starting) {
    SyntheticDesktop desktop({10, 10});
    CountingLog log;
    Server server(RunningServer::loopback(), desktop, log);
    EXPECT_NE(server.port(), 0);
}

} // namespace
} // namespace spice::test
