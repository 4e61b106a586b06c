#include "core_config_access.hpp"
#include "secret_file.hpp"

#include <algorithm>
#include <utility>

#include <unistd.h>

#include <spice/enums.h>

namespace spice::driver {

namespace {

// OpenSSL's own limit, PEM_BUFSIZE with the final zero byte.
constexpr size_t kMaxKeyPassword = 1023;

using Named = std::pair<const char*, const char*>; // an option and its value

// Those that say what certificate there is.
std::vector<Named> file_options(const xspice_core_config& options) {
    return {{"--cacert-file", options.cacert_file},
            {"--x509-key-file", options.x509_key_file},
            {"--x509-cert-file", options.x509_cert_file},
            {"--x509-key-password-file", options.x509_key_password_file}};
}

// The first option that would have no effect without TLS.
Named first_tls_option(const xspice_core_config& options) {
    std::vector<Named> all = file_options(options);
    all.insert(all.begin(), {"--x509-dir", options.x509_dir});
    all.insert(all.end(), {{"--dh-file", options.dh_file}, {"--tls-ciphers", options.tls_ciphers}});
    if (options.tls_auto) {
        all.insert(all.begin(), {"--tls-auto", ""});
    }
    const auto given = std::ranges::find_if(all, [](const Named& named) { return named.second != nullptr; });
    return given == all.end() ? Named{} : *given;
}

std::string told(const Named& named) {
    return *named.second == '\0' ? named.first : std::string(named.first) + " " + named.second;
}

void check_automatic(const xspice_core_config& options) {
    if (options.x509_dir == nullptr) {
        throw ConfigError("--tls-auto: does not know where to keep its files; give --x509-dir");
    }
    for (const Named& named : file_options(options)) {
        if (named.second != nullptr) {
            throw ConfigError("--tls-auto: contradicts " + std::string(named.first) +
                              "; give one of them, or --x509-dir alone");
        }
    }
}

// An option's file, or the one of that name in the directory. Empty: neither.
std::string file_name(const char* given, const char* directory, const char* name) {
    if (given != nullptr) {
        return given;
    }
    return directory != nullptr ? std::string(directory) + "/" + name : std::string();
}

constexpr std::pair<std::string_view, uint8_t> kChannels[] = {
    {"main", SPICE_CHANNEL_MAIN},     {"display", SPICE_CHANNEL_DISPLAY},   {"inputs", SPICE_CHANNEL_INPUTS},
    {"cursor", SPICE_CHANNEL_CURSOR}, {"playback", SPICE_CHANNEL_PLAYBACK}, {"record", SPICE_CHANNEL_RECORD},
};

uint8_t channel_of(const std::string& name) {
    std::string names;
    for (const auto& [known, type] : kChannels) {
        if (name == known) {
            return type;
        }
        names.append(names.empty() ? "" : ", ").append(known);
    }
    throw ConfigError("--secure-channels " + name + ": no such channel; give \"all\" or some of " + names);
}

} // namespace

void read_tls(const xspice_core_config& options, ServerConfig& config) {
    const Named first = first_tls_option(options);
    // On a socket that was passed to us TLS is told from what comes in.
    if (options.tls_port == 0 && (first.first == nullptr || config.listening_sockets.empty())) {
        if (first.first != nullptr) {
            throw ConfigError(told(first) + ": has no effect without --tls-port; give that, or leave it out");
        }
        return;
    }
    TlsConfig tls;
    tls.port = static_cast<uint16_t>(options.tls_port);
    tls.automatic = options.tls_auto;
    if (options.tls_auto) {
        check_automatic(options);
    }
    tls.certificate_file = file_name(options.x509_cert_file, options.x509_dir, "server-cert.pem");
    tls.key_file = file_name(options.x509_key_file, options.x509_dir, "server-key.pem");
    tls.ca_file = file_name(options.cacert_file, options.x509_dir, "ca-cert.pem");
    if (tls.certificate_file.empty() || tls.key_file.empty()) {
        const std::string missing = tls.certificate_file.empty() ? "--x509-cert-file" : "--x509-key-file";
        throw ConfigError(missing + ": missing; TLS needs it, or --x509-dir, or --tls-auto");
    }
    if (options.cacert_file == nullptr && !options.tls_auto && access(tls.ca_file.c_str(), F_OK) != 0) {
        tls.ca_file.clear(); // as with a certificate that a public authority signed
    }
    if (options.x509_key_password_file != nullptr) {
        tls.key_password =
            read_secret("--x509-key-password-file", options.x509_key_password_file, kMaxKeyPassword);
    }
    tls.dh_file = options.dh_file != nullptr ? options.dh_file : "";
    tls.ciphers = options.tls_ciphers != nullptr ? options.tls_ciphers : "";
    config.tls = std::move(tls);
}

void read_secure_channels(const xspice_core_config& options, ServerConfig& config) {
    if (options.secure_channels == nullptr) {
        return;
    }
    if (!config.tls) {
        throw ConfigError("--secure-channels " + std::string(options.secure_channels) +
                          ": would let nobody in without TLS; give --tls-port, too");
    }
    if (options.secure_channels == std::string_view("all")) {
        config.all_channels_secure = true;
        return;
    }
    for (const std::string& name : split_list("--secure-channels", options.secure_channels)) {
        config.secure_channels.push_back(channel_of(name));
    }
}

} // namespace spice::driver
