// A client shows a ticket: SpiceLinkEncryptedTicket, 128 bytes.
#pragma once

#include "auth/credentials.hpp"

namespace spice::auth {

// Reads the ticket, waits for the address's turn, and decides. `key` is what the client was told to encrypt
// with. Sends nothing. Throws what the stream throws.
boost::asio::awaitable<Authentication> ticket_stage(transport::Stream& stream, TicketKey& key,
                                                    const LinkPolicy& policy,
                                                    const protocol::LinkMessage& message);

} // namespace spice::auth
