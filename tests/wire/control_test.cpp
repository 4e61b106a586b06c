// The control socket as programs meet it, with a synthetic front-end:
//
//  - screenshots show what was drawn when they were asked for, and nobody watches before or after
//  - requests are answered however their bytes come, and those that wait do not hold up the others
//  - lines, answers, descriptors and waiting requests of a connection are bounded; who exceeds a bound loses
//    that connection at most, and the front-end never waits
//  - what is typed while X is behind waits, and ends with the connection
//  - the server stops whatever is under way
#include "running_server.hpp"
#include "support/control_connection.hpp"
#include "support/temporary_directory.hpp"

#include <boost/json/serialize.hpp>

#include <gtest/gtest.h>

#include <sys/stat.h>
#include <unistd.h>

#include <atomic>
#include <chrono>
#include <cstdint>
#include <cstdio>
#include <memory>
#include <optional>
#include <string>
#include <thread>
#include <vector>

namespace spice::test {
namespace {

using namespace std::chrono_literals;
using boost::json::object;

// "" when it is not there.
std::string error_of(const std::optional<object>& answer) {
    const auto* const error = answer ? answer->if_contains("error") : nullptr;
    return error != nullptr ? std::string(error->as_string()) : "";
}

bool ok(const std::optional<object>& answer) {
    return answer && answer->contains("ok") && answer->at("ok").as_bool();
}

class ControlTest : public testing::Test {
protected:
    ControlTest() {
        ServerConfig config = RunningServer::loopback();
        config.control_path = path;
        server = std::make_unique<RunningServer>(std::move(config));
    }

    // Greeted.
    std::unique_ptr<ControlConnection> connect() {
        auto connection = std::make_unique<ControlConnection>(path);
        const auto greeting = connection->read();
        EXPECT_TRUE(greeting && greeting->at("protocol") == 1);
        return connection;
    }
    std::vector<uint32_t> screenshot(ControlConnection& connection) {
        const auto answer = connection.ask(R"({"command": "screenshot"})");
        EXPECT_TRUE(ok(answer));
        const std::vector<UniqueFd> descriptors = connection.take_descriptors();
        EXPECT_EQ(descriptors.size(), 1u);
        struct stat status {};
        if (descriptors.size() != 1 || ::fstat(descriptors[0].value(), &status) != 0) {
            return {};
        }
        std::vector<uint32_t> pixels(static_cast<size_t>(status.st_size) / 4);
        EXPECT_EQ(::pread(descriptors[0].value(), pixels.data(), pixels.size() * 4, 0), status.st_size);
        return pixels;
    }
    std::vector<uint32_t> drawn() {
        std::vector<uint32_t> pixels;
        server->draw([&](SyntheticDesktop& desktop) { pixels = desktop.pixels(); });
        return pixels;
    }
    template <class Condition>
    static bool comes_true(Condition condition) {
        const auto deadline = std::chrono::steady_clock::now() + 20s;
        while (!condition()) {
            if (std::chrono::steady_clock::now() > deadline) {
                return false;
            }
            std::this_thread::sleep_for(1ms);
        }
        return true;
    }

