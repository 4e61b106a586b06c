// What the tests of channels share: a session, a desktop that records, and the client's end of a connection.
#pragma once

#include "auth/linked_stream.hpp"
#include "base/byte_writer.hpp"
#include "base/reports.hpp"
#include "channels/session.hpp"
#include "protocol/header.hpp"
#include "spice-core/desktop.hpp"
#include "support/memory_stream.hpp"
#include "support/recording_log.hpp"

#include <boost/asio/io_context.hpp>

#include <gtest/gtest.h>

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <cstdio>
#include <functional>
#include <limits>
#include <memory>
#include <string>
#include <utility>
#include <variant>
#include <vector>

namespace spice::channels::test {

class FakeDesktop final : public Desktop {
public:
    bool post_input(const InputEvent& event) override {
        if (input.size() >= limit) {
            ++refused;
            return false;
        }
        input.push_back(event);
        return true;
    }
    void set_watched(bool value) override { watched.push_back(value); }
    void wake_for_commit() override {}
    void want_commit(uint64_t token) override { commits_wanted.push_back(token); }
    void want_monitors(std::vector<Head> wanted, uint64_t token) override {
        monitors_wanted.emplace_back(std::move(wanted), token);
    }

    std::vector<InputEvent> input;
    size_t limit = std::numeric_limits<size_t>::max();
    size_t refused = 0;
    std::vector<bool> watched;
    std::vector<uint64_t> commits_wanted;
    std::vector<std::pair<std::vector<Head>, uint64_t>> monitors_wanted;
};

// "key 1e down", "position 3 4", ...: to compare whole histories at once.
inline std::string text_of(const InputEvent& event) {
    struct Text {
        std::string operator()(const KeyEvent& key) const {
            char digits[8];
            std::snprintf(digits, sizeof digits, "%x", key.scancode);
            return std::string("key ") + digits + (key.pressed ? " down" : " up");
        }
        std::string operator()(const KeysymEvent& key) const {
            char digits[16];
            std::snprintf(digits, sizeof digits, "%x", key.keysym);
            return std::string("keysym ") + digits + (key.pressed ? " down" : " up");
        }
        std::string operator()(const LockKeysWanted& wanted) const {
            return "locks " + std::to_string(wanted.locks);
        }
        std::string operator()(const PointerPosition& pointer) const {
            return "position " + std::to_string(pointer.position.x) + " " +
                   std::to_string(pointer.position.y);
        }
        std::string operator()(const PointerMotion& motion) const {
            return "motion " + std::to_string(motion.dx) + " " + std::to_string(motion.dy);
        }
        std::string operator()(const ButtonEvent& button) const {
            return "button " + std::to_string(button.button) + (button.pressed ? " down" : " up");
        }
    };
    return std::visit(Text(), event);
}

inline std::vector<std::string> texts_of(const std::vector<InputEvent>& events) {
    std::vector<std::string> texts;
    for (const InputEvent& event : events) {
        texts.push_back(text_of(event));
    }
    return texts;
}

struct Received {
    uint16_t type = 0;
    std::vector<uint8_t> body;
    uint64_t serial = 0; // full header only
};

// The client's end of one channel's connection.
class Peer {
public:
    Peer(std::unique_ptr<spice::test::MemoryStream> stream, bool mini)
        : stream_(std::move(stream)), mini_(mini) {}

    void say(uint16_t type, Bytes body = {}) {
        ByteWriter out;
        const auto form = mini_ ? protocol::HeaderForm::mini : protocol::HeaderForm::full;
        protocol::write_header(out, form, type, body.size(), ++serial_);
        out.bytes(body);
        stream_->push(out.view());
    }
    void say(uint16_t type, const ByteWriter& body) { say(type, body.view()); }
    void say_raw(Bytes bytes) { stream_->push(bytes); }
    void hang_up() { stream_->close(); }
    bool ended() const { return stream_->ended(); }
    spice::test::MemoryStream& stream() { return *stream_; }

    // The whole messages that have come since the last time.
    std::vector<Received> take() {
        const std::vector<uint8_t> fresh = stream_->take();
        unread_.insert(unread_.end(), fresh.begin(), fresh.end());
        std::vector<Received> messages;
        const size_t header_size = mini_ ? 6 : 18;
        for (;;) {
            ByteReader in(unread_);
            Received message;
            message.serial = mini_ ? 0 : in.u64();
            message.type = in.u16();
            const size_t size = in.u32();
            in.skip(mini_ ? 0 : 4);
            const Bytes body = in.bytes(size);
            if (!in.ok()) {
                return messages;
            }
            message.body.assign(body.begin(), body.end());
            unread_.erase(unread_.begin(), unread_.begin() + static_cast<ptrdiff_t>(header_size + size));
            messages.push_back(std::move(message));
        }
    }
    // The types of take(), without the base messages SET_ACK and PING that every channel begins with.
    std::vector<uint16_t> take_own_types() {
        std::vector<uint16_t> types;
        for (const Received& message : take()) {
            if (message.type > SPICE_MSG_LIST) {
                types.push_back(message.type);
            }
        }
        return types;
    }

private:
    std::unique_ptr<spice::test::MemoryStream> stream_;
    bool mini_;
    uint64_t serial_ = 0;
    std::vector<uint8_t> unread_;
};

struct LinkOptions {
    protocol::Capabilities caps{};
    bool mini = true;
    uint32_t connection_id = 0;
    // The server's end; see MemoryStreamOptions.
    size_t read_chunk = std::numeric_limits<size_t>::max();
    size_t send_buffer = std::numeric_limits<size_t>::max();
    std::shared_ptr<spice::test::FailureCounter> failures{};
    std::function<transport::LinkFacts()> link_facts{};
};

class ChannelTest : public testing::Test {
protected:
    // A linked connection; its other end becomes `peer`.
    auth::LinkedStream link(uint8_t type, std::unique_ptr<Peer>& peer, LinkOptions options = {}) {
        spice::test::MemoryStreamOptions server_options;
        server_options.read_chunk = options.read_chunk;
        server_options.send_buffer = options.send_buffer;
        server_options.failures = std::move(options.failures);
        server_options.link_facts = std::move(options.link_facts);
        auto [client_end, server_end] =
            spice::test::memory_stream_pair(io.get_executor(), {}, std::move(server_options));
        peer = std::make_unique<Peer>(std::move(client_end), options.mini);
        auth::LinkedStream linked;
        linked.stream = std::move(server_end);
        linked.connection_id = options.connection_id;
        linked.channel = {type, 0};
        linked.channel_caps = std::move(options.caps);
        linked.mini_header = options.mini;
        return linked;
    }

    // Runs all that can run now.
    void run() {
        io.restart();
        io.poll();
    }
    // Runs until `condition` holds; false: not within half a minute, which a sanitizer may need.
    template <class Condition>
    bool run_until(Condition condition) {
        const auto deadline = std::chrono::steady_clock::now() + std::chrono::seconds(30);
        while (!condition()) {
            if (std::chrono::steady_clock::now() > deadline) {
                return false;
            }
            io.restart();
            io.run_one_for(std::chrono::milliseconds(20));
        }
        return true;
    }

    boost::asio::io_context io{1};
    ServerConfig config;
    FakeDesktop desktop;
    spice::test::RecordingLog log;
    NullReport report;
    Session session{config, desktop, log, report, {}};
};

} // namespace spice::channels::test
