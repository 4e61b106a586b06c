#include "core_config.hpp"

#include <cerrno>
#include <cstring>
#include <string_view>

#include <fcntl.h>
#include <sys/random.h>
#include <sys/stat.h>
#include <unistd.h>

#include <spice/protocol.h>

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

[[noreturn]] void refuse_file(const std::string& path, const std::string& remedy) {
    throw ConfigError("--password-file " + path + ": " + remedy);
}

// The first line, without its end; at most SPICE_MAX_PASSWORD_LENGTH bytes.
std::string read_ticket(const std::string& path) {
    const File file(path);
    struct stat status {};
    if (file.fd() < 0 || fstat(file.fd(), &status) != 0) {
        refuse_file(path, std::string(std::strerror(errno)) + "; give a file that the X server can read");
    }
    if (S_ISDIR(status.st_mode)) {
        refuse_file(path, "is a directory; give a file whose first line is the password");
    }
    if (S_ISREG(status.st_mode) && (status.st_mode & (S_IROTH | S_IWOTH)) != 0) {
        refuse_file(path, "other users can read or change it; chmod 600 it");
    }
    std::string text;
    char chunk[SPICE_MAX_PASSWORD_LENGTH + 2];
    while (text.size() <= SPICE_MAX_PASSWORD_LENGTH && text.find('\n') == std::string::npos) {
        const ssize_t got = read(file.fd(), chunk, sizeof(chunk));
        if (got < 0 && errno == EINTR) {
            continue;
        }
        if (got < 0) {
            refuse_file(path, std::string(std::strerror(errno)) + "; give a file that the X server can read");
        }
        if (got == 0) {
            break;
        }
        text.append(chunk, static_cast<size_t>(got));
    }
    text.resize(std::min(text.find('\n'), text.size()));
    if (text.empty()) {
        refuse_file(path, "its first line is empty; put the password there");
    }
    if (text.size() > SPICE_MAX_PASSWORD_LENGTH) {
        refuse_file(path, "its first line is longer than " + std::to_string(SPICE_MAX_PASSWORD_LENGTH) +
                              " bytes; shorten the password");
    }
    if (text.find('\0') != std::string::npos) {
        refuse_file(path, "its first line has a zero byte; clients cannot send it");
    }
    return text;
}

std::vector<std::string> split_addresses(std::string_view list) {
    std::vector<std::string> addresses;
    while (true) {
        const size_t comma = list.find(',');
        std::string_view item = list.substr(0, comma);
        const size_t first = item.find_first_not_of(" \t");
        if (first == std::string_view::npos) {
            throw ConfigError("--addr: an address is empty; give addresses separated by commas");
        }
        item = item.substr(first, item.find_last_not_of(" \t") - first + 1);
        addresses.emplace_back(item);
        if (comma == std::string_view::npos) {
            return addresses;
        }
        list.remove_prefix(comma + 1);
    }
}

template <typename Value>
struct Choice {
    std::string_view name;
    Value value;
};

constexpr Choice<ImageCompression> kImageCompressions[] = {
    {"auto", ImageCompression::automatic},
    {"off", ImageCompression::off},
    {"auto_glz", ImageCompression::auto_glz},
    {"auto_lz", ImageCompression::auto_lz},
    {"quic", ImageCompression::quic},
    {"glz", ImageCompression::glz},
    {"lz", ImageCompression::lz},
    {"lz4", ImageCompression::lz4},
};

constexpr Choice<WanCompression> kWanCompressions[] = {
    {"auto", WanCompression::automatic},
    {"never", WanCompression::never},
    {"always", WanCompression::always},
};

// Leaves `value` as it is when the option is not given.
template <typename Value, size_t kCount>
void read_choice(const char* option, const char* given, const Choice<Value> (&choices)[kCount],
                 Value& value) {
    if (given == nullptr) {
        return;
    }
    std::string names;
    for (const Choice<Value>& choice : choices) {
        if (choice.name == given) {
            value = choice.value;
            return;
        }
        names.append(names.empty() ? "" : ", ").append(choice.name);
    }
    throw ConfigError(std::string(option) + " " + given + ": no such choice; use one of " + names);
}

// Random, version 4 of RFC 4122.
std::array<uint8_t, 16> make_uuid() {
    std::array<uint8_t, 16> uuid{};
    if (getrandom(uuid.data(), uuid.size(), 0) != static_cast<ssize_t>(uuid.size())) {
        throw std::runtime_error(std::string("getrandom: ") + std::strerror(errno));
    }
    uuid[6] = static_cast<uint8_t>((uuid[6] & 0x0f) | 0x40);
    uuid[8] = static_cast<uint8_t>((uuid[8] & 0x3f) | 0x80);
    return uuid;
}

} // namespace

ServerConfig core_config(const xspice_core_config& options) {
    ServerConfig config;
    if (options.addresses != nullptr) {
        config.addresses = split_addresses(options.addresses);
    }
    config.port = static_cast<uint16_t>(options.port);
    if (options.password_file != nullptr) {
        config.tickets = {{.password = read_ticket(options.password_file), .expires = {}}};
    } else if (!options.disable_ticketing) {
        throw ConfigError("--password-file: missing; give one, or --disable-ticketing");
    }
    if (options.name != nullptr) {
        config.name = options.name;
    }
    config.uuid = make_uuid();
    read_choice("--image-compression", options.image_compression, kImageCompressions,
                config.image_compression);
    read_choice("--jpeg-wan-compression", options.jpeg_wan_compression, kWanCompressions,
                config.jpeg_wan_compression);
    read_choice("--zlib-glz-wan-compression", options.zlib_glz_wan_compression, kWanCompressions,
                config.zlib_glz_wan_compression);
    return config;
}

} // namespace spice::driver
