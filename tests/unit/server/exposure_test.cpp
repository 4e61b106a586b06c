#include "server/exposure.hpp"

#include "support/recording_log.hpp"

#include <spice/enums.h>

#include <gtest/gtest.h>

#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

#include <string>
#include <vector>

namespace spice::server {
namespace {

ServerConfig listening(std::vector<std::string> addresses) {
    ServerConfig config;
    config.addresses = std::move(addresses);
    config.tickets = {{.password = "secret", .expires = {}}};
    return config;
}

TEST(Exposure, knows_addresses_that_other_hosts_reach) {
    for (const char* local : {"127.0.0.1", "127.8.9.1", "::1", "localhost"}) {
        EXPECT_FALSE(takes_plain_links_from_elsewhere(listening({local}))) << local;
    }
    for (const char* open : {"0.0.0.0", "::", "192.0.2.1", "fe80::1%1", "desk.example.org"}) {
        EXPECT_TRUE(takes_plain_links_from_elsewhere(listening({"127.0.0.1", open}))) << open;
    }
    EXPECT_FALSE(takes_plain_links_from_elsewhere(listening({})));
    ServerConfig encrypted = listening({"0.0.0.0"});
    encrypted.plain_port = false;
    EXPECT_FALSE(takes_plain_links_from_elsewhere(encrypted));
}

TEST(Exposure, knows_where_inherited_sockets_listen) {
    for (const bool open : {false, true}) {
        ServerConfig config = listening({});
        const int descriptor = socket(AF_INET, SOCK_STREAM, 0);
        sockaddr_in name{};
        name.sin_family = AF_INET;
        name.sin_addr.s_addr = htonl(open ? INADDR_ANY : INADDR_LOOPBACK);
        ASSERT_EQ(bind(descriptor, reinterpret_cast<const sockaddr*>(&name), sizeof name), 0);
        config.listening_sockets = {descriptor};
        EXPECT_EQ(takes_plain_links_from_elsewhere(config), open);
        close(descriptor);
    }
}

TEST(Exposure, warns_of_tickets_that_others_can_overhear) {
    test::RecordingLog log;
    ServerConfig config = listening({"0.0.0.0"});
    warn_of_exposure(config, log);
    ASSERT_EQ(log.lines().size(), 1u);
    EXPECT_EQ(log.lines()[0].level, LogLevel::warning);
    EXPECT_NE(log.lines()[0].text.find("--tls-port"), std::string::npos);
    EXPECT_EQ(log.count("secret;"), 0u);
    config.tls.emplace();
    warn_of_exposure(config, log);
    ASSERT_EQ(log.lines().size(), 2u);
    EXPECT_NE(log.lines()[1].text.find("--secure-channels"), std::string::npos);
}

TEST(Exposure, warns_of_nothing_else) {
    test::RecordingLog log;
    warn_of_exposure(listening({"127.0.0.1"}), log);
    ServerConfig secured = listening({"0.0.0.0"});
    secured.tls.emplace();
    secured.secure_channels = {SPICE_CHANNEL_INPUTS, SPICE_CHANNEL_MAIN};
    warn_of_exposure(secured, log);
    secured.secure_channels.clear();
    secured.all_channels_secure = true;
    warn_of_exposure(secured, log);
    ServerConfig with_sasl = listening({"0.0.0.0"});
    with_sasl.sasl.emplace();
    warn_of_exposure(with_sasl, log);
    ServerConfig without_ticket = listening({"0.0.0.0"});
    without_ticket.tickets.clear();
    warn_of_exposure(without_ticket, log);
    EXPECT_TRUE(log.lines().empty());
}

} // namespace
} // namespace spice::server
