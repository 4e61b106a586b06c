#include "control/request.hpp"

#include <boost/json/serialize.hpp>

#include <gtest/gtest.h>

#include <chrono>
#include <string>
#include <string_view>
#include <vector>

namespace spice::control {
namespace {

using namespace std::chrono_literals;

const std::chrono::steady_clock::time_point kNow{1000s};

template <class Kind>
Kind parsed(std::string_view line) {
    ParsedLine result = parse_line(line, kNow);
    EXPECT_TRUE(result.readable);
    if (!result.request) {
        ADD_FAILURE() << line << ": " << result.request.error().what;
        return Kind{};
    }
    Kind* const kind = std::get_if<Kind>(&*result.request);
    if (kind == nullptr) {
        ADD_FAILURE() << line << ": another request";
        return Kind{};
    }
    return std::move(*kind);
}

std::string refusal(std::string_view line) {
    const ParsedLine result = parse_line(line, kNow);
    return result.request ? "not refused" : result.request.error().what;
}

// "move 1 2", "key 61 down", ...
std::vector<std::string> texts(const InputRequest& request) {
    std::vector<std::string> found;
    for (const InputEvent& event : request.events) {
        if (const auto* key = std::get_if<KeysymEvent>(&event)) {
            found.push_back("key " + std::to_string(key->keysym) + (key->pressed ? " down" : " up"));
        } else if (const auto* button = std::get_if<ButtonEvent>(&event)) {
            found.push_back("button " + std::to_string(button->button) + (button->pressed ? " down" : " up"));
        } else if (const auto* place = std::get_if<PointerPosition>(&event)) {
            found.push_back("move " + std::to_string(place->position.x) + " " +
                            std::to_string(place->position.y));
        } else if (const auto* way = std::get_if<PointerMotion>(&event)) {
            found.push_back("motion " + std::to_string(way->dx) + " " + std::to_string(way->dy));
        }
    }
    return found;
}

using Texts = std::vector<std::string>;

TEST(ControlRequest, is_one_json_object) {
    for (const std::string_view line : {"", "[]", "7", "\"status\"", "{", "{}{}", "{\"command\": \"status\"",
                                        "\xff", "{\"command\": \"\xff\"}", "nul"}) {
        const ParsedLine result = parse_line(line, kNow);
        EXPECT_FALSE(result.readable) << line;
        EXPECT_FALSE(result.request);
    }
    EXPECT_FALSE(parse_line(std::string(100'000, '['), kNow).readable);
    parsed<StatusRequest>("{\"command\": \"status\"}");
    parsed<StatusRequest>(" {\"command\":\"status\",\"id\":null}\r");
}

TEST(ControlRequest, keeps_the_id_whatever_it_is) {
    for (const std::string id : {"1", "\"x\"", "null", "[1,{\"a\":2}]", "-7"}) {
        const ParsedLine result = parse_line("{\"id\": " + id + ", \"command\": \"nonsense\"}", kNow);
        ASSERT_TRUE(result.id);
        EXPECT_EQ(boost::json::serialize(*result.id), id);
        EXPECT_FALSE(result.request);
    }
    EXPECT_FALSE(parse_line("{\"command\": \"status\"}", kNow).id);
    const std::string large(2000, 'x');
    EXPECT_EQ(refusal("{\"command\": \"status\", \"id\": \"" + large + "\"}"), "id: longer than 1024 bytes");
}

TEST(ControlRequest, names_what_is_wrong) {
    EXPECT_EQ(refusal("{}"), "command: missing; give a text");
    EXPECT_EQ(refusal(R"({"command": 7})"), "command: give a text");
    EXPECT_EQ(refusal(R"({"command": "dance\n"})"),
              R"(command: there is no "dance\x0a"; see docs/control.md for what there is)");
    EXPECT_EQ(refusal(R"({"command": "status", "verbose": true})"),
              "verbose: unknown; see docs/control.md for what there is");
    EXPECT_EQ(refusal(R"({"command": "kick", "client": -1})"),
              "client: give a whole number from 1 to 9223372036854775807");
    EXPECT_EQ(refusal(R"({"command": "kick", "client": 1.5})"),
              "client: give a whole number from 1 to 9223372036854775807");
    EXPECT_EQ(refusal(R"({"command": "view-only", "client": 1})"), "view_only: missing; give true or false");
    EXPECT_EQ(refusal(R"({"command": "screenshot", "cursor": "yes"})"), "cursor: give true or false");
    EXPECT_EQ(refusal(R"({"command": "frame", "timeout": 60001})"),
              "timeout: give a whole number from 0 to 60000");
    EXPECT_EQ(refusal(R"({"command": "tickets", "tickets": [{"password": "a"}, {"password": "b", "x": 1}]})"),
              "tickets[1].x: unknown; see docs/control.md for what there is");
    EXPECT_EQ(refusal(R"({"command": "tickets", "tickets": ["a"]})"), "tickets[0]: give an object");
    EXPECT_EQ(refusal(R"({"command": "tickets", "tickets": [], "connected": "stay"})"),
              R"(connected: give "keep", "disconnect" or "fail")");
    EXPECT_EQ(refusal(R"({"command": "subscribe", "events": ["all"]})"),
              R"(events: give a list of "clients" and "quit")");
}

TEST(ControlRequest, kicks_one_or_all) {
    EXPECT_EQ(parsed<KickRequest>(R"({"command": "kick", "client": 3})").client, 3u);
    EXPECT_EQ(parsed<KickRequest>(R"({"command": "kick", "client": "all"})").client, std::nullopt);
    EXPECT_EQ(refusal(R"({"command": "kick", "client": "both"})"),
              "client: give a whole number from 1 to 9223372036854775807");
}

TEST(ControlRequest, reads_tickets) {
    const auto request = parsed<TicketsRequest>(
        R"({"command": "tickets", "connected": "fail", "tickets": [{"password": "a", "expires_in": 2.5},)"
        R"({"password": "b", "one_shot": true, "view_only": true}]})");
    ASSERT_EQ(request.tickets.size(), 2u);
    EXPECT_EQ(request.connected, ConnectedAction::fail);
    EXPECT_EQ(request.tickets[0].password, "a");
    EXPECT_EQ(request.tickets[0].expires, kNow + 2500ms);
    EXPECT_FALSE(request.tickets[0].one_shot || request.tickets[0].view_only);
    EXPECT_EQ(request.tickets[1].expires, std::nullopt);
    EXPECT_TRUE(request.tickets[1].one_shot && request.tickets[1].view_only);
    EXPECT_TRUE(parsed<TicketsRequest>(R"({"command": "tickets", "tickets": []})").tickets.empty());
    EXPECT_EQ(parsed<AddTicketRequest>(R"({"command": "add-ticket", "password": "c"})").ticket.password, "c");
}

TEST(ControlRequest, checks_passwords_as_the_configuration_does_and_shows_none) {
    const auto with = [](const std::string& password) {
        return refusal("{\"command\": \"add-ticket\", \"password\": \"" + password + "\"}");
    };
    EXPECT_EQ(with(""), "password: the password is empty");
    EXPECT_EQ(with(std::string(61, 'q')),
              "password: the password is longer than the 60 bytes that the protocol allows");
    EXPECT_EQ(with("a\\u0000b"), "password: the password holds a zero byte, which clients cannot send");
    EXPECT_EQ(with(std::string(60, 'q')), "not refused");
    EXPECT_EQ(refusal(R"({"command": "add-ticket", "password": "a", "expires_in": -1})"),
              "expires_in: give a number from 0 to 315360000");
}

TEST(ControlRequest, places_monitors_from_left_to_right) {
    EXPECT_EQ(parsed<ResizeRequest>(R"({"command": "resize", "monitors": [{"width": 800, "height": 600},)"
                                    R"({"width": 640, "height": 480}]})")
                  .monitors,
              (std::vector<Rect>{{0, 0, 800, 600}, {800, 0, 1440, 480}}));
    EXPECT_EQ(parsed<ResizeRequest>(R"({"command": "resize", "monitors": [)"
                                    R"({"width": 800, "height": 600, "x": 0, "y": 480}]})")
                  .monitors,
              (std::vector<Rect>{{0, 480, 800, 1080}}));
    EXPECT_EQ(refusal(R"({"command": "resize", "monitors": []})"), "monitors: has 0 items; give 1 to 16");
    EXPECT_EQ(refusal(R"({"command": "resize", "monitors": [{"width": 1, "height": 1, "x": 1}]})"),
              "monitors[0].y: missing; give both, or none");
    EXPECT_EQ(refusal(R"({"command": "resize", "monitors": [{"width": 1, "height": 1, "x": 1, "y": 1},)"
                      R"({"width": 1, "height": 1}]})"),
              "monitors: some have a place and some have none; give x and y to all, or to none");
    EXPECT_EQ(refusal(R"({"command": "resize", "monitors": [{"width": 16385, "height": 1}]})"),
              "monitors[0].width: give a whole number from 1 to 16384");
}

TEST(ControlRequest, reads_times) {
    const auto frame = parsed<FrameRequest>(R"({"command": "frame"})");
    EXPECT_EQ(frame.timeout, 1000ms);
    EXPECT_EQ(parsed<FrameRequest>(R"({"command": "frame", "timeout": 0})").timeout, 0ms);
    const auto still = parsed<WaitStillRequest>(R"({"command": "wait-still", "still": 250})");
    EXPECT_EQ(still.still, 250ms);
    EXPECT_EQ(still.timeout, std::nullopt);
    EXPECT_EQ(parsed<WaitStillRequest>(R"({"command": "wait-still", "still": 1, "timeout": 0})").timeout,
              std::nullopt);
    EXPECT_EQ(parsed<WaitStillRequest>(R"({"command": "wait-still", "still": 1, "timeout": 9})").timeout,
              9ms);
}

TEST(ControlRequest, taps_presses_and_releases_keys) {
    EXPECT_EQ(texts(parsed<InputRequest>(
                  R"({"command": "keys", "events": [{"key": "a"}, {"key": "U+62", "action": "press"},)"
                  R"({"key": "b", "action": "release"}, {"key": "c", "action": "tap"}]})")),
              (Texts{"key 97 down", "key 97 up", "key 98 down", "key 98 up", "key 99 down", "key 99 up"}));
    EXPECT_EQ(
        refusal(R"({"command": "keys", "events": [{"key": "a"}, {"key": "Nonsense"}]})"),
        "events[1].key: no key is called \"Nonsense\"; give a name as xev shows it, or U+ and the number of "
        "a character");
    EXPECT_EQ(refusal(R"({"command": "keys", "events": [{"key": "a", "action": "hold"}]})"),
              R"(events[0].action: give "tap", "press" or "release")");
}

TEST(ControlRequest, moves_and_clicks_the_mouse) {
    EXPECT_EQ(texts(parsed<InputRequest>(
                  R"({"command": "mouse", "events": [{"move": [10, 20]}, {"motion": [-3, 4]}, {"button": 1},)"
                  R"({"button": 16, "action": "press"}]})")),
              (Texts{"move 10 20", "motion -3 4", "button 1 down", "button 1 up", "button 16 down"}));
    EXPECT_EQ(refusal(R"({"command": "mouse", "events": [{"move": [1, 2], "button": 1}]})"),
              R"(events[0].move: give one of "move", "motion" and "button")");
    EXPECT_EQ(refusal(R"({"command": "mouse", "events": [{"button": 17}]})"),
              "events[0].button: give a whole number from 1 to 16");
    for (const char* const place : {"[1]", "[1, 2, 3]", "[1, -2]", "[1, 16384]", "\"1,2\"", "[1, 2.5]"}) {
        EXPECT_EQ(refusal(std::string(R"({"command": "mouse", "events": [{"move": )") + place + "}]}"),
                  "events[0].move: give a list of 2 whole numbers from 0 to 16383");
    }
}

TEST(ControlRequest, types_text) {
    EXPECT_EQ(parsed<TypeRequest>(R"({"command": "type", "text": "a\n"})").keysyms,
              (WipedKeysyms{0x61, 0xff0d}));
    EXPECT_EQ(refusal(R"({"command": "type", "text": "secret\u0001"})").find("secret"), std::string::npos);
}

} // namespace
} // namespace spice::control
