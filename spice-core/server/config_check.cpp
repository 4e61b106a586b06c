#include "server/config_check.hpp"

#include "auth/ticket_book.hpp"

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
    for (const Ticket& ticket : tickets) {
        if (const char* const fault = auth::fault_of(ticket)) {
            const char* const remedy = "; write 1 to 60 bytes into the file, or use --disable-ticketing";
            throw ConfigError(option + ": " + fault + (ticket.password.empty() ? remedy : ""));
        }
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
