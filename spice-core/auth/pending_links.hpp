// The connections that have not finished the link handshake: nobody has shown a ticket on them, so there is
// little that they may cost. Each has a deadline for all of it, TLS and WebSocket included; those of one
// address have a limit, and all together have another one.
#pragma once

#include "auth/link_handshake.hpp"
#include "auth/linked_stream.hpp"
#include "transport/door.hpp"
#include "transport/opening.hpp"
#include "transport/stream.hpp"

#include <boost/asio/any_io_executor.hpp>

#include <chrono>
#include <cstddef>
#include <functional>
#include <memory>

namespace spice::auth {

// Core thread.
class PendingLinks {
public:
    struct Limits {
        std::chrono::milliseconds deadline{10'000}; // from add() to the link result
        // At the limit the oldest connection of the address with the most of them goes for a new one, so that
        // one address that floods the port pushes out its own.
        size_t connections = 256;
        // At this limit the oldest one of the same address goes: an IPv4 address, an IPv6 network of 64 bits,
        // a user of Unix sockets.
        size_t per_address = 64;
    };
    using Linked = std::function<void(LinkedStream)>;

    // What `policy` refers to must live until the executor has run all that stop() ended, or was destroyed.
    // `on_linked` is called from the executor, once for each connection that was admitted. `opening`: what
    // SPICE may be wrapped in; its `web` must live as long as the policy.
    PendingLinks(boost::asio::any_io_executor executor, LinkPolicy policy, Limits limits, Linked on_linked,
                 transport::Opening opening = {});
    ~PendingLinks(); // stops
    PendingLinks(const PendingLinks&) = delete;
    PendingLinks& operator=(const PendingLinks&) = delete;

    // Begins with a connection of which nothing was read.
    void add(std::unique_ptr<transport::Stream> stream, transport::Door door = transport::Door::plain);
    // Closes all; `on_linked` is not called again, later connections are closed at once. Idempotent.
    void stop();

    size_t size() const;

private:
    struct State;
    boost::asio::any_io_executor executor_;
    std::shared_ptr<State> state_; // shared with the handshakes' coroutines
};

} // namespace spice::auth
