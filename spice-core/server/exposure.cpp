#include "server/exposure.hpp"

#include "base/log.hpp"

#include <boost/asio/ip/address.hpp>
#include <spice/enums.h>

#include <netinet/in.h>
#include <sys/socket.h>

#include <algorithm>
#include <string>

namespace spice::server {

namespace asio = boost::asio;

namespace {

// A name that is not a number may be anything; the one name that never leaves the host is known.
bool elsewhere(const std::string& address) {
    boost::system::error_code error;
    const asio::ip::address number = asio::ip::make_address(address, error);
    return error ? address != "localhost" : !number.is_loopback();
}

bool elsewhere(int socket) {
    sockaddr_storage name{};
    socklen_t size = sizeof name;
    if (getsockname(socket, reinterpret_cast<sockaddr*>(&name), &size) != 0) {
        return false;
    }
    if (name.ss_family == AF_INET) {
        const auto& address = reinterpret_cast<const sockaddr_in&>(name);
        return !asio::ip::address_v4(ntohl(address.sin_addr.s_addr)).is_loopback();
    }
    if (name.ss_family == AF_INET6) {
        asio::ip::address_v6::bytes_type bytes;
        const auto& address = reinterpret_cast<const sockaddr_in6&>(name);
        std::copy_n(address.sin6_addr.s6_addr, bytes.size(), bytes.begin());
        return !asio::ip::address_v6(bytes).is_loopback();
    }
    return false;
}

} // namespace

bool takes_plain_links_from_elsewhere(const ServerConfig& config) {
    const bool main_secured = config.all_channels_secure ||
                              std::ranges::count(config.secure_channels, uint8_t{SPICE_CHANNEL_MAIN}) != 0;
    return !main_secured &&
           ((config.plain_port &&
             std::ranges::any_of(config.addresses,
                                 [](const std::string& name) { return elsewhere(name); })) ||
            std::ranges::any_of(config.listening_sockets, [](int socket) { return elsewhere(socket); }));
}

void warn_of_exposure(const ServerConfig& config, LogSink& log) {
    if (config.tickets.empty() || config.sasl || !takes_plain_links_from_elsewhere(config)) {
        return;
    }
    log_line(log, LogLevel::warning,
             "the password is used on a port that other hosts reach, over links that are not encrypted: who "
             "listens there can see the session, and SPICE's 1024-bit key does not protect the password for "
             "long; use ",
             config.tls ? "--secure-channels all" : "TLS (--tls-port, --tls-auto)",
             ", or --addr 127.0.0.1 and an SSH tunnel");
}

} // namespace spice::server
