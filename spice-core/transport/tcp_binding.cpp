#include "transport/tcp_binding.hpp"

#include "base/log.hpp"

#include <boost/asio/error.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/system/error_code.hpp>

#include <netinet/in.h>
#include <sys/socket.h>

#include <algorithm>
#include <cerrno>
#include <optional>
#include <set>
#include <string_view>
#include <utility>

namespace spice::transport {

namespace asio = boost::asio;
using asio::ip::tcp;
using boost::system::error_code;

namespace {

constexpr int kPortTries = 8; // for a port that is free on all addresses

[[noreturn]] void throw_no_address(const std::string& name, std::string_view why) {
    throw ConfigError("--addr " + escaped(name) + ": " + std::string(why) +
                      "; give an address of this host, 0.0.0.0 or :: for all");
}

[[noreturn]] void throw_other_family(const std::string& name, AddressFamily wanted) {
    const bool v4 = wanted == AddressFamily::ipv4;
    throw ConfigError("--addr " + escaped(name) + ": no IPv" + (v4 ? "4" : "6") + " address, and --ipv" +
                      (v4 ? "4" : "6") + "-only is set; give one such as " + (v4 ? "127.0.0.1" : "::1") +
                      ", or leave that option out");
}

[[noreturn]] void throw_not_bound(const std::string& name, const std::string& option, uint16_t port,
                                  const error_code& error) {
    const std::string begin = option + " " + std::to_string(port);
    if (error == asio::error::address_in_use) {
        throw ConfigError(begin + ": address already in use (" + escaped(name) +
                          "); choose another port or stop the server that has it");
    }
    if (error == asio::error::access_denied) {
        throw ConfigError(begin + ": not permitted for this user; choose a port from 1024 to 65535");
    }
    if (error == boost::system::errc::address_not_available) {
        throw_no_address(name, "not an address of this host");
    }
    throw_no_address(name, error.message());
}

bool belongs_to(const asio::ip::address& address, AddressFamily family) {
    return family == AddressFamily::any || address.is_v4() == (family == AddressFamily::ipv4);
}

tcp::resolver::results_type resolve(const asio::any_io_executor& executor, const std::string& name,
                                    AddressFamily family, error_code& error) {
    tcp::resolver resolver(executor);
    if (family == AddressFamily::any) {
        return resolver.resolve(name, "", tcp::resolver::passive, error);
    }
    const tcp protocol = family == AddressFamily::ipv4 ? tcp::v4() : tcp::v6();
    return resolver.resolve(protocol, name, "", tcp::resolver::passive, error);
}

ListenAddress look_up_one(const asio::any_io_executor& executor, const std::string& name,
                          AddressFamily family) {
    error_code error;
    const asio::ip::address numeric = asio::ip::make_address(name, error);
    if (!error) {
        if (!belongs_to(numeric, family)) {
            throw_other_family(name, family);
        }
        return {name, {numeric}};
    }
    const tcp::resolver::results_type found = resolve(executor, name, family, error);
    if (error || found.empty()) {
        if (family != AddressFamily::any && !resolve(executor, name, AddressFamily::any, error).empty()) {
            throw_other_family(name, family);
        }
        throw_no_address(name, "unknown host name");
    }
    std::set<asio::ip::address> once;
    for (const auto& entry : found) {
        once.insert(entry.endpoint().address());
    }
    return {name, {once.begin(), once.end()}};
}

error_code last_error() {
    return {errno, boost::system::system_category()};
}

// Closed on exec, which Asio would not do: Xorg starts other programs (xkbcomp).
UniqueFd open_and_bind(const tcp::endpoint& endpoint, bool v6_only, error_code& error) {
    const int family = endpoint.protocol().family();
    UniqueFd handle(::socket(family, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, IPPROTO_TCP));
    const int reuse = 1; // a port that waits in TIME_WAIT
    const int only = v6_only ? 1 : 0;
    const bool bound =
        handle && ::setsockopt(handle.value(), SOL_SOCKET, SO_REUSEADDR, &reuse, sizeof reuse) == 0 &&
        (family != AF_INET6 ||
         ::setsockopt(handle.value(), IPPROTO_IPV6, IPV6_V6ONLY, &only, sizeof only) == 0) &&
        ::bind(handle.value(), endpoint.data(), static_cast<socklen_t>(endpoint.size())) == 0 &&
        ::listen(handle.value(), SOMAXCONN) == 0;
    error = bound ? error_code() : last_error();
    return handle;
}

uint16_t port_of(const UniqueFd& handle) {
    tcp::endpoint endpoint;
    auto size = static_cast<socklen_t>(endpoint.capacity());
    ::getsockname(handle.value(), endpoint.data(), &size);
    endpoint.resize(size);
    return endpoint.port();
}

// "localhost" may stand for ::1 on a host without IPv6.
bool family_is_missing(const error_code& error) {
    return error == asio::error::address_family_not_supported ||
           error == boost::system::errc::address_not_available;
}

bool has_ipv4(const ListenAddress& address) {
    return std::ranges::any_of(address.numeric, [](const asio::ip::address& one) { return one.is_v4(); });
}

// All or, for a port that the kernel chose for the first one and that is taken for another one, none.
std::optional<TcpBinding> bind_all(const std::vector<ListenAddress>& addresses, bool v6_only, uint16_t port,
                                   const std::string& option) {
    TcpBinding bound;
    bound.port = port;
    for (const ListenAddress& address : addresses) {
        const size_t bound_before = bound.sockets.size();
        error_code last;
        for (const asio::ip::address& numeric : address.numeric) {
            error_code error;
            UniqueFd handle = open_and_bind({numeric, bound.port}, v6_only, error);
            if (!error) {
                bound.port = port_of(handle);
                bound.sockets.push_back(std::move(handle));
            } else if (error == asio::error::address_in_use && port == 0) {
                return std::nullopt;
            } else if (!family_is_missing(error)) {
                throw_not_bound(address.name, option, port, error);
            }
            last = error;
        }
        if (bound.sockets.size() == bound_before) {
            throw_not_bound(address.name, option, port, last);
        }
    }
    return bound;
}

} // namespace

std::vector<ListenAddress> look_up(const asio::any_io_executor& executor,
                                   const std::vector<std::string>& names, AddressFamily family) {
    std::vector<ListenAddress> addresses;
    for (const std::string& name : names) {
        addresses.push_back(look_up_one(executor, name, family));
    }
    return addresses;
}

TcpBinding bind_tcp(const std::vector<ListenAddress>& addresses, AddressFamily family, uint16_t port,
                    const std::string& option) {
    const bool v6_only = family == AddressFamily::ipv6 || std::ranges::any_of(addresses, has_ipv4);
    for (int i = 0; i < kPortTries; ++i) {
        std::optional<TcpBinding> bound = bind_all(addresses, v6_only, port, option);
        if (bound) {
            return std::move(*bound);
        }
    }
    throw_not_bound(addresses.front().name, option, port, asio::error::address_in_use);
}

} // namespace spice::transport
