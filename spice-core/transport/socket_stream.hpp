// What streams over the kernel's stream sockets share.
#pragma once

#include "transport/stream.hpp"

#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/local/stream_protocol.hpp>

#include <string>

namespace spice::transport {

template <class Protocol>
class SocketStream : public Stream {
public:
    ~SocketStream() override { SocketStream::close(); }

    boost::asio::any_io_executor executor() override;
    boost::asio::awaitable<size_t> read_some(boost::asio::mutable_buffer into) override;
    boost::asio::awaitable<void> write(std::span<const boost::asio::const_buffer> buffers) override;
    void close() noexcept override;
    std::string peer() const override { return peer_; }

protected:
    // A connected socket, which the other argument may still look at.
    SocketStream(typename Protocol::socket&& socket, std::string peer);

    // Not const: Asio's native_handle() is not.
    mutable typename Protocol::socket socket_;

private:
    std::string peer_; // kept: a socket whose peer has gone no longer knows
};

extern template class SocketStream<boost::asio::ip::tcp>;
extern template class SocketStream<boost::asio::local::stream_protocol>;

} // namespace spice::transport