    TemporaryDirectory directory;
    const std::string path = directory.file("control");
    std::unique_ptr<RunningServer> server;
};

TEST_F(ControlTest, shows_what_was_drawn_and_watches_no_longer_than_that) {
    auto control = connect();
    EXPECT_FALSE(server->desktop().watched());
    for (uint32_t seed = 1; seed < 8; ++seed) {
        server->draw([&](SyntheticDesktop& desktop) {
            desktop.noise({10, 20, 200, 150}, seed);
            desktop.scroll({0, 0, 320, 240}, 3, -7);
        });
        EXPECT_EQ(screenshot(*control), drawn());
        EXPECT_TRUE(comes_true([&] { return !server->desktop().watched(); }));
    }
}

TEST_F(ControlTest, follows_in_a_capture_until_the_connection_ends) {
    auto control = connect();
    EXPECT_EQ(error_of(control->ask(R"({"command": "frame"})")),
              "frame: nothing is captured; begin with \"capture\"");
    EXPECT_TRUE(ok(control->ask(R"({"command": "capture"})")));
    EXPECT_TRUE(server->desktop().watched());
    EXPECT_EQ(control->take_descriptors().size(), 1u);
    server->draw([](SyntheticDesktop& desktop) { desktop.fill({0, 0, 9, 9}, 0x123456); });
    auto frame = control->ask(R"({"command": "frame", "timeout": 20000})");
    EXPECT_TRUE(ok(frame) && frame->at("changed").as_bool());
    frame = control->ask(R"({"command": "frame", "timeout": 1})");
    EXPECT_TRUE(ok(frame) && !frame->at("changed").as_bool());
    server->draw([](SyntheticDesktop& desktop) { desktop.resize({64, 48}); });
    frame = control->ask(R"({"command": "frame", "timeout": 20000})");
    ASSERT_TRUE(ok(frame) && frame->contains("resized"));
    EXPECT_EQ(frame->at("width"), 64);
    EXPECT_EQ(control->take_descriptors().size(), 1u);
    control.reset();
    EXPECT_TRUE(comes_true([&] { return !server->desktop().watched(); }));
}

TEST_F(ControlTest, answers_however_the_bytes_come) {
    auto control = connect();
    for (const char byte : std::string_view("{\"command\": \"clients\", \"id\": 5}\n{\"command\"")) {
        ASSERT_TRUE(control->send({&byte, 1}));
    }
    EXPECT_EQ(boost::json::serialize(*control->read()), R"({"id":5,"ok":true,"clients":[]})");
    ASSERT_TRUE(control->send(": \"clients\", \"id\": \"b\"}\n{\"command\": \"dance\", \"id\": null}\n"));
    EXPECT_EQ(control->read()->at("id"), "b");
    EXPECT_TRUE(control->read()->at("id").is_null());
}

TEST_F(ControlTest, does_not_let_those_that_wait_hold_up_the_others) {
    auto control = connect();
    for (int i = 0; i < 16; ++i) {
        ASSERT_TRUE(control->send("{\"command\": \"wait-still\", \"still\": 86400000, \"id\": 1}\n"));
    }
    EXPECT_TRUE(ok(control->ask(R"({"command": "status"})")));
    const auto refused = control->ask(R"({"command": "screenshot", "id": [17]})");
    EXPECT_NE(error_of(refused).find("16 requests"), std::string::npos);
    EXPECT_EQ(boost::json::serialize(refused->at("id")), "[17]");
    auto other = connect();
    EXPECT_EQ(screenshot(*other), drawn());
    control.reset();
    other.reset();
    EXPECT_TRUE(comes_true([&] { return !server->desktop().watched(); }));
}

TEST_F(ControlTest, answers_who_has_no_more_to_say) {
    auto control = connect();
    ASSERT_TRUE(
        control->send("{\"command\": \"wait-still\", \"still\": 300}\n{\"command\": \"screenshot\"}\n"));
    control->say_no_more();
    EXPECT_TRUE(ok(control->read()));
    EXPECT_TRUE(ok(control->read()));
    EXPECT_TRUE(control->ends());
    auto gone = connect();
    ASSERT_TRUE(gone->send("{\"command\": \"wait-still\", \"still\": 86400000}\n"));
    gone->say_no_more();
    EXPECT_TRUE(comes_true([&] { return server->desktop().watched(); }));
    gone.reset();
    EXPECT_TRUE(comes_true([&] { return !server->desktop().watched(); }));
}

TEST_F(ControlTest, tells_still_from_moving) {
    auto control = connect();
    const auto begin = std::chrono::steady_clock::now();
    EXPECT_TRUE(control->ask(R"({"command": "wait-still", "still": 50})")->at("still").as_bool());
    EXPECT_GE(std::chrono::steady_clock::now() - begin, 50ms);
    std::atomic<bool> over = false;
    std::thread painter([&] {
        for (uint32_t colour = 0; !over; ++colour) {
            server->draw([&](SyntheticDesktop& desktop) {
                desktop.fill({0, 0, 40, 40}, colour);
                desktop.move_cursor({static_cast<int>(colour % 100), 5});
            });
            std::this_thread::sleep_for(5ms);
        }
    });
    const auto answer = control->ask(R"({"command": "wait-still", "still": 2000, "timeout": 2500})");
    over = true;
    painter.join();
    EXPECT_FALSE(answer->at("still").as_bool());
    EXPECT_TRUE(control->ask(R"({"command": "wait-still", "still": 50})")->at("still").as_bool());
}

// As when X is busy with what was typed before.
TEST_F(ControlTest, counts_stillness_from_what_is_drawn_while_the_desktop_is_behind) {
    auto control = connect();
    auto drawn_at = std::chrono::steady_clock::now();
    server->draw([&](SyntheticDesktop& desktop) {
        const auto begin = std::chrono::steady_clock::now();
        ASSERT_TRUE(control->send("{\"command\": \"wait-still\", \"still\": 200}\n"));
        EXPECT_TRUE(comes_true([&] { return std::chrono::steady_clock::now() - begin > 250ms; }));
        drawn_at = std::chrono::steady_clock::now();
        desktop.fill({0, 0, 9, 9}, 0x123456);
    });
    EXPECT_TRUE(control->read()->at("still").as_bool());
    EXPECT_GE(std::chrono::steady_clock::now() - drawn_at, 200ms);
}

TEST_F(ControlTest, gives_no_more_descriptors_than_are_taken) {
    auto control = connect();
    for (int i = 0; i < 8; ++i) {
        ASSERT_TRUE(control->send("{\"command\": \"screenshot\"}\n"));
    }
    // All are answered when this is, or not at all: it asks for a commit after them.
    ASSERT_TRUE(control->send("{\"command\": \"wait-still\", \"still\": 100, \"id\": \"last\"}\n"));
    size_t given = 0;
    size_t refused = 0;
    for (auto answer = control->read(); answer && !answer->contains("id"); answer = control->read()) {
        (ok(answer) ? given : refused) += 1;
    }
    EXPECT_EQ(given + refused, 8u);
    EXPECT_EQ(control->take_descriptors().size(), given);
    EXPECT_GE(given, 4u);
    EXPECT_EQ(screenshot(*control), drawn()); // they have been read
}

TEST_F(ControlTest, closes_only_the_connection_that_sends_what_it_should_not) {
    auto good = connect();
    auto garbage = connect();
    ASSERT_TRUE(garbage->send(std::string(64, '\0') + "\n"));
    EXPECT_NE(error_of(garbage->read()).find("not a JSON object"), std::string::npos);
    EXPECT_TRUE(garbage->ends());
    auto endless = connect();
    const std::string part(64 * 1024, ' ');
    for (int i = 0; i < 16; ++i) {
        ASSERT_TRUE(endless->send(part));
    }
    ASSERT_TRUE(endless->send("  "));
    EXPECT_NE(error_of(endless->read()).find("1 MiB"), std::string::npos);
    EXPECT_TRUE(endless->ends());
    auto silent = connect(); // connects, and says nothing
    EXPECT_TRUE(ok(good->ask(R"({"command": "status"})")));
    EXPECT_EQ(server->errors(), 0);
}

TEST_F(ControlTest, closes_a_connection_that_does_not_read) {
    auto good = connect();
    auto deaf = connect();
    const std::string request = "{\"command\": \"dance\", \"id\": \"" + std::string(1000, 'x') + "\"}\n";
    int sent = 0;
    while (sent < 100'000 && deaf->send(request)) {
        ++sent;
    }
    EXPECT_LT(sent, 100'000);
    EXPECT_TRUE(deaf->ends());
    EXPECT_TRUE(ok(good->ask(R"({"command": "status"})")));
    EXPECT_LT(server->longest_turn(), 2s);
    EXPECT_EQ(server->errors(), 0);
}

TEST_F(ControlTest, takes_a_limited_number_of_connections) {
    std::vector<std::unique_ptr<ControlConnection>> connections;
    for (int i = 0; i < 32; ++i) {
        connections.push_back(connect());
    }
    ControlConnection one_more(path);
    EXPECT_NE(error_of(one_more.read()).find("32 programs"), std::string::npos);
    EXPECT_TRUE(one_more.ends());
    connections.pop_back();
    EXPECT_TRUE(comes_true([&] {
        ControlConnection again(path);
        const auto greeting = again.read();
        return greeting && greeting->contains("protocol");
    }));
}

size_t presses(const std::vector<InputEvent>& events) {
    size_t count = 0;
    for (const InputEvent& event : events) {
        const auto* const key = std::get_if<KeysymEvent>(&event);
        count += key != nullptr && key->pressed ? 1 : 0;
    }
    return count;
}

TEST_F(ControlTest, types_all_of_a_text_though_the_desktop_is_behind) {
    auto control = connect();
    server->desktop().limit_input(10);
    ASSERT_TRUE(control->send("{\"command\": \"type\", \"text\": \"" + std::string(500, 'a') + "\"}\n"));
    size_t typed = 0;
    EXPECT_TRUE(comes_true([&] { return (typed += presses(server->desktop().take_input())) == 500; }));
    EXPECT_TRUE(ok(control->read()));
}

TEST_F(ControlTest, types_no_more_for_somebody_who_has_gone) {
    auto control = connect();
    auto other = connect();
    server->desktop().limit_input(9);
    ASSERT_TRUE(control->send("{\"command\": \"type\", \"text\": \"" + std::string(500, 'a') + "\"}\n"));
    EXPECT_TRUE(comes_true([&] { return server->desktop().refused_input() > 0; }));
    control.reset();
    // It is noticed at the next try, before anything is taken.
    const size_t tries = server->desktop().refused_input();
    EXPECT_TRUE(comes_true([&] { return server->desktop().refused_input() > tries + 3; }));
    server->desktop().limit_input(1000);
    EXPECT_TRUE(ok(other->ask(R"({"command": "keys", "events": [{"key": "b"}]})")));
    EXPECT_EQ(presses(server->desktop().take_input()), 6u); // five of the text, and b
}

TEST_F(ControlTest, lets_what_is_held_up_at_the_end_of_the_connection) {
    auto control = connect();
    EXPECT_TRUE(ok(
        control->ask(R"({"command": "keys", "events": [{"key": "a", "action": "press"}, {"key": "b"}]})")));
    EXPECT_TRUE(ok(control->ask(R"({"command": "mouse", "events": [{"button": 2, "action": "press"}]})")));
    EXPECT_EQ(server->desktop().take_input().size(), 4u);
    control.reset();
    std::vector<InputEvent> released;
    EXPECT_TRUE(comes_true([&] {
        for (const InputEvent& event : server->desktop().take_input()) {
            released.push_back(event);
        }
        return released.size() == 2;
    }));
}

TEST_F(ControlTest, holds_no_more_keys_than_a_keyboard_has) {
    auto control = connect();
    std::string events;
    for (int i = 0; i < 257; ++i) {
        char key[64];
        std::snprintf(key, sizeof key, R"(%s{"key": "U+%x", "action": "press"})", i == 0 ? "" : ", ",
                      0x4e00 + i);
        events += key;
    }
    const auto answer = control->ask("{\"command\": \"keys\", \"events\": [" + events + "]}");
    EXPECT_EQ(error_of(answer), "events: 256 keys are held down; release some");
    EXPECT_EQ(presses(server->desktop().take_input()), 256u);
    EXPECT_TRUE(
        ok(control->ask(R"({"command": "keys", "events": [{"key": "U+4e00", "action": "release"}]})")));
    EXPECT_TRUE(ok(control->ask(R"({"command": "keys", "events": [{"key": "a", "action": "press"}]})")));
}

TEST_F(ControlTest, tells_what_it_knows_while_the_desktop_is_busy) {
    auto control = connect();
    server->draw([&](SyntheticDesktop&) { // the front-end does nothing else meanwhile
        const auto answer = control->ask(R"({"command": "status"})");
        ASSERT_TRUE(ok(answer));
        EXPECT_FALSE(answer->contains("width") || answer->contains("locks"));
        EXPECT_EQ(answer->at("clients"), 0);
    });
    const auto answer = control->ask(R"({"command": "status"})");
    ASSERT_TRUE(ok(answer));
    EXPECT_EQ(answer->at("width"), 320);
}

TEST_F(ControlTest, changes_the_size_or_says_why_not) {
    auto control = connect();
    auto answer = control->ask(R"({"command": "resize", "monitors": [{"width": 300, "height": 200},)"
                               R"({"width": 100, "height": 100}]})");
    ASSERT_TRUE(ok(answer));
    EXPECT_EQ(answer->at("width"), 400);
    EXPECT_EQ(answer->at("height"), 200);
    answer = control->ask(R"({"command": "resize", "monitors": [{"width": 16384, "height": 200}]})");
    EXPECT_EQ(error_of(answer), "monitors: these outputs cannot be made");
    EXPECT_EQ(control->ask(R"({"command": "status"})")->at("width"), 400);
}

TEST_F(ControlTest, tells_of_clients_and_of_the_end_to_those_who_asked) {
    auto control = connect();
    auto listener = connect();
    EXPECT_NE(error_of(control->ask(R"({"command": "quit"})")).find("nobody listens"), std::string::npos);
    EXPECT_TRUE(ok(listener->ask(R"({"command": "subscribe", "events": ["clients", "quit"]})")));
    {
        ProtocolChannel main = server->link(SPICE_CHANNEL_MAIN);
        EXPECT_EQ(boost::json::serialize(*listener->read()), R"({"event":"clients","clients":1,"came":1})");
        EXPECT_EQ(control->ask(R"({"command": "kick", "client": 1})")->at("kicked"), 1);
    }
    EXPECT_EQ(boost::json::serialize(*listener->read()), R"({"event":"clients","clients":0,"went":1})");
    EXPECT_TRUE(ok(control->ask(R"({"command": "quit"})")));
    EXPECT_EQ(boost::json::serialize(*listener->read()), R"({"event":"quit"})");
    EXPECT_TRUE(ok(listener->ask(R"({"command": "subscribe", "events": []})")));
    EXPECT_FALSE(ok(control->ask(R"({"command": "quit"})")));
}

TEST_F(ControlTest, stops_whatever_is_under_way) {
    auto waiting = connect();
    auto typing = connect();
    auto capturing = connect();
    server->desktop().limit_input(0);
    ASSERT_TRUE(waiting->send("{\"command\": \"wait-still\", \"still\": 86400000}\n"));
    ASSERT_TRUE(typing->send("{\"command\": \"type\", \"text\": \"abc\"}\n"));
    EXPECT_TRUE(ok(capturing->ask(R"({"command": "capture"})")));
    ASSERT_TRUE(capturing->send("{\"command\": \"frame\", \"timeout\": 60000}\n"));
    EXPECT_TRUE(comes_true([&] { return server->desktop().refused_input() > 0; }));
    const auto begin = std::chrono::steady_clock::now();
    server.reset();
    EXPECT_LT(std::chrono::steady_clock::now() - begin, 5s);
    EXPECT_TRUE(waiting->ends() && typing->ends() && capturing->ends());
    EXPECT_NE(::access(path.c_str(), F_OK), 0);
}

TEST(ControlSocket, is_refused_by_name_when_it_cannot_be_made) {
    ServerConfig config = RunningServer::loopback();
    config.control_path = "/nonexistent-directory/control";
    try {
        const RunningServer server(config);
        FAIL() << "made";
    } catch (const ConfigError& error) {
        EXPECT_EQ(std::string(error.what()),
                  "SpiceControl /nonexistent-directory/control: no such directory; "
                  "make it or choose another path");
    }
}

} // namespace
} // namespace spice::test
