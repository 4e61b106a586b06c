// A Stream in the binary frames of a WebSocket, for clients in web browsers: RFC 6455, the server's side.
//
// Messages and frames mean nothing: SPICE is a stream of bytes, and frames of one byte are as good as any. No
// frame is kept whole, so their length needs no limit, and what a connection costs is one buffer of 4 KiB.
#pragma once

#include "transport/stream.hpp"
#include "transport/web_origin.hpp"

#include <boost/asio/awaitable.hpp>

#include <memory>
#include <string_view>

namespace spice::transport {

class WebSocketStream final : public Stream {
public:
    // `below` has answered the handshake. `received`: what the client sent behind it, at most kMaxHttpHead.
    WebSocketStream(std::unique_ptr<Stream> below, std::string_view received);
    ~WebSocketStream() override;
    WebSocketStream(const WebSocketStream&) = delete;
    WebSocketStream& operator=(const WebSocketStream&) = delete;

    boost::asio::any_io_executor executor() override;
    // Answers pings and the close frame on the way. What breaks the rules is answered with a close frame that
    // says so and ends the connection: throws a WebError.
    boost::asio::awaitable<size_t> read_some(boost::asio::mutable_buffer into) override;
    // In frames of less than 64 KiB, without copying.
    boost::asio::awaitable<void> write(std::span<const boost::asio::const_buffer> buffers) override;
    void close() noexcept override;
    std::optional<LinkFacts> link_facts() const override;
    std::string peer() const override;
    bool encrypted() const override;
    std::optional<PeerCredentials> credentials() const override;

private:
    class State;
    std::shared_ptr<State> state_; // shared with the reads and writes under way
};

// Reads the request that begins at the stream's front and answers it. Throws a WebError when it does not make
// a WebSocket, after the answer was sent and the stream closed. `policy` must outlive the coroutine.
boost::asio::awaitable<std::unique_ptr<Stream>> accept_websocket(std::unique_ptr<Stream> stream,
                                                                 const WebPolicy& policy);

} // namespace spice::transport
