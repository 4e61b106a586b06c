// A Stream over a connected TCP socket.
#pragma once

#include "transport/stream.hpp"

#include <boost/asio/ip/tcp.hpp>

#include <optional>
#include <string>

namespace spice::transport {

class TcpStream final : public Stream {
public:
    // Takes a connected socket and sets it up for a display: no Nagle delay, keepalive (a client whose
    // network vanished is noticed in about two minutes), and little unsent data in the kernel, so that what
    // waits can still be merged with what comes later. A socket that refuses an option is used without it.
    explicit TcpStream(boost::asio::ip::tcp::socket socket);
    ~TcpStream() override;

    boost::asio::any_io_executor executor() override;
    boost::asio::awaitable<size_t> read_some(boost::asio::mutable_buffer into) override;
    boost::asio::awaitable<void> write(std::span<const boost::asio::const_buffer> buffers) override;
    void close() noexcept override;
    std::optional<LinkFacts> link_facts() const override;
    std::string peer() const override { return peer_; }

private:
    // Not const: Asio's native_handle() is not.
    mutable boost::asio::ip::tcp::socket socket_;
    std::string peer_; // kept: a socket whose peer has gone no longer knows
};

} // namespace spice::transport
