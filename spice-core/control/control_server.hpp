// The control socket: docs/control.md.
//
// Core thread, but for the constructor. Owned by the server.
#pragma once

#include "control/control_client.hpp"
#include "control/desk.hpp"
#include "display/screen.hpp"
#include "spice-core/display_command.hpp"
#include "transport/listener.hpp"
#include "transport/stream.hpp"

#include <boost/asio/any_io_executor.hpp>

#include <cstddef>
#include <memory>
#include <string>
#include <vector>

namespace spice::control {

class ControlServer {
public:
    static constexpr size_t kMaxClients = 32;

    // Makes the socket; see UnixBinding for `path`. What `controls` refers to outlives it. Throws
    // ConfigError.
    ControlServer(boost::asio::any_io_executor executor, const std::string& path, Controls controls);
    ~ControlServer();
    ControlServer(const ControlServer&) = delete;
    ControlServer& operator=(const ControlServer&) = delete;

    void start();
    void stop(); // closes all, removes the socket

    // `commit` has become `update` of the session's screen, and its cursor and locks are the session's.
    void commit_taken(const Commit& commit, const display::ScreenUpdate& update);
    // A SPICE client came, or one went.
    void client_changed(const channels::Client& client, bool came);

    // --- for its clients ---
    size_t captures() const;
    bool tell_quit(); // false: nobody listens
    void client_closed();

private:
    void add(std::unique_ptr<transport::Stream> stream);

    boost::asio::any_io_executor executor_;
    std::shared_ptr<Desk> desk_;
    transport::Listener listener_;
    std::vector<std::shared_ptr<ControlClient>> clients_; // closed ones until the next turn
};

} // namespace spice::control
