// Listens at every door that the configuration names: TCP, TCP for TLS alone, Unix sockets, and sockets that
// were handed over.
#pragma once

#include "base/unique_fd.hpp"
#include "spice-core/config.hpp"
#include "spice-core/log.hpp"
#include "transport/door.hpp"
#include "transport/stream.hpp"
#include "transport/unix_binding.hpp"

#include <boost/asio/any_io_executor.hpp>

#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <vector>

namespace spice::transport {

// Bound from construction on, so that a taken port is known before anything else starts; accepts from start()
// on. After construction: core thread.
class Listener {
public:
    // The raw connection: nothing was read from it.
    using Accepted = std::function<void(std::unique_ptr<Stream>, Door)>;

    // Of `config`: addresses, family, port, plain_port, tls->port, unix_paths, listening_sockets, which are
    // owned from here on, also when it throws. Host names are looked up at once, blocking. Throws
    // ConfigError. `log` must outlive the listener.
    Listener(boost::asio::any_io_executor executor, const ServerConfig& config, LogSink& log);
    // At this one socket alone.
    Listener(boost::asio::any_io_executor executor, UnixBinding socket, LogSink& log);
    ~Listener(); // stops
    Listener(const Listener&) = delete;
    Listener& operator=(const Listener&) = delete;

    // `accepted` is called for each connection. At a Unix socket only the user of this process and root get
    // in, others cost a line in the log. When the process runs out of descriptors or memory, accepting pauses
    // for a moment, connections wait in the kernel, and one line is logged.
    void start(Accepted accepted);
    // Closes the sockets and removes the names of Unix ones; `accepted` is not called again. Idempotent.
    void stop();

    // Of plain TCP; 0: there is none, all ways in are others.
    uint16_t port() const { return port_; }
    // What was bound: "127.0.0.1:5900", "[::1]:5900", "unix:/run/user/1000/xspice".
    std::vector<std::string> endpoints() const;

private:
    struct Socket;

    void add_tcp(const ServerConfig& config);
    void add(UniqueFd socket, Door door);

    boost::asio::any_io_executor executor_;
    LogSink& log_;
    std::vector<UnixBinding> names_;               // of our Unix sockets
    std::vector<std::shared_ptr<Socket>> sockets_; // shared with their accept loops
    uint16_t port_ = 0;
};

} // namespace spice::transport
