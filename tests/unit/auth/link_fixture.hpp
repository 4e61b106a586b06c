// A server's half of links in a box: policy, log, and the pair of streams.
#pragma once

#include "auth/link_handshake.hpp"

#include "link_client.hpp"
#include "support/memory_stream.hpp"
#include "support/recording_log.hpp"
#include "support/run_until.hpp"

#include <boost/asio/io_context.hpp>

#include <chrono>
#include <memory>
#include <string>
#include <utility>
#include <vector>

namespace spice::test {

class LinkFixture {
public:
    auth::LinkPolicy policy() {
        keys.current(); // as a server does at its start, and in no link's time
        return {keys,
                book(),
                delays,
                log,
                [](uint8_t type) { return channel_caps_of(type); },
                [this](const protocol::ChannelId& channel) {
                    asked_known.push_back(channel);
                    return known_result;
                },
                [this](const protocol::ChannelId& channel, uint32_t connection_id) {
                    asked_admit.emplace_back(channel, connection_id);
                    return admit_result;
                },
                [this](const protocol::ChannelId&) { return secured; },
                [this](uint32_t connection_id) { return connection_id == client_id ? client_pass : nullptr; },
                sasl};
    }
    // With `tickets` as they are the first time.
    auth::TicketBook& book() {
        if (!book_) {
            book_ = std::make_unique<auth::TicketBook>(tickets, std::chrono::seconds(60));
        }
        return *book_;
    }
    static protocol::Capabilities channel_caps_of(uint8_t type) {
        return type == SPICE_CHANNEL_DISPLAY ? protocol::Capabilities{1, 4, 6} : protocol::Capabilities{};
    }

    auth::FailureDelays delays; // links that are left in `context` tell it at their end
    boost::asio::io_context context;
    RecordingLog log;
    auth::TicketKeys keys;
    std::vector<Ticket> tickets{{.password = "secret", .expires = {}}};
    bool secured = false;
    auth::SaslService* sasl = nullptr;
    // The one client that is there.
    uint32_t client_id = 0x12345678;
    std::shared_ptr<auth::Pass> client_pass;
    uint32_t known_result = SPICE_LINK_ERR_OK;
    uint32_t admit_result = SPICE_LINK_ERR_OK;
    std::vector<protocol::ChannelId> asked_known;
    std::vector<std::pair<protocol::ChannelId, uint32_t>> asked_admit;

private:
    std::unique_ptr<auth::TicketBook> book_;
};

// Mechanism and ticket as most clients send them.
inline std::vector<uint8_t> auth_stage(const protocol::PublicKey& key, std::string_view ticket) {
    const auto encrypted = encrypt_ticket(key, ticket);
    std::vector<uint8_t> bytes{SPICE_COMMON_CAP_AUTH_SPICE, 0, 0, 0};
    bytes.insert(bytes.end(), encrypted.begin(), encrypted.end());
    return bytes;
}

} // namespace spice::test
