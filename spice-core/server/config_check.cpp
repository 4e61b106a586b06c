#include "server/config_check.hpp"

#include <spice/protocol.h>

#include <string>

namespace spice::server {

namespace {

void require(bool holds, const std::string& complaint) {
    if (!holds) {
        throw ConfigError(complaint);
    }
}

} // namespace

void check_tickets(const std::vector<Ticket>& tickets, const std::string& option) {
    const std::string limit = std::to_string(SPICE_MAX_PASSWORD_LENGTH);
    for (const Ticket& ticket : tickets) {
        require(!ticket.password.empty(), option + ": the password is empty; write 1 to " + limit +
                                              " bytes into the file, or use --disable-ticketing");
        require(ticket.password.size() <= SPICE_MAX_PASSWORD_LENGTH,
                option + ": the password is longer than the " + limit + " bytes that the protocol allows");
        require(ticket.password.find('\0') == std::string::npos,
                option + ": the password holds a zero byte, which clients cannot send");
    }
}

ServerConfig checked(ServerConfig config) {
    require(!config.addresses.empty() || !config.unix_paths.empty() || !config.listening_sockets.empty(),
            "--addr: no address to listen on; give at least one");
    check_tickets(config.tickets, "--password-file");
    require(config.link_deadline.count() > 0, "link deadline: must be more than 0 ms");
    require(config.max_unauthenticated > 0, "unauthenticated connections: must be at least 1");
    require(config.max_unauthenticated_per_address > 0,
            "unauthenticated connections of an address: must be at least 1");
    require(config.max_clients > 0, "clients: must be at least 1");
    return config;
}

} // namespace spice::server
