#include "transport/inherited_sockets.hpp"

#include "spice-core/config.hpp"

#include <fcntl.h>
#include <sys/socket.h>

#include <string>

namespace spice::transport {

namespace {

int option_of(const UniqueFd& socket, int option) {
    int value = -1;
    socklen_t size = sizeof value;
    return getsockopt(socket.value(), SOL_SOCKET, option, &value, &size) == 0 ? value : -1;
}

bool fits(const UniqueFd& socket) {
    const int domain = domain_of(socket);
    return (domain == AF_INET || domain == AF_INET6 || domain == AF_UNIX) &&
           option_of(socket, SO_TYPE) == SOCK_STREAM && option_of(socket, SO_ACCEPTCONN) == 1;
}

void set_up(const UniqueFd& socket) {
    fcntl(socket.value(), F_SETFD, FD_CLOEXEC);
    fcntl(socket.value(), F_SETFL, fcntl(socket.value(), F_GETFL) | O_NONBLOCK);
}

} // namespace

int domain_of(const UniqueFd& socket) {
    return option_of(socket, SO_DOMAIN);
}

std::vector<UniqueFd> take_inherited(const std::vector<int>& descriptors) {
    std::vector<UniqueFd> sockets;
    sockets.reserve(descriptors.size());
    for (const int descriptor : descriptors) {
        sockets.emplace_back(descriptor);
    }
    for (const UniqueFd& socket : sockets) {
        if (!fits(socket)) {
            throw ConfigError("LISTEN_FDS: descriptor " + std::to_string(socket.value()) +
                              " is not a listening TCP or Unix stream socket; give ListenStream= in the "
                              "socket unit");
        }
        set_up(socket);
    }
    return sockets;
}

} // namespace spice::transport
