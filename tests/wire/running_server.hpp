// A server with a synthetic front-end that runs on its own thread, as Xorg's would.
#pragma once

#include "spice-core/server.hpp"
#include "support/protocol_client.hpp"
#include "support/synthetic_desktop.hpp"

#include <spice/enums.h>

#include <algorithm>
#include <atomic>
#include <chrono>
#include <cstdint>
#include <memory>
#include <mutex>
#include <string>
#include <string_view>
#include <thread>
#include <utility>
#include <vector>

namespace spice::test {

// Counts only; the core thread writes and the test reads.
class CountingLog final : public LogSink {
public:
    void write(LogLevel level, std::string_view) override {
        if (level == LogLevel::error) {
            ++errors_;
        }
    }
    int errors() const { return errors_; }

private:
    std::atomic<int> errors_{0};
};

class RunningServer {
public:
    static ServerConfig loopback() {
        ServerConfig config;
        config.port = 0;
        config.tickets = {{.password = "secret", .expires = {}}};
        return config;
    }

    explicit RunningServer(ServerConfig config = loopback())
        : ticket_(config.tickets.empty() ? "" : config.tickets.front().password),
          server_(std::move(config), desktop_, log_) {
        desktop_.attach(server_);
        server_.start();
        front_end_ = std::thread([this] { loop(); });
    }
    ~RunningServer() {
        over_ = true;
        front_end_.join();
        server_.stop();
    }

    // Draws on the front-end's desktop; the front-end commits by itself.
    template <class Function>
    void draw(Function function) {
        const std::lock_guard lock(drawing_);
        function(desktop_);
    }
    SyntheticDesktop& desktop() { return desktop_; } // for the functions that any thread may call
    Server& server() { return server_; }
    uint16_t port() const { return server_.port(); }
    int errors() const { return log_.errors(); }
    // Longest turn of the front-end's loop: whatever the clients do, nothing may hold it up.
    std::chrono::milliseconds longest_turn() const { return std::chrono::milliseconds(longest_turn_.load()); }

    LinkRequest request(uint8_t type, uint32_t connection_id = 0) const {
        LinkRequest request;
        request.channel_type = type;
        request.connection_id = connection_id;
        request.ticket = ticket_;
        return request;
    }
    ProtocolChannel link(uint8_t type, uint32_t connection_id = 0) const {
        return ProtocolChannel(port(), request(type, connection_id));
    }

private:
    void loop() {
        using std::chrono::steady_clock;
        while (!over_) {
            const auto before = steady_clock::now();
            {
                const std::lock_guard lock(drawing_);
                desktop_.pump();
            }
            const auto turn =
                std::chrono::duration_cast<std::chrono::milliseconds>(steady_clock::now() - before);
            longest_turn_ = std::max<int64_t>(longest_turn_, turn.count());
            desktop_.wait(std::chrono::milliseconds(2));
        }
    }

    std::string ticket_;
    CountingLog log_;
    SyntheticDesktop desktop_{{320, 240}};
    Server server_;
    std::mutex drawing_;
    std::atomic<bool> over_{false};
    std::atomic<int64_t> longest_turn_{0};
    std::thread front_end_;
};

// A whole client: main, display (initialized), cursor, inputs.
class WholeClient {
public:
    explicit WholeClient(const RunningServer& server, bool mini_header = true)
        : server_(server), mini_(mini_header), main(link(SPICE_CHANNEL_MAIN)) {
        if (const auto init = main.wait_for(SPICE_MSG_MAIN_INIT)) {
            connection_id = ByteReader(init->body).u32();
        }
        display = std::make_unique<ProtocolChannel>(link(SPICE_CHANNEL_DISPLAY));
        cursor = std::make_unique<ProtocolChannel>(link(SPICE_CHANNEL_CURSOR));
        inputs = std::make_unique<ProtocolChannel>(link(SPICE_CHANNEL_INPUTS));
        display->say(SPICE_MSGC_DISPLAY_INIT, display_init());
    }

    // | pixmap cache id, 1 | its size in pixels, 8 | glz dictionary id, 1 | glz window in pixels, 4 |
    static ByteWriter display_init() { return ByteWriter().u8(1).u64(0x100000).u8(1).u32(0x10000); }

    // Every channel has come as far as it can without the user: the picture is shown.
    bool complete() {
        return connection_id != 0 && display->wait_for(SPICE_MSG_DISPLAY_MARK) &&
               cursor->wait_for(SPICE_MSG_CURSOR_INIT) && inputs->wait_for(SPICE_MSG_INPUTS_INIT);
    }

private:
    ProtocolChannel link(uint8_t type) const {
        LinkRequest request = server_.request(type, connection_id);
        request.mini_header = mini_;
        return ProtocolChannel(server_.port(), request);
    }

    const RunningServer& server_;
    bool mini_;

public:
    uint32_t connection_id = 0;
    ProtocolChannel main;
    std::unique_ptr<ProtocolChannel> display;
    std::unique_ptr<ProtocolChannel> cursor;
    std::unique_ptr<ProtocolChannel> inputs;
};

} // namespace spice::test
