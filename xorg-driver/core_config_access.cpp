#include "core_config_access.hpp"

#include "secret_file.hpp"

#include <charconv>

#include <spice/protocol.h>

namespace spice::driver {

namespace {

std::string with_value(const std::string& option, const char* value) {
    return option + " " + value;
}

// Its number; whether it is a listening socket is seen where it is used.
int listening_socket(const std::string& item) {
    int fd = -1;
    const auto [end, error] = std::from_chars(item.data(), item.data() + item.size(), fd);
    if (error != std::errc() || end != item.data() + item.size() || fd < 3) {
        throw ConfigError("SpiceListenFds " + item +
                          ": not a descriptor above 2; give those of listening sockets");
    }
    return fd;
}

void read_family(const xspice_core_config& options, ServerConfig& config) {
    if (options.ipv4_only && options.ipv6_only) {
        throw ConfigError("--ipv4-only: contradicts --ipv6-only; give one of them");
    }
    if (options.ipv4_only) {
        config.family = AddressFamily::ipv4;
    } else if (options.ipv6_only) {
        config.family = AddressFamily::ipv6;
        config.addresses = {"::1"};
    }
}

void read_ports(const xspice_core_config& options, ServerConfig& config) {
    config.port = static_cast<uint16_t>(options.port);
    config.plain_port = options.port != 0;
    if (options.port != 0 && options.port == options.tls_port) {
        throw ConfigError("--tls-port " + std::to_string(options.tls_port) +
                          ": is --port, too; give another one, or --port 0");
    }
    if (options.addresses != nullptr) {
        config.addresses = split_list("--addr", options.addresses);
    }
    if (options.port != 0 || options.tls_port != 0) {
        return;
    }
    if (options.addresses != nullptr) {
        throw ConfigError(with_value("--addr", options.addresses) +
                          ": no port to listen on; give --port or --tls-port");
    }
    config.addresses.clear();
    if (config.unix_paths.empty() && config.listening_sockets.empty()) {
        throw ConfigError("--port 0: leaves no way in; give --port, --tls-port or --unix");
    }
}

Ticket read_ticket(const std::string& option, const char* path, bool view_only) {
    return {.password = read_secret(option, path, SPICE_MAX_PASSWORD_LENGTH),
            .expires = {},
            .view_only = view_only};
}

} // namespace

std::vector<std::string> split_list(const std::string& option, std::string_view list) {
    std::vector<std::string> items;
    while (true) {
        const size_t comma = list.find(',');
        std::string_view item = list.substr(0, comma);
        const size_t first = item.find_first_not_of(" \t");
        if (first == std::string_view::npos) {
            throw ConfigError(option + ": an item of the list is empty; give items separated by commas");
        }
        item = item.substr(first, item.find_last_not_of(" \t") - first + 1);
        items.emplace_back(item);
        if (comma == std::string_view::npos) {
            return items;
        }
        list.remove_prefix(comma + 1);
    }
}

void read_listening(const xspice_core_config& options, ServerConfig& config) {
    read_family(options, config);
    if (options.unix_path != nullptr) {
        config.unix_paths = {options.unix_path};
    }
    if (options.listen_fds != nullptr) {
        for (const std::string& item : split_list("SpiceListenFds", options.listen_fds)) {
            config.listening_sockets.push_back(listening_socket(item));
        }
    }
    read_ports(options, config);
    if (options.web_origins != nullptr) {
        config.web_origins = split_list("--web-origin", options.web_origins);
    }
}

void read_tickets(const xspice_core_config& options, ServerConfig& config) {
    const char* const first = options.password_file;
    const char* const second = options.view_only_password_file;
    if (options.disable_ticketing || options.sasl) {
        const std::string other = options.sasl ? "--sasl" : "--disable-ticketing";
        const char* const path = first != nullptr ? first : second;
        if (path != nullptr) {
            const std::string option = first != nullptr ? "--password-file" : "--view-only-password-file";
            throw ConfigError(with_value(option, path) + ": contradicts " + other + "; give one of them");
        }
        return;
    }
    if (first == nullptr) {
        throw ConfigError("--password-file: missing; give one, --sasl or --disable-ticketing");
    }
    config.tickets.push_back(read_ticket("--password-file", first, false));
    if (second == nullptr) {
        return;
    }
    config.tickets.push_back(read_ticket("--view-only-password-file", second, true));
    if (config.tickets[0].password == config.tickets[1].password) {
        throw ConfigError(with_value("--view-only-password-file", second) +
                          ": has the password of --password-file; choose another one");
    }
}

void read_sasl(const xspice_core_config& options, ServerConfig& config) {
    const std::pair<const char*, const char*> details[] = {{"--sasl-config-dir", options.sasl_config_dir},
                                                           {"--sasl-hostname", options.sasl_hostname},
                                                           {"--sasl-user", options.sasl_users}};
    if (!options.sasl) {
        for (const auto& [option, value] : details) {
            if (value != nullptr) {
                throw ConfigError(with_value(option, value) +
                                  ": has no effect without --sasl; give that, or leave it out");
            }
        }
        return;
    }
    if (options.disable_ticketing) {
        throw ConfigError("--sasl: contradicts --disable-ticketing; give one of them");
    }
    SaslConfig sasl;
    sasl.config_directory = options.sasl_config_dir != nullptr ? options.sasl_config_dir : "";
    sasl.host_name = options.sasl_hostname != nullptr ? options.sasl_hostname : "";
    if (options.sasl_users != nullptr) {
        sasl.users = split_list("--sasl-user", options.sasl_users);
    }
    config.sasl = std::move(sasl);
}

} // namespace spice::driver
