#include "server/config_check.hpp"

#include <gtest/gtest.h>

#include <functional>
#include <string>

namespace spice::server {
namespace {

std::string complaint(const std::function<void(ServerConfig&)>& change) {
    ServerConfig config;
    change(config);
    try {
        checked(config);
    } catch (const ConfigError& error) {
        return error.what();
    }
    return "";
}

TEST(ConfigCheck, takes_the_defaults_and_the_limits) {
    EXPECT_EQ(complaint([](ServerConfig&) {}), "");
    EXPECT_EQ(complaint([](ServerConfig& config) { config.tickets = {{.password = "x", .expires = {}}}; }),
              "");
    EXPECT_EQ(complaint([](ServerConfig& config) {
                  config.tickets = {{.password = std::string(60, 'x'), .expires = {}}};
              }),
              "");
}

TEST(ConfigCheck, names_the_option_of_what_it_refuses) {
    const auto begins = [](const std::string& text, const std::string& start) {
        return text.rfind(start, 0) == 0;
    };
    EXPECT_TRUE(begins(complaint([](ServerConfig& config) { config.addresses.clear(); }), "--addr: "));
    EXPECT_TRUE(
        begins(complaint([](ServerConfig& config) { config.tickets = {{.password = "", .expires = {}}}; }),
               "--password-file: "));
    EXPECT_TRUE(begins(complaint([](ServerConfig& config) {
                           config.tickets = {{.password = std::string(61, 'x'), .expires = {}}};
                       }),
                       "--password-file: "));
    EXPECT_TRUE(begins(complaint([](ServerConfig& config) {
                           config.tickets = {{.password = std::string("a\0b", 3), .expires = {}}};
                       }),
                       "--password-file: "));
    EXPECT_NE(complaint([](ServerConfig& config) { config.max_clients = 0; }), "");
    EXPECT_NE(complaint([](ServerConfig& config) { config.max_unauthenticated = 0; }), "");
    EXPECT_NE(complaint([](ServerConfig& config) { config.link_deadline = {}; }), "");
}

TEST(ConfigCheck, never_shows_the_password) {
    const std::string secret(61, 'q');
    EXPECT_EQ(complaint([&](ServerConfig& config) {
                  config.tickets = {{.password = secret, .expires = {}}};
              }).find("qq"),
              std::string::npos);
}

} // namespace
} // namespace spice::server
