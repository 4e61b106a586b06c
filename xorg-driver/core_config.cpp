#include "core_config.hpp"

#include "core_config_access.hpp"

#include <cerrno>
#include <cstring>
#include <string_view>

#include <sys/random.h>

namespace spice::driver {

namespace {

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
    read_listening(options, config);
    read_tls(options, config);
    read_secure_channels(options, config);
    read_sasl(options, config);
    read_tickets(options, config);
    if (options.name != nullptr) {
        config.name = options.name;
    }
    if (options.control != nullptr) {
        config.control_path = options.control;
    }
    config.uuid = make_uuid();
    read_choice("--image-compression", options.image_compression, kImageCompressions,
                config.image_compression);
    read_choice("--jpeg-wan-compression", options.jpeg_wan_compression, kWanCompressions,
                config.jpeg_wan_compression);
    read_choice("--zlib-glz-wan-compression", options.zlib_glz_wan_compression, kWanCompressions,
                config.zlib_glz_wan_compression);
    config.max_picture_rate = options.deferred_fps;
    return config;
}

} // namespace spice::driver
