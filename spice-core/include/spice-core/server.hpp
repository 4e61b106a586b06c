// The SPICE server core: one object that owns the network, the clients and the core thread.
//
// Life: construct (checks the configuration, binds the ports, makes the ticket key), start() (the core thread
// begins to accept), any number of post(), stop(). Everything behind it lives on the core thread; the
// front-end's thread only posts values, and hears of the core through Desktop. See docs/architecture.md.
#pragma once

#include "spice-core/commit_gate.hpp"
#include "spice-core/config.hpp"
#include "spice-core/desktop.hpp"
#include "spice-core/display_command.hpp"
#include "spice-core/log.hpp"

#include <functional>
#include <memory>
#include <vector>

namespace spice {

class Server {
public:
    // Throws ConfigError. `desktop` and `log` must outlive the server. `log` is called on the core thread,
    // and during construction on the caller's.
    Server(ServerConfig config, Desktop& desktop, LogSink& log);
    ~Server(); // stops

    Server(const Server&) = delete;
    Server& operator=(const Server&) = delete;

    void start();
    // Closes every connection and ends the core thread; waits for it (well under 100 ms). Idempotent.
    // Not from the core thread.
    void stop();

    uint16_t port() const; // the bound one

    // Front-end thread. Post a commit only after gate().try_enter() said yes.
    void post(Commit commit);
    CommitGate& gate();

    // Any thread. Other tickets from now on, none: any is accepted; the same rules as in ServerConfig, throws
    // ConfigError. `done` is called on the core thread; it is told false when somebody is connected and
    // `action` is fail. A client that is connected, or that lost its connection and may come back, keeps what
    // it has unless `action` is disconnect.
    void set_tickets(std::vector<Ticket> tickets, ConnectedAction action,
                     std::function<void(bool replaced)> done = {});

private:
    struct Impl;
    std::unique_ptr<Impl> impl_;
};

} // namespace spice
