// A connected byte stream to one client channel, whatever carries it (TCP today; TLS, WebSocket, Unix
// sockets and the tests' in-memory pair behind the same interface).
//
// Core thread. At most one read and one write are under way at a time. Failures of the connection throw
// boost::system::system_error from the awaited call; the coroutine's top is the one place that catches them.
#pragma once

#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/awaitable.hpp>
#include <boost/asio/buffer.hpp>

#include <cstddef>
#include <span>
#include <string>

namespace spice::transport {

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
    // For the log: "192.0.2.7:51234".
    virtual std::string peer() const = 0;
};

} // namespace spice::transport
