// Files whose first line is a secret: tickets, the password of a private key.
#pragma once

#include <cstddef>
#include <string>

namespace spice::driver {

// The first line, without its end: 1 to `longest` bytes, none of them zero. Files that other users can read
// or change are refused, pipes are taken. Throws ConfigError that begins with `option` and the path, and
// never has anything of the content.
std::string read_secret(const std::string& option, const std::string& path, size_t longest);

} // namespace spice::driver
