// What of a ServerConfig can be judged without trying it.
#pragma once

#include "spice-core/config.hpp"

namespace spice::server {

// Returns `config`, or throws ConfigError naming the option.
ServerConfig checked(ServerConfig config);

} // namespace spice::server
