// A Stream over a connected Unix socket. It never leaves this host, so it has no link facts.
#pragma once

#include "transport/socket_stream.hpp"

#include <optional>

namespace spice::transport {

class UnixStream final : public SocketStream<boost::asio::local::stream_protocol> {
public:
    explicit UnixStream(boost::asio::local::stream_protocol::socket socket);

    // As they were when the peer connected: SO_PEERCRED. None when the kernel did not say.
    std::optional<PeerCredentials> credentials() const override { return credentials_; }

private:
    UnixStream(boost::asio::local::stream_protocol::socket&& socket,
               std::optional<PeerCredentials> credentials);

    std::optional<PeerCredentials> credentials_;
};

} // namespace spice::transport
