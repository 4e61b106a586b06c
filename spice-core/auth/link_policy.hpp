// Whom the link handshake asks.
#pragma once

#include "auth/failure_delays.hpp"
#include "auth/pass.hpp"
#include "auth/sasl_session.hpp"
#include "auth/ticket_book.hpp"
#include "auth/ticket_key.hpp"
#include "protocol/capabilities.hpp"
#include "protocol/channel_id.hpp"
#include "spice-core/log.hpp"

#include <cstdint>
#include <functional>
#include <memory>

namespace spice::auth {

// All of it on the core thread; what it refers to outlives every handshake.
struct LinkPolicy {
    TicketKeys& ticket_keys;
    TicketBook& tickets;
    FailureDelays& delays;
    LogSink& log;
    // The capabilities that we announce for a channel type.
    std::function<protocol::Capabilities(uint8_t channel_type)> channel_caps;
    // Asked before the ticket: SPICE_LINK_ERR_OK, or the error for a channel type that this server has not.
    std::function<uint32_t(const protocol::ChannelId&)> channel_known;
    // Asked after the credentials: SPICE_LINK_ERR_OK, or BAD_CONNECTION_ID and the like.
    std::function<uint32_t(const protocol::ChannelId&, uint32_t connection_id)> admit;
    // Channels that take no link that others can listen to. Empty: all do.
    std::function<bool(const protocol::ChannelId&)> secured{};
    // The pass of the client with this connection id; none if there is no such client.
    std::function<std::shared_ptr<Pass>(uint32_t connection_id)> pass_of{};
    // Then nobody comes in with a ticket.
    SaslService* sasl = nullptr;
};

} // namespace spice::auth
