#include "transport/unix_stream.hpp"

#include <boost/asio/use_awaitable.hpp>
#include <boost/asio/write.hpp>
#include <boost/system/system_error.hpp>

#include <linux/sockios.h>
#include <poll.h>
#include <sys/ioctl.h>
#include <sys/socket.h>

#include <cerrno>
#include <cstring>
#include <string>
#include <utility>

namespace spice::transport {

namespace asio = boost::asio;
using boost::asio::local::stream_protocol;

namespace {

std::optional<PeerCredentials> credentials_of(stream_protocol::socket& socket) {
    ucred kernel{};
    socklen_t size = sizeof kernel;
    if (getsockopt(socket.native_handle(), SOL_SOCKET, SO_PEERCRED, &kernel, &size) != 0) {
        return std::nullopt;
    }
    PeerCredentials credentials;
    credentials.user = kernel.uid;
    credentials.group = kernel.gid;
    credentials.process = kernel.pid;
    return credentials;
}

std::string name_of(const std::optional<PeerCredentials>& credentials) {
    return "unix:" + (credentials ? std::to_string(credentials->user) : "unknown");
}

// As sendmsg() returns.
ssize_t send_with(int socket, std::span<const char> bytes, int descriptor) {
    alignas(cmsghdr) char control[CMSG_SPACE(sizeof descriptor)] = {};
    iovec part{const_cast<char*>(bytes.data()), bytes.size()};
    msghdr message{};
    message.msg_iov = &part;
    message.msg_iovlen = 1;
    message.msg_control = control;
    message.msg_controllen = sizeof control;
    cmsghdr* const header = CMSG_FIRSTHDR(&message);
    header->cmsg_level = SOL_SOCKET;
    header->cmsg_type = SCM_RIGHTS;
    header->cmsg_len = CMSG_LEN(sizeof descriptor);
    std::memcpy(CMSG_DATA(header), &descriptor, sizeof descriptor);
    return ::sendmsg(socket, &message, MSG_DONTWAIT | MSG_NOSIGNAL);
}

} // namespace

UnixStream::UnixStream(stream_protocol::socket socket)
    : UnixStream(std::move(socket), credentials_of(socket)) {}

UnixStream::UnixStream(stream_protocol::socket&& socket, std::optional<PeerCredentials> credentials)
    : SocketStream(std::move(socket), name_of(credentials)), credentials_(credentials) {}

boost::asio::awaitable<void> UnixStream::write_with(std::span<const char> bytes, int descriptor) {
    ssize_t written = send_with(socket_.native_handle(), bytes, descriptor);
    while (written < 0 && (errno == EAGAIN || errno == EINTR)) {
        co_await socket_.async_wait(asio::socket_base::wait_write, asio::use_awaitable);
        written = send_with(socket_.native_handle(), bytes, descriptor);
    }
    if (written < 0) {
        throw boost::system::system_error(errno, boost::system::system_category());
    }
    const std::span<const char> rest = bytes.subspan(static_cast<size_t>(written));
    co_await asio::async_write(socket_, asio::buffer(rest.data(), rest.size()), asio::use_awaitable);
}

bool UnixStream::all_read() const {
    int unread = 0;
    return ::ioctl(socket_.native_handle(), SIOCOUTQ, &unread) != 0 || unread == 0;
}

bool UnixStream::hung_up() const {
    pollfd state{socket_.native_handle(), 0, 0};
    return ::poll(&state, 1, 0) != 0 && (state.revents & (POLLHUP | POLLERR | POLLNVAL)) != 0;
}

} // namespace spice::transport
