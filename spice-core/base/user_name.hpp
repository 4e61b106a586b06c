// Names of the system's users.
#pragma once

#include <sys/types.h>

#include <optional>
#include <string>

namespace spice {

// None: it has none. May ask a directory service, and so block.
std::optional<std::string> user_name(uid_t user);

} // namespace spice
