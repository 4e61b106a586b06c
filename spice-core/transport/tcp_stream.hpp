// A Stream over a connected TCP socket.
#pragma once

#include "transport/socket_stream.hpp"

#include <optional>

namespace spice::transport {

class TcpStream final : public SocketStream<boost::asio::ip::tcp> {
public:
    // Takes a connected socket and sets it up for a display: no Nagle delay, keepalive (a client whose
    // network vanished is noticed in about two minutes), and little unsent data in the kernel, so that what
    // waits can still be merged with what comes later. A socket that refuses an option is used without it.
    explicit TcpStream(boost::asio::ip::tcp::socket socket);

    std::optional<LinkFacts> link_facts() const override;
};

} // namespace spice::transport
