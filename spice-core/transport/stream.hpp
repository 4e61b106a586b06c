// A connected byte stream to one client channel, whatever carries it: a TCP or Unix socket, TLS or WebSocket
// over one, the tests' in-memory pair.
//
// Core thread. At most one read and one write are under way at a time. Failures of the connection throw
// boost::system::system_error from the awaited call; the coroutine's top is the one place that catches them.
#pragma once

#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/awaitable.hpp>
#include <boost/asio/buffer.hpp>

#include <sys/types.h>

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string>

namespace spice::transport {

// What the kernel knows about the way to the peer, at one moment. What it does not know is 0.
struct LinkFacts {
    // Bytes that the kernel took and that still wait or travel: neither known to have arrived nor lost.
    uint64_t outstanding = 0;
    uint64_t unsent = 0;    // of them, those that wait in this host
    uint64_t delivered = 0; // bytes that the peer's kernel got since the beginning; exact but for gaps
    std::chrono::microseconds round_trip{0};     // smoothed; of the data sent last, however long ago
    std::chrono::microseconds min_round_trip{0}; // of the last minutes
    // Bytes per second that arrived in the latest round trip or so: a lower bound of what the way can carry.
    uint64_t delivery_rate = 0;
    uint32_t segment = 1460; // bytes of payload in one packet
};

// Who is at the other end of a Unix socket, as the kernel says.
struct PeerCredentials {
    uid_t user = 0;
    gid_t group = 0;
    pid_t process = 0;
};

class Stream {
public:
    virtual ~Stream() = default;

    virtual boost::asio::any_io_executor executor() = 0;
    // At least one byte; throws error::eof when the peer has closed.
    virtual boost::asio::awaitable<size_t> read_some(boost::asio::mutable_buffer into) = 0;
    // All of it, in order. The buffers must stay valid until it returns.
    virtual boost::asio::awaitable<void> write(std::span<const boost::asio::const_buffer> buffers) = 0;
    // Ends both directions at once; reads and writes under way throw. Idempotent.
    virtual void close() noexcept = 0;
    // None where there is no network to be careful with, or nothing is known about it. Cheap enough to be
    // asked before each write.
    virtual std::optional<LinkFacts> link_facts() const { return std::nullopt; }
    // For the log: "192.0.2.7:51234", "unix:1000" (the user).
    virtual std::string peer() const = 0;
    // Nobody between the two ends can read or change what is sent: TLS.
    virtual bool encrypted() const { return false; }
    // Of Unix sockets, which never leave this host.
    virtual std::optional<PeerCredentials> credentials() const { return std::nullopt; }
};

} // namespace spice::transport
