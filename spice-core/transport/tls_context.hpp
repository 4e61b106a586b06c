// The server's side of TLS: certificate and rules for those who connect, kept up with the files they are
// from.
#pragma once

#include "spice-core/config.hpp"
#include "spice-core/log.hpp"
#include "transport/openssl_types.hpp"
#include "transport/stream.hpp"
#include "transport/tls_files.hpp"

#include <boost/asio/awaitable.hpp>

#include <chrono>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

namespace spice::transport {

// After construction: core thread.
class TlsContext {
public:
    // For tests; both must never be empty.
    struct Clocks {
        std::function<std::chrono::steady_clock::time_point()> steady = std::chrono::steady_clock::now;
        std::function<std::chrono::system_clock::time_point()> wall = std::chrono::system_clock::now;
    };

    // Reads the files; makes them first if that is automatic, for this host's names and `addresses` (see
    // ServerConfig). Throws ConfigError; warns in `log`, which must outlive this.
    TlsContext(TlsConfig config, const std::vector<std::string>& addresses, LogSink& log, Clocks clocks);
    TlsContext(TlsConfig config, const std::vector<std::string>& addresses, LogSink& log)
        : TlsContext(std::move(config), addresses, log, Clocks{}) {}
    ~TlsContext();
    TlsContext(const TlsContext&) = delete;
    TlsContext& operator=(const TlsContext&) = delete;

    // The handshake as the server. The stream that results owns `below`. Throws what TlsStream::handshake()
    // throws; `below` is closed then. A deadline is the caller's. This object need not live until the end.
    //
    // Files that are not what they were a second ago are read again before; if something is wrong with the
    // new ones, the old ones go on serving and one line is logged.
    boost::asio::awaitable<std::unique_ptr<Stream>> accept(std::unique_ptr<Stream> below);

private:
    void refresh();
    void renew();
    void load();

    TlsConfig config_;
    std::vector<std::string> names_; // of this host, for automatic certificates
    LogSink& log_;
    Clocks clocks_;
    TlsFileStamps stamps_; // of the files that were tried last
    std::chrono::steady_clock::time_point next_look_;
    std::chrono::steady_clock::time_point next_renewal_;
    SslContextPtr context_;
};

} // namespace spice::transport
