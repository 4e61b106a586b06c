#include "transport/unix_stream.hpp"

#include <sys/socket.h>

#include <string>
#include <utility>

namespace spice::transport {

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

} // namespace

UnixStream::UnixStream(stream_protocol::socket socket)
    : UnixStream(std::move(socket), credentials_of(socket)) {}

UnixStream::UnixStream(stream_protocol::socket&& socket, std::optional<PeerCredentials> credentials)
    : SocketStream(std::move(socket), name_of(credentials)), credentials_(credentials) {}

} // namespace spice::transport
