// From the options of the Device section to the core's configuration.
#pragma once

#include "bridge.h"
#include "spice-core/config.hpp"

namespace spice::driver {

// Throws ConfigError for what the operator has to mend, the password file included.
ServerConfig core_config(const xspice_core_config& options);

} // namespace spice::driver
