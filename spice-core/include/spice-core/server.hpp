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

#include <memory>

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

private:
    struct Impl;
    std::unique_ptr<Impl> impl_;
};

} // namespace spice
