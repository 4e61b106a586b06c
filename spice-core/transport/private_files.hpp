// Files that nobody but their user may read.
#pragma once

#include "base/unique_fd.hpp"

#include <chrono>
#include <string>
#include <string_view>

namespace spice::transport {

// All throw ConfigError: "OPTION PATH: why; remedy".

// Makes the directory and those above it that are missing, mode 0700. One that is there must be the user's
// own or root's, and not be writable by others: they could put their keys in place of ours.
void make_private_directory(const std::string& option, const std::string& path);

// Mode 0600; replaces what is there in one step. The directory must exist.
void write_private_file(const std::string& option, const std::string& path, std::string_view text);

// Held while the object lives; other processes wait. The file stays.
class FileLock {
public:
    FileLock(const std::string& option, const std::string& path, std::chrono::milliseconds patience);

private:
    UniqueFd file_;
};

bool file_exists(const std::string& path);
std::string directory_of(const std::string& path); // "." when it has none

} // namespace spice::transport
