// The core as the X side has it, with handlers that are none of X's.
#include "bridge.h"

#include "support/control_connection.hpp"
#include "support/temporary_directory.hpp"

#include <gtest/gtest.h>

#include <poll.h>

#include <array>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

namespace spice::driver {
namespace {

using namespace std::chrono_literals;

class BridgeTest : public testing::Test {
protected:
    BridgeTest() {
        xspice_core_config config{};
        config.unix_path = unix_path.c_str();
        config.control = control_path.c_str();
        config.disable_ticketing = true;
        config.core_dumps = true;
        core = xspice_core_create(&config, error.data(), error.size());
        if (core != nullptr) {
            static const xspice_handlers handlers = all_handlers();
            xspice_core_set_handlers(core, &handlers, this);
            xspice_core_set_surface(core, kWidth, kHeight);
        }
    }
    ~BridgeTest() override { xspice_core_destroy(core); }

    static xspice_handlers all_handlers() {
        xspice_handlers handlers{};
        handlers.watched = [](void*, bool) {};
        handlers.log = [](void*, xspice_log_level, const char*) {};
        handlers.keysym = [](void* data, uint32_t, bool) {
            auto& test = *static_cast<BridgeTest*>(data);
            const bool taken = test.keysyms < test.keysyms_allowed;
            (taken ? test.keysyms : test.refused) += 1;
            return taken;
        };
        return handlers;
    }

    void turn() {
        xspice_core_dispatch(core);
        const xspice_framebuffer framebuffer{pixels.data(), kWidth, kWidth, kHeight};
        xspice_core_commit(core, &framebuffer);
    }
    template <class Condition>
    bool turns_until(Condition condition) {
        const auto deadline = std::chrono::steady_clock::now() + 20s;
        while (!condition()) {
            pollfd state{xspice_core_fd(core), POLLIN, 0};
            if (std::chrono::steady_clock::now() > deadline || ::poll(&state, 1, 10) < 0) {
                return false;
            }
            turn();
        }
        return true;
    }

    static constexpr int kWidth = 64;
    static constexpr int kHeight = 48;
    test::TemporaryDirectory directory;
    const std::string unix_path = directory.file("display");
    const std::string control_path = directory.file("control");
    std::array<char, 256> error{};
    const std::vector<uint32_t> pixels = std::vector<uint32_t>(size_t{kWidth} * kHeight);
    xspice_core* core = nullptr;
    size_t keysyms = 0;
    size_t keysyms_allowed = 0;
    size_t refused = 0;
};

TEST_F(BridgeTest, a_commit_waits_for_the_input_before_it_and_not_for_what_comes_after) {
    ASSERT_NE(core, nullptr) << error.data();
    test::ControlConnection typing(control_path);
    test::ControlConnection looking(control_path);
    ASSERT_TRUE(typing.read() && looking.read());
    constexpr size_t kOneBatch = 64;
    ASSERT_TRUE(typing.ask(R"({"command": "type", "text": ")" + std::string(kOneBatch / 2, 'a') + "\"}"));
    ASSERT_TRUE(turns_until([&] { return refused > 0; }));
    ASSERT_TRUE(looking.send("{\"command\": \"screenshot\"}\n"));
    ASSERT_TRUE(turns_until([&] { return xspice_core_watched(core); }));
    ASSERT_TRUE(typing.ask(R"({"command": "type", "text": ")" + std::string(100, 'b') + "\"}"));
    turn();
    keysyms_allowed = kOneBatch - 1;
    turn();
    EXPECT_FALSE(looking.read(100ms));
    keysyms_allowed = kOneBatch + 10;
    std::optional<boost::json::object> answer;
    EXPECT_TRUE(turns_until([&] { return (answer = looking.read(0ms)).has_value(); }));
    EXPECT_TRUE(answer && answer->at("ok").as_bool());
    EXPECT_EQ(keysyms, keysyms_allowed);
}

} // namespace
} // namespace spice::driver
