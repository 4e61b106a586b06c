// Listening sockets that somebody else made and handed to this process.
#pragma once

#include "base/unique_fd.hpp"

#include <vector>

namespace spice::transport {

// Takes the descriptors, also when it throws ConfigError: for one that is not a listening stream socket of
// TCP or Unix. Sets them to close on exec and not to block.
std::vector<UniqueFd> take_inherited(const std::vector<int>& descriptors);

// AF_INET, AF_INET6 or AF_UNIX.
int domain_of(const UniqueFd& socket);

} // namespace spice::transport
