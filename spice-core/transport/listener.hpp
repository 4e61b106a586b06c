// Listens for TCP connections on one port of one or more addresses.
#pragma once

#include "spice-core/log.hpp"
#include "transport/stream.hpp"

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
    using Accepted = std::function<void(std::unique_ptr<Stream>)>;

    // `addresses`: numeric IPv4 or IPv6 addresses or host names (looked up at once, blocking; all their
    // addresses are used). "::" takes IPv4 connections too, unless an IPv4 address is in the list. Port 0:
    // the kernel chooses one, the same for all addresses. Throws ConfigError naming --addr or --port. `log`
    // must outlive the listener.
    Listener(boost::asio::any_io_executor executor, const std::vector<std::string>& addresses, uint16_t port,
             LogSink& log);
    ~Listener(); // stops
    Listener(const Listener&) = delete;
    Listener& operator=(const Listener&) = delete;

    // `accepted` is called for each connection. When the process runs out of descriptors or memory, accepting
    // pauses for a moment, connections wait in the kernel, and one line is logged.
    void start(Accepted accepted);
    // Closes the sockets; `accepted` is not called again. Idempotent.
    void stop();

    uint16_t port() const { return port_; }
    // What was bound: "127.0.0.1:5900", "[::1]:5900".
    std::vector<std::string> endpoints() const;

private:
    struct Socket;
    std::vector<std::shared_ptr<Socket>> sockets_; // shared with their accept loops
    uint16_t port_ = 0;
};

} // namespace spice::transport
