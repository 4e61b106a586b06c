// The part of the link in which a client shows its credentials: what all mechanisms have in common.
#pragma once

#include "auth/failure_delays.hpp"
#include "auth/link_policy.hpp"
#include "auth/pass.hpp"
#include "protocol/link.hpp"
#include "transport/stream.hpp"

#include <boost/asio/awaitable.hpp>

#include <chrono>
#include <cstdint>
#include <memory>
#include <span>
#include <string>

namespace spice::auth {

// Everything of `into`.
boost::asio::awaitable<void> read_exactly(transport::Stream& stream, std::span<uint8_t> into);
boost::asio::awaitable<void> write_all(transport::Stream& stream, Bytes bytes);
boost::asio::awaitable<void> wait_for(transport::Stream& stream, std::chrono::milliseconds time);

struct Authentication {
    protocol::LinkError error{SPICE_LINK_ERR_OK, "accepted"};
    std::string how{};            // for the log: "ticket, view only", "SCRAM-SHA-256, user alice"
    std::shared_ptr<Pass> pass{}; // of an accepted link
    bool answered = false;        // the client knows it already
};

// The pass of the client that a channel other than main says to belong to; none for a main channel and an
// unknown connection id. One that is not trusted() any more waits for its turn like a stranger.
std::shared_ptr<Pass> known_client(const LinkPolicy& policy, const protocol::LinkMessage& message);

// What the session says to a client whose credentials are right.
protocol::LinkError admitted(const LinkPolicy& policy, const protocol::LinkMessage& message);
protocol::LinkError policy_error(uint32_t code);

inline constexpr protocol::LinkError kTooManyAttempts{
    SPICE_LINK_ERR_PERMISSION_DENIED, "too many attempts from this address; credentials not looked at"};

} // namespace spice::auth
