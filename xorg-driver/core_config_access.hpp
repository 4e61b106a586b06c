// The part of core_config.hpp that says which ways in there are, and for whom. Each reads its options into
// `config` and throws ConfigError.
#pragma once

#include "bridge.h"
#include "spice-core/config.hpp"

#include <string>
#include <string_view>
#include <vector>

namespace spice::driver {

// The items between the commas, without blanks around them; an empty one is refused.
std::vector<std::string> split_list(const std::string& option, std::string_view list);

void read_listening(const xspice_core_config& options, ServerConfig& config);
void read_tls(const xspice_core_config& options, ServerConfig& config);
// After read_tls(), without which no channel can be secure.
void read_secure_channels(const xspice_core_config& options, ServerConfig& config);
void read_tickets(const xspice_core_config& options, ServerConfig& config);
void read_sasl(const xspice_core_config& options, ServerConfig& config);

} // namespace spice::driver
