// The first conversation on every connection: SpiceLinkHeader, SpiceLinkMess, SpiceLinkReply, the ticket.
//
// Reads like the protocol: one coroutine per connection. Every malformed byte gets the SPICE_LINK_ERR_* reply
// that the protocol has for it, and the connection ends; nothing is allocated from a length that was not
// checked first. Core thread.
#pragma once

#include "auth/linked_stream.hpp"
#include "auth/ticket_key.hpp"
#include "spice-core/log.hpp"

#include <boost/asio/awaitable.hpp>

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>

namespace spice::auth {

struct LinkPolicy {
    TicketKeys& ticket_keys;
    const std::optional<std::string>& ticket; // none: any ticket is accepted
    LogSink& log;
    // The capabilities that we announce for a channel type.
    std::function<protocol::Capabilities(uint8_t channel_type)> channel_caps;
    // Asked before the ticket: SPICE_LINK_ERR_OK, or the error for a channel type that this server has not.
    std::function<uint32_t(const protocol::ChannelId&)> channel_known;
    // Asked after the ticket: SPICE_LINK_ERR_OK, or BAD_CONNECTION_ID and the like.
    std::function<uint32_t(const protocol::ChannelId&, uint32_t connection_id)> admit;
};

// The linked connection, its final link result already sent; none when the link was refused. Both are logged,
// one line each. Throws what the stream throws: a connection that breaks, or that PendingLinks closes at its
// deadline (there is no time-out here), is its caller's to log. `policy` must outlive the coroutine.
boost::asio::awaitable<std::optional<LinkedStream>> link_handshake(std::unique_ptr<transport::Stream> stream,
                                                                   const LinkPolicy& policy);

} // namespace spice::auth
