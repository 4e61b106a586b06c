// A Stream over a connected Unix socket. It never leaves this host, so it has no link facts.
#pragma once

#include "transport/socket_stream.hpp"

#include <optional>
#include <span>

namespace spice::transport {

class UnixStream final : public SocketStream<boost::asio::local::stream_protocol> {
public:
    explicit UnixStream(boost::asio::local::stream_protocol::socket socket);

    // As they were when the peer connected: SO_PEERCRED. None when the kernel did not say.
    std::optional<PeerCredentials> credentials() const override { return credentials_; }

    // As write(), with a descriptor that goes with the first byte (SCM_RIGHTS); the peer gets one of its own.
    // `bytes` is not empty.
    boost::asio::awaitable<void> write_with(std::span<const char> bytes, int descriptor);
    // Bytes and descriptors that were written have all been read by the peer, or are lost with it.
    bool all_read() const;
    // The peer has closed both directions: nobody reads what is written any more.
    bool hung_up() const;

private:
    UnixStream(boost::asio::local::stream_protocol::socket&& socket,
               std::optional<PeerCredentials> credentials);

    std::optional<PeerCredentials> credentials_;
};

} // namespace spice::transport
