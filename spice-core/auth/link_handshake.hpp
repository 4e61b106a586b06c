// The first conversation on every connection: SpiceLinkHeader, SpiceLinkMess, SpiceLinkReply, the ticket.
//
// Reads like the protocol: one coroutine per connection. Every malformed byte gets the SPICE_LINK_ERR_* reply
// that the protocol has for it, and the connection ends; nothing is allocated from a length that was not
// checked first. Core thread.
#pragma once

#include "auth/link_policy.hpp"
#include "auth/linked_stream.hpp"

#include <boost/asio/awaitable.hpp>

#include <memory>
#include <optional>

namespace spice::auth {

// The linked connection, its final link result already sent; none when the link was refused. Both are logged,
// one line each. Throws what the stream throws: a connection that breaks, or that PendingLinks closes at its
// deadline (there is no time-out here), is its caller's to log. `policy` must outlive the coroutine.
boost::asio::awaitable<std::optional<LinkedStream>> link_handshake(std::unique_ptr<transport::Stream> stream,
                                                                   const LinkPolicy& policy);

} // namespace spice::auth
