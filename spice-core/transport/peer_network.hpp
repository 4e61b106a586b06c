// Whom a connection is counted for, where one peer may have many.
#pragma once

#include "transport/stream.hpp"

#include <string>

namespace spice::transport {

// "192.0.2.7"; of IPv6 the network of 64 bits, which is one site's or one host's to number as it likes:
// "2001:db8::/64"; of Unix sockets the user: "unix:1000". What is none of these is counted as it is called.
std::string peer_network(const Stream& stream);

} // namespace spice::transport
