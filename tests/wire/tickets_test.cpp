// Tickets and rights as clients meet them, over loopback sockets:
//
//  - tickets are replaced at run time: who is connected stays, goes, or keeps them from being replaced
//  - a session is not cut in half by an expiry or a replacement between its channels
//  - what a view-only client does has no effect, and it is served like any other
//  - a client that comes back takes the place of its own dead connection, even with a ticket for one client
//  - guesses from one address do not hold up clients from another
//  - plain links to secured channels are sent to TLS, the others are taken
#include "running_server.hpp"

#include <spice/protocol.h>

#include <gtest/gtest.h>

#include <atomic>
#include <future>
#include <string>
#include <thread>
#include <vector>

namespace spice::test {
namespace {

using namespace std::chrono_literals;

Ticket ticket(const std::string& password) {
    return {.password = password, .expires = {}};
}

bool replace(RunningServer& server, std::vector<Ticket> tickets, ConnectedAction action) {
    std::promise<bool> replaced;
    server.server().set_tickets(std::move(tickets), action, [&](bool done) { replaced.set_value(done); });
    return replaced.get_future().get();
}

// From an address of its own, so that failures delay nobody else.
uint32_t result_of(const RunningServer& server, const std::string& password, uint32_t connection_id = 0,
                   const char* source = "127.0.0.2") {
    LinkRequest request =
        server.request(connection_id == 0 ? SPICE_CHANNEL_MAIN : SPICE_CHANNEL_INPUTS, connection_id);
    request.ticket = password;
    request.source = source;
    return ProtocolChannel(server.port(), request).result();
}

TEST(Tickets, are_replaced_and_who_is_connected_stays) {
    RunningServer server;
    ProtocolChannel main = server.link(SPICE_CHANNEL_MAIN);
    const auto init = main.wait_for(SPICE_MSG_MAIN_INIT);
    ASSERT_TRUE(init);
    const uint32_t id = ByteReader(init->body).u32();
    Ticket expired = ticket("brief");
    expired.expires = std::chrono::steady_clock::now();
    EXPECT_TRUE(replace(server, {ticket("new"), expired}, ConnectedAction::keep));
    EXPECT_EQ(result_of(server, "secret", id), uint32_t{SPICE_LINK_ERR_OK}) << "its own ticket";
    EXPECT_EQ(result_of(server, "new", id), uint32_t{SPICE_LINK_ERR_PERMISSION_DENIED});
    EXPECT_EQ(result_of(server, "new"), uint32_t{SPICE_LINK_ERR_OK});
    auto old_ticket = std::async(std::launch::async, [&] { return result_of(server, "secret"); });
    while (old_ticket.wait_for(0s) != std::future_status::ready) {
        main.next(20ms); // it is asked whether it is still there, and says so
    }
    EXPECT_EQ(old_ticket.get(), uint32_t{SPICE_LINK_ERR_PERMISSION_DENIED});
    EXPECT_EQ(result_of(server, "brief"), uint32_t{SPICE_LINK_ERR_PERMISSION_DENIED});
    main.say(SPICE_MSGC_MAIN_ATTACH_CHANNELS);
    EXPECT_TRUE(main.wait_for(SPICE_MSG_MAIN_CHANNELS_LIST));
}

TEST(Tickets, are_not_replaced_while_somebody_is_connected_if_that_is_wished) {
    RunningServer server;
    {
        ProtocolChannel main = server.link(SPICE_CHANNEL_MAIN);
        ASSERT_TRUE(main.wait_for(SPICE_MSG_MAIN_INIT));
        EXPECT_FALSE(replace(server, {ticket("new")}, ConnectedAction::fail));
        EXPECT_EQ(result_of(server, "secret"), uint32_t{SPICE_LINK_ERR_OK});
    }
    const auto deadline = std::chrono::steady_clock::now() + 5s;
    bool replaced = false;
    while (!replaced && std::chrono::steady_clock::now() < deadline) {
        replaced = replace(server, {ticket("new")}, ConnectedAction::fail);
    }
    EXPECT_TRUE(replaced);
    EXPECT_EQ(result_of(server, "new"), uint32_t{SPICE_LINK_ERR_OK});
}

TEST(Tickets, are_replaced_and_everybody_goes_if_that_is_wished) {
    RunningServer server;
    ProtocolChannel main = server.link(SPICE_CHANNEL_MAIN);
    ASSERT_TRUE(main.wait_for(SPICE_MSG_MAIN_INIT));
    EXPECT_TRUE(replace(server, {ticket("new")}, ConnectedAction::disconnect));
    EXPECT_TRUE(main.connection().closed_within(5s));
    EXPECT_EQ(result_of(server, "secret"), uint32_t{SPICE_LINK_ERR_PERMISSION_DENIED});
    EXPECT_EQ(result_of(server, "new"), uint32_t{SPICE_LINK_ERR_OK});
}

TEST(Tickets, must_be_what_clients_can_send) {
    RunningServer server;
    for (const std::string& wrong : {std::string(), std::string(61, 'x'), std::string("a\0b", 3)}) {
        EXPECT_THROW(server.server().set_tickets({ticket(wrong)}, ConnectedAction::keep), ConfigError);
    }
    EXPECT_TRUE(replace(server, {}, ConnectedAction::keep));
    EXPECT_EQ(result_of(server, "anything"), uint32_t{SPICE_LINK_ERR_OK});
}

TEST(Tickets, let_one_client_in_and_all_of_its_channels) {
    ServerConfig config = RunningServer::loopback();
    config.tickets[0].one_shot = true;
    RunningServer server(config);
    WholeClient client(server);
    EXPECT_TRUE(client.complete());
    client.main.say(SPICE_MSGC_DISCONNECTING, ByteWriter().u64(0).u32(0));
    EXPECT_TRUE(client.main.connection().closed_within(5s));
    EXPECT_EQ(result_of(server, "secret"), uint32_t{SPICE_LINK_ERR_PERMISSION_DENIED});
}

TEST(Tickets, let_in_who_comes_back_while_the_old_connection_seems_to_live) {
    ServerConfig config = RunningServer::loopback();
    config.tickets[0].one_shot = true;
    RunningServer server(config);
    ProtocolChannel main = server.link(SPICE_CHANNEL_MAIN);
    ASSERT_TRUE(main.wait_for(SPICE_MSG_MAIN_INIT));
    main.set_answering(false); // its network is gone, and nobody knows yet
    EXPECT_EQ(result_of(server, "secret"), uint32_t{SPICE_LINK_ERR_OK});
    EXPECT_TRUE(main.connection().closed_within(5s));
}

TEST(Tickets, guessed_a_thousand_times_in_parallel_hold_up_nobody_elsewhere) {
    RunningServer server;
    constexpr int guesses = 1000;
    std::atomic<int> begun_guesses{0};
    std::atomic<int> refused{0};
    std::vector<std::thread> guessers;
    for (int thread = 0; thread < 25; ++thread) {
        guessers.emplace_back([&] {
            for (int guess = begun_guesses++; guess < guesses; guess = begun_guesses++) {
                if (result_of(server, "guess " + std::to_string(guess)) == SPICE_LINK_ERR_PERMISSION_DENIED) {
                    ++refused;
                }
            }
        });
    }
    const auto begun = std::chrono::steady_clock::now();
    std::vector<std::chrono::milliseconds> waits;
    while (begun_guesses < guesses) {
        const auto before = std::chrono::steady_clock::now();
        EXPECT_EQ(result_of(server, "secret", 0, "127.0.0.1"), uint32_t{SPICE_LINK_ERR_OK});
        waits.push_back(
            std::chrono::duration_cast<std::chrono::milliseconds>(std::chrono::steady_clock::now() - before));
        EXPECT_LT(waits.back(), 1s);
        if (waits.size() > 1000 || std::chrono::steady_clock::now() - begun > 60s) {
            break;
        }
    }
    for (std::thread& guesser : guessers) {
        guesser.join();
    }
    EXPECT_EQ(refused, guesses);
    EXPECT_EQ(result_of(server, "secret"), uint32_t{SPICE_LINK_ERR_OK}) << "where the guesses came from, too";
    EXPECT_LT(server.longest_turn(), 1s);
}

TEST(Rights, of_those_who_only_watch_end_at_the_core) {
    ServerConfig config = RunningServer::loopback();
    config.tickets[0].view_only = true;
    RunningServer server(config);
    WholeClient client(server);
    ASSERT_TRUE(client.complete());
    client.inputs->say(SPICE_MSGC_INPUTS_KEY_DOWN, ByteWriter().u32(0x1e));
    client.inputs->say(SPICE_MSGC_INPUTS_MOUSE_PRESS, ByteWriter().u8(1).u16(1));
    for (int i = 0; i < 4; ++i) {
        client.inputs->say(SPICE_MSGC_INPUTS_MOUSE_POSITION, ByteWriter().u32(1).u32(1).u16(0).u8(0));
    }
    EXPECT_TRUE(client.inputs->wait_for(SPICE_MSG_INPUTS_MOUSE_MOTION_ACK));
    EXPECT_TRUE(server.desktop().take_input().empty());
    server.draw([](SyntheticDesktop& desktop) { desktop.fill({10, 10, 60, 60}, 0xff0000); });
    EXPECT_TRUE(client.display->next());
}

TEST(Rights, plain_links_are_kept_from_secured_channels) {
    ServerConfig config = RunningServer::loopback();
    config.secure_channels = {SPICE_CHANNEL_INPUTS};
    RunningServer server(config);
    ProtocolChannel main = server.link(SPICE_CHANNEL_MAIN);
    const auto init = main.wait_for(SPICE_MSG_MAIN_INIT);
    ASSERT_TRUE(init);
    const uint32_t id = ByteReader(init->body).u32();
    EXPECT_EQ(server.link(SPICE_CHANNEL_INPUTS, id).result(), uint32_t{SPICE_LINK_ERR_NEED_SECURED});
    EXPECT_EQ(server.link(SPICE_CHANNEL_CURSOR, id).result(), uint32_t{SPICE_LINK_ERR_OK});
}

} // namespace
} // namespace spice::test
