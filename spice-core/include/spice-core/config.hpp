// Everything that can be set about a server, one documented field each. Checked by Server's constructor,
// which throws ConfigError for what the operator has to mend.
#pragma once

#include <array>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <stdexcept>
#include <string>
#include <vector>

namespace spice {

// The operator's mistake: what() is one line that begins with the option's name in the launcher's spelling
// ("--port 5900: address already in use; choose another port or stop the server that has it").
class ConfigError : public std::runtime_error {
public:
    using std::runtime_error::runtime_error;
};

// How pictures are compressed, without loss. What a client asks for itself counts for more.
enum class ImageCompression : uint8_t {
    automatic, // by content and by the client's link
    off,
    auto_glz, // photographs QUIC, everything else GLZ
    auto_lz,  // photographs QUIC, everything else LZ
    quic,
    glz,
    lz,
    lz4, // where the client can, else LZ
};

// When something is done that spares slow links.
enum class WanCompression : uint8_t { automatic, never, always };

struct ServerConfig {
    // Numeric addresses or host names to listen on; every one is bound to `port`.
    std::vector<std::string> addresses{"127.0.0.1"};
    // TCP port, 1 to 65535; 0 lets the kernel choose (tests; see Server::port()).
    uint16_t port = 5900;

    // Password that every link must present; none: any ticket is accepted. 1 to 60 bytes, as
    // SPICE_MAX_PASSWORD_LENGTH says. Never logged.
    std::optional<std::string> ticket;

    // Told to clients that can take it (capability NAME_AND_UUID); empty name: not told.
    std::string name;
    std::array<uint8_t, 16> uuid{};

    ImageCompression image_compression = ImageCompression::automatic;
    // Photographs that would take too long are sent as JPEG at first, where QUIC could be their codec; exact
    // pixels follow when they are still. Automatic: when the link or the size of the change asks for it.
    WanCompression jpeg_wan_compression = WanCompression::automatic;
    // What GLZ makes goes through zlib, too. Automatic: with automatic image compression always, else on slow
    // links.
    WanCompression zlib_glz_wan_compression = WanCompression::automatic;

    // The front-end has an absolute pointer: clients may use mouse mode CLIENT.
    bool absolute_pointer = true;

    // Bounds on connections that have not finished the link handshake.
    std::chrono::milliseconds link_deadline{10'000};
    size_t max_unauthenticated = 256; // all addresses together; the oldest one goes
    size_t max_clients = 64;
};

} // namespace spice
