#include "secret_file.hpp"

#include "spice-core/config.hpp"

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstring>

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

namespace spice::driver {

namespace {

class File {
public:
    explicit File(const std::string& path) : fd_(open(path.c_str(), O_RDONLY | O_CLOEXEC)) {}
    ~File() {
        if (fd_ >= 0) {
            close(fd_);
        }
    }
    File(const File&) = delete;
    File& operator=(const File&) = delete;
    int fd() const { return fd_; }

private:
    int fd_;
};

struct Source {
    const std::string& option;
    const std::string& path;

    [[noreturn]] void refuse(const std::string& remedy) const {
        throw ConfigError(option + " " + path + ": " + remedy);
    }
    [[noreturn]] void refuse_unreadable(int error) const {
        refuse(std::string(std::strerror(error)) + "; give a file that the X server can read");
    }
};

void check_mode(const Source& source, int fd) {
    struct stat status {};
    if (fd < 0 || fstat(fd, &status) != 0) {
        source.refuse_unreadable(errno);
    }
    if (S_ISDIR(status.st_mode)) {
        source.refuse("is a directory; give a file whose first line is the password");
    }
    if (S_ISREG(status.st_mode) && (status.st_mode & (S_IROTH | S_IWOTH)) != 0) {
        source.refuse("other users can read or change it; chmod 600 it");
    }
}

// Everything up to the first newline, the end or a little more than `longest`.
std::string read_head(const Source& source, int fd, size_t longest) {
    std::string text;
    text.reserve(longest + 128); // no copies are left behind where it grows
    std::array<char, 64> chunk;
    while (text.size() <= longest && text.find('\n') == std::string::npos) {
        const ssize_t got = read(fd, chunk.data(), chunk.size());
        if (got < 0 && errno == EINTR) {
            continue;
        }
        if (got < 0) {
            source.refuse_unreadable(errno);
        }
        if (got == 0) {
            break;
        }
        text.append(chunk.data(), static_cast<size_t>(got));
    }
    explicit_bzero(chunk.data(), chunk.size());
    return text;
}

} // namespace

std::string read_secret(const std::string& option, const std::string& path, size_t longest) {
    const Source source{option, path};
    const File file(path);
    check_mode(source, file.fd());
    std::string text = read_head(source, file.fd(), longest);
    text.resize(std::min(text.find('\n'), text.size()));
    if (text.empty()) {
        source.refuse("its first line is empty; put the password there");
    }
    if (text.size() > longest) {
        source.refuse("its first line is longer than " + std::to_string(longest) +
                      " bytes; shorten the password");
    }
    if (text.find('\0') != std::string::npos) {
        source.refuse("its first line has a zero byte; give a password of text");
    }
    return text;
}

} // namespace spice::driver
