// Makes the listening TCP sockets of a list of addresses.
#pragma once

#include "base/unique_fd.hpp"
#include "spice-core/config.hpp"

#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/ip/address.hpp>

#include <cstdint>
#include <string>
#include <vector>

namespace spice::transport {

// One address as the operator gave it, and what it stands for.
struct ListenAddress {
    std::string name;
    std::vector<boost::asio::ip::address> numeric; // at least one
};

// Looks host names up at once, which may block; all their addresses of the family count. Throws ConfigError
// naming --addr, and --ipv4-only or --ipv6-only where that is what leaves nothing.
std::vector<ListenAddress> look_up(const boost::asio::any_io_executor& executor,
                                   const std::vector<std::string>& names, AddressFamily family);

struct TcpBinding {
    std::vector<UniqueFd> sockets; // listening, not blocking, closed on exec
    uint16_t port = 0;             // of all of them
};

// `port` 0: the kernel chooses one, the same for all addresses. "::" takes IPv4 connections too, unless an
// IPv4 address is in the list or the family is IPv6. Throws ConfigError naming `option` ("--port") or --addr.
TcpBinding bind_tcp(const std::vector<ListenAddress>& addresses, AddressFamily family, uint16_t port,
                    const std::string& option);

} // namespace spice::transport
