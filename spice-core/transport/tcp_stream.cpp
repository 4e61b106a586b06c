#include "transport/tcp_stream.hpp"

#include <boost/asio/read.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <boost/asio/write.hpp>

#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/socket.h>

#include <array>
#include <sstream>
#include <utility>

namespace spice::transport {

namespace asio = boost::asio;
using asio::ip::tcp;

namespace {

using KeepIdle = asio::detail::socket_option::integer<IPPROTO_TCP, TCP_KEEPIDLE>;
using KeepInterval = asio::detail::socket_option::integer<IPPROTO_TCP, TCP_KEEPINTVL>;
using KeepCount = asio::detail::socket_option::integer<IPPROTO_TCP, TCP_KEEPCNT>;
using NotSentLowWater = asio::detail::socket_option::integer<IPPROTO_TCP, TCP_NOTSENT_LOWAT>;

constexpr int kKeepIdle = 60;               // seconds
constexpr int kKeepInterval = 15;           // seconds
constexpr int kKeepCount = 4;               // probes
constexpr int kNotSentLowWater = 128 << 10; // bytes: one round trip at some 100 Mbit/s and 10 ms

void set_up(tcp::socket& socket) {
    boost::system::error_code ignored;
    socket.set_option(tcp::no_delay(true), ignored);
    socket.set_option(asio::socket_base::keep_alive(true), ignored);
    socket.set_option(KeepIdle(kKeepIdle), ignored);
    socket.set_option(KeepInterval(kKeepInterval), ignored);
    socket.set_option(KeepCount(kKeepCount), ignored);
    socket.set_option(NotSentLowWater(kNotSentLowWater), ignored);
}

std::string peer_of(const tcp::socket& socket) {
    boost::system::error_code error;
    const tcp::endpoint endpoint = socket.remote_endpoint(error);
    if (error) {
        return "unknown";
    }
    std::ostringstream text;
    text << endpoint;
    return text.str();
}

// Closing a socket with unread input makes the kernel answer with RST, which can destroy at the client what
// we sent last: the very message that says why we close.
void discard_input(int socket) noexcept {
    constexpr int kMostReads = 16;
    std::array<char, 4096> bytes;
    for (int i = 0; i < kMostReads && recv(socket, bytes.data(), bytes.size(), MSG_DONTWAIT) > 0; ++i) {
    }
}

} // namespace

TcpStream::TcpStream(tcp::socket socket) : socket_(std::move(socket)), peer_(peer_of(socket_)) {
    set_up(socket_);
}

TcpStream::~TcpStream() {
    TcpStream::close();
}

asio::any_io_executor TcpStream::executor() {
    return socket_.get_executor();
}

asio::awaitable<size_t> TcpStream::read_some(asio::mutable_buffer into) {
    return socket_.async_read_some(into, asio::use_awaitable);
}

asio::awaitable<void> TcpStream::write(std::span<const asio::const_buffer> buffers) {
    co_await asio::async_write(socket_, buffers, asio::use_awaitable);
}

void TcpStream::close() noexcept {
    if (!socket_.is_open()) {
        return;
    }
    discard_input(socket_.native_handle());
    boost::system::error_code ignored;
    socket_.shutdown(tcp::socket::shutdown_both, ignored);
    socket_.close(ignored);
}

} // namespace spice::transport
