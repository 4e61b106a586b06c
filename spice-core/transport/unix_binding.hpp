// Makes a listening Unix socket with a name in the file system.
#pragma once

#include "base/unique_fd.hpp"

#include <sys/types.h>

#include <string>
#include <string_view>

namespace spice::transport {

// A listening socket of mode 0600 from its first moment on. Takes its name away at the end, unless something
// else stands there by then.
class UnixBinding {
public:
    // `path` is absolute, at most 107 bytes. A socket that nobody listens on any more, left by a server that
    // died, is replaced; anything else that stands there stays. Throws ConfigError naming `option`.
    explicit UnixBinding(std::string path, std::string_view option = "--unix");
    UnixBinding(UnixBinding&& other) noexcept;
    UnixBinding& operator=(UnixBinding&&) = delete;
    ~UnixBinding();

    const std::string& path() const { return path_; }
    UniqueFd take_socket() { return std::move(socket_); } // not blocking, closed on exec

private:
    std::string path_; // empty: moved from
    UniqueFd socket_;
    // Which file is ours.
    dev_t device_ = 0;
    ino_t inode_ = 0;
};

} // namespace spice::transport
