#include "transport/private_files.hpp"

#include "spice-core/config.hpp"

#include <fcntl.h>
#include <sys/file.h>
#include <sys/stat.h>

#include <cerrno>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <thread>

namespace spice::transport {

namespace {

[[noreturn]] void fail(const std::string& option, const std::string& path, const std::string& why,
                       const std::string& remedy) {
    throw ConfigError(option + " " + path + ": " + why + "; " + remedy);
}

constexpr const char* kNeedsPlace = "name a directory of your own with --x509-dir";

bool write_all(int file, std::string_view text) {
    while (!text.empty()) {
        const ssize_t count = write(file, text.data(), text.size());
        if (count < 0 && errno != EINTR) {
            return false;
        }
        text.remove_prefix(static_cast<size_t>(std::max<ssize_t>(count, 0)));
    }
    return fsync(file) == 0;
}

void make_directories(const std::string& option, const std::string& path) {
    for (size_t end = path.find('/', 1);; end = path.find('/', end + 1)) {
        const std::string part = path.substr(0, end);
        if (mkdir(part.c_str(), 0700) != 0 && errno != EEXIST) {
            fail(option, part, std::strerror(errno), kNeedsPlace);
        }
        if (end == std::string::npos) {
            return;
        }
    }
}

} // namespace

bool file_exists(const std::string& path) {
    return access(path.c_str(), F_OK) == 0;
}

std::string directory_of(const std::string& path) {
    const size_t slash = path.rfind('/');
    if (slash == std::string::npos) {
        return ".";
    }
    return slash == 0 ? "/" : path.substr(0, slash);
}

void make_private_directory(const std::string& option, const std::string& path) {
    struct stat found {};
    if (stat(path.c_str(), &found) != 0) {
        make_directories(option, path);
        if (stat(path.c_str(), &found) != 0) {
            fail(option, path, std::strerror(errno), kNeedsPlace);
        }
    }
    if (!S_ISDIR(found.st_mode)) {
        fail(option, path, "is not a directory", kNeedsPlace);
    }
    if (found.st_uid != geteuid() && found.st_uid != 0) {
        fail(option, path, "belongs to another user", kNeedsPlace);
    }
    if ((found.st_mode & (S_IWGRP | S_IWOTH)) != 0) {
        fail(option, path, "others may write to it, and could put their keys there", "chmod 700");
    }
}

void write_private_file(const std::string& option, const std::string& path, std::string_view text) {
    std::string temporary = path + ".XXXXXX";
    const UniqueFd file(mkostemp(temporary.data(), O_CLOEXEC)); // mode 0600
    if (!file) {
        fail(option, path, std::strerror(errno), kNeedsPlace);
    }
    if (!write_all(file.value(), text) || std::rename(temporary.c_str(), path.c_str()) != 0) {
        const int why = errno;
        unlink(temporary.c_str());
        fail(option, path, std::strerror(why), "make room, or " + std::string(kNeedsPlace));
    }
}

FileLock::FileLock(const std::string& option, const std::string& path, std::chrono::milliseconds patience)
    : file_(open(path.c_str(), O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0600)) {
    if (!file_) {
        fail(option, path, std::strerror(errno), kNeedsPlace);
    }
    const auto end = std::chrono::steady_clock::now() + patience;
    while (flock(file_.value(), LOCK_EX | LOCK_NB) != 0) {
        if (errno != EWOULDBLOCK && errno != EINTR) {
            fail(option, path, std::strerror(errno), kNeedsPlace);
        }
        if (std::chrono::steady_clock::now() >= end) {
            fail(option, path, "another server is making certificates here and does not come to an end",
                 "stop it");
        }
        std::this_thread::sleep_for(std::chrono::milliseconds(10));
    }
}

} // namespace spice::transport
