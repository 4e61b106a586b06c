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

enum class AddressFamily : uint8_t { any, ipv4, ipv6 };

// A link password and what it is good for. Never logged.
struct Ticket {
    // 1 to 60 bytes without a zero byte: SPICE_MAX_PASSWORD_LENGTH.
    std::string password;
    // From when on it lets no new client in; clients that it let in stay.
    std::optional<std::chrono::steady_clock::time_point> expires;
    bool one_shot = false;  // lets one client in
    bool view_only = false; // whoever comes with it sees, and hears, and cannot touch anything
};

// What happens to the clients that are connected when the tickets are replaced. Names as in oVirt's VDSM.
enum class ConnectedAction : uint8_t {
    keep,
    disconnect, // all of them
    fail,       // nothing is replaced while somebody is connected
};

struct TlsConfig {
    uint16_t port = 0; // where nothing but TLS is spoken; 0: no such port
    // PEM. The certificate may be followed by its chain. The authority's certificate is what clients get to
    // check ours with; it is not used to check clients. Files that change are read again for later
    // connections.
    std::string certificate_file;
    std::string key_file;
    std::optional<std::string> key_password; // of the key file. Never logged
    std::string ca_file;
    std::string dh_file; // parameters for DHE; empty: those that OpenSSL chooses
    std::string ciphers; // as openssl-ciphers(1) has them, for TLS 1.2; empty: only strong ones
    // The files above are made if they are not there: a private authority, and a certificate of this host.
    bool automatic = false;
};

struct SaslConfig {
    // Where xspice.conf is, which must have a mech_list. Empty: SASL_CONF_PATH or the library's own places
    // (/etc/sasl2).
    std::string config_directory;
    // The name in the service principal spice/NAME; empty: this host's.
    std::string host_name;
    // Who may come in: names as the mechanism tells them (alice, alice@REALM). Empty: the user that the
    // server runs as.
    std::vector<std::string> users;
};

struct ServerConfig {
    // Numeric addresses or host names to listen on; every one is bound to `port`. Empty: none, with another
    // way in given below.
    std::vector<std::string> addresses{"127.0.0.1"};
    // An address of another one is an error; names are not resolved to it.
    AddressFamily family = AddressFamily::any;
    // TCP port, 1 to 65535; 0 lets the kernel choose (tests; see Server::port()).
    uint16_t port = 5900;
    // False: `port` is not used, and the addresses have the TLS port alone.
    bool plain_port = true;
    // Unix sockets to listen on, made with mode 0600 and removed at the end. Only the server's own user and
    // root come in.
    std::vector<std::string> unix_paths;
    // Listening stream sockets (TCP or Unix) that somebody else made: systemd's socket activation. Owned from
    // the construction of the server on.
    std::vector<int> listening_sockets;
    // The control socket (docs/control.md), made like those; empty: none.
    std::string control_path;
    // Web pages from elsewhere than this server whose scripts may connect: "https://desk.example.org".
    std::vector<std::string> web_origins;

    std::optional<TlsConfig> tls;
    // Channels (SPICE_CHANNEL_*) that take no link without encryption, and "all", which wins.
    std::vector<uint8_t> secure_channels;
    bool all_channels_secure = false;

    // A link must present one of them; empty: any ticket is accepted. Server::set_tickets() replaces them.
    std::vector<Ticket> tickets;
    std::optional<SaslConfig> sasl; // then nobody comes in with a ticket

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

    // Pictures of the screen in a second, at most; 0: as many as a screen shows.
    int max_picture_rate = 0;

    // The front-end has an absolute pointer: clients may use mouse mode CLIENT.
    bool absolute_pointer = true;

    // Bounds on connections that have not finished the link handshake.
    std::chrono::milliseconds link_deadline{10'000};
    size_t max_unauthenticated = 256; // all addresses together; the oldest one goes
    // Of one IPv4 address, one IPv6 network of 64 bits, one user of Unix sockets; the oldest one goes.
    size_t max_unauthenticated_per_address = 64;
    // A client that lost its connection may come back with the ticket that let it in, even if that has
    // expired since or was good for one client only.
    std::chrono::seconds come_back_time{120};
    size_t max_clients = 64;
};

} // namespace spice
