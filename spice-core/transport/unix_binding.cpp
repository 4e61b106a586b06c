#include "transport/unix_binding.hpp"

#include "base/log.hpp"
#include "spice-core/config.hpp"

#include <boost/system/error_code.hpp>

#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include <cerrno>
#include <cstdio>
#include <cstring>
#include <optional>
#include <string_view>
#include <utility>

namespace spice::transport {

namespace {

constexpr mode_t kMode = 0600;

// Where the socket goes, and who said so.
struct Place {
    const std::string& path;
    std::string_view option;
};

[[noreturn]] void complain(const Place& place, std::string_view what) {
    throw ConfigError(std::string(place.option) + " " + escaped(place.path) + ": " + std::string(what));
}

std::string error_text(int error) {
    return boost::system::system_category().message(error);
}

sockaddr_un address_of(const Place& place) {
    const std::string& path = place.path;
    sockaddr_un address{};
    if (path.empty() || path.front() != '/' || path.find('\0') != std::string::npos) {
        complain(place, "not an absolute path; give one that begins with /");
    }
    if (path.size() >= sizeof address.sun_path) {
        complain(place, "longer than the " + std::to_string(sizeof address.sun_path - 1) +
                            " bytes that a socket's name may have; choose a shorter path");
    }
    address.sun_family = AF_UNIX;
    std::memcpy(address.sun_path, path.data(), path.size());
    return address;
}

UniqueFd new_socket(const Place& place) {
    UniqueFd socket(::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0));
    if (!socket) {
        complain(place, error_text(errno) + "; free some descriptors");
    }
    return socket;
}

std::optional<struct stat> status_of(const std::string& path) {
    struct stat status {};
    return ::lstat(path.c_str(), &status) == 0 ? std::optional(status) : std::nullopt;
}

// Whether a server answers at the socket. What cannot be told counts as one.
bool somebody_listens(const Place& place) {
    const sockaddr_un address = address_of(place);
    const UniqueFd probe = new_socket(place);
    return ::connect(probe.value(), reinterpret_cast<const sockaddr*>(&address), sizeof address) == 0 ||
           errno != ECONNREFUSED;
}

bool same_file(const struct stat& one, const struct stat& other) {
    return one.st_dev == other.st_dev && one.st_ino == other.st_ino;
}

// Two servers that start at once must not take each other's: the name is moved away first, and only what was
// asked before is removed.
void remove_stale(const Place& place) {
    const std::string& path = place.path;
    const std::optional<struct stat> status = status_of(path);
    if (!status) {
        return;
    }
    if (!S_ISSOCK(status->st_mode)) {
        complain(place, "exists and is not a socket; choose another path or remove it");
    }
    if (somebody_listens(place)) {
        complain(place, "a server listens there; choose another path or stop that server");
    }
    const std::string aside = path.substr(0, path.rfind('/') + 1) + ".stale-" + std::to_string(::getpid());
    if (::rename(path.c_str(), aside.c_str()) != 0) {
        complain(place, "a dead server's socket, which cannot be removed: " + error_text(errno) +
                            "; remove it or choose another path");
    }
    const std::optional<struct stat> moved = status_of(aside);
    const bool stale = moved && same_file(*moved, *status);
    // Otherwise it is another server's, which was quicker, and gets its name back.
    if (!stale && ::link(aside.c_str(), path.c_str()) != 0) {
        complain(place, "another server starts there, whose socket is now " + escaped(aside) +
                            "; choose another path");
    }
    ::unlink(aside.c_str());
    if (!stale) {
        complain(place, "another server starts there; choose another path");
    }
}

[[noreturn]] void complain_about_bind(const Place& place, int error) {
    switch (error) {
    case EADDRINUSE:
        complain(place, "already in use; choose another path or stop the server that has it");
    case ENOENT:
    case ENOTDIR:
        complain(place, "no such directory; make it or choose another path");
    case EACCES:
    case EPERM:
    case EROFS:
        complain(place, error_text(error) + "; choose a directory that this user may write to");
    default:
        complain(place, error_text(error) + "; choose another path");
    }
}

} // namespace

UnixBinding::UnixBinding(std::string path, std::string_view option) : path_(std::move(path)) {
    const Place place{path_, option};
    const sockaddr_un address = address_of(place);
    remove_stale(place);
    socket_ = new_socket(place);
    // Linux makes the file with the mode that the socket has, less the umask, which is the whole process's
    // and not ours to change.
    ::fchmod(socket_.value(), kMode);
    if (::bind(socket_.value(), reinterpret_cast<const sockaddr*>(&address), sizeof address) != 0) {
        complain_about_bind(place, errno);
    }
    if (const std::optional<struct stat> status = status_of(path_)) {
        device_ = status->st_dev;
        inode_ = status->st_ino;
    }
    ::listen(socket_.value(), SOMAXCONN);
}

UnixBinding::UnixBinding(UnixBinding&& other) noexcept
    : path_(std::exchange(other.path_, {})), socket_(std::move(other.socket_)), device_(other.device_),
      inode_(other.inode_) {}

UnixBinding::~UnixBinding() {
    if (path_.empty()) {
        return;
    }
    const std::optional<struct stat> status = status_of(path_);
    if (status && status->st_dev == device_ && status->st_ino == inode_) {
        ::unlink(path_.c_str());
    }
}

} // namespace spice::transport
