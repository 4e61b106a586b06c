#include "transport/socket_stream.hpp"

#include <boost/asio/use_awaitable.hpp>
#include <boost/asio/write.hpp>

#include <sys/socket.h>

#include <array>
#include <utility>

namespace spice::transport {

namespace asio = boost::asio;

namespace {

// Closing a socket with unread input makes the kernel answer with RST, which can destroy at the client what
// we sent last: the very message that says why we close.
void discard_input(int socket) noexcept {
    constexpr int kMostReads = 16;
    std::array<char, 4096> bytes;
    for (int i = 0; i < kMostReads && recv(socket, bytes.data(), bytes.size(), MSG_DONTWAIT) > 0; ++i) {
    }
}

} // namespace

template <class Protocol>
SocketStream<Protocol>::SocketStream(typename Protocol::socket&& socket, std::string peer)
    : socket_(std::move(socket)), peer_(std::move(peer)) {}

template <class Protocol>
asio::any_io_executor SocketStream<Protocol>::executor() {
    return socket_.get_executor();
}

template <class Protocol>
asio::awaitable<size_t> SocketStream<Protocol>::read_some(asio::mutable_buffer into) {
    return socket_.async_read_some(into, asio::use_awaitable);
}

template <class Protocol>
asio::awaitable<void> SocketStream<Protocol>::write(std::span<const asio::const_buffer> buffers) {
    co_await asio::async_write(socket_, buffers, asio::use_awaitable);
}

template <class Protocol>
void SocketStream<Protocol>::close() noexcept {
    if (!socket_.is_open()) {
        return;
    }
    discard_input(socket_.native_handle());
    boost::system::error_code ignored;
    socket_.shutdown(asio::socket_base::shutdown_both, ignored);
    socket_.close(ignored);
}

template class SocketStream<asio::ip::tcp>;
template class SocketStream<asio::local::stream_protocol>;

} // namespace spice::transport
