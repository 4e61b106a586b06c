// What of a ServerConfig can be judged without trying it.
#pragma once

#include "spice-core/config.hpp"

#include <string>
#include <vector>

namespace spice::server {

// Throws ConfigError, which begins with `option`.
void check_tickets(const std::vector<Ticket>& tickets, const std::string& option);

// Returns `config`, or throws ConfigError naming the option.
ServerConfig checked(ServerConfig config);

} // namespace spice::server
