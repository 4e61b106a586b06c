// OpenSSL as a client, over the bytes of a MemoryStream's end: nothing of the server's own TLS code.
#pragma once

#include "support/memory_stream.hpp"
#include "transport/openssl_types.hpp"

#include <boost/asio/io_context.hpp>

#include <string>
#include <string_view>

namespace spice::test {

struct TlsClientOptions {
    int least = TLS1_2_VERSION;
    int most = 0;        // 0: what OpenSSL has
    std::string ciphers; // empty: all, however weak
    std::string ca_file; // empty: whatever the server shows is good
    std::string suites;  // of TLS 1.3; empty: OpenSSL's
};

transport::SslContextPtr tls_client_context(const TlsClientOptions& options);

class TlsClient {
public:
    explicit TlsClient(const TlsClientOptions& options = {});

    // One step of ours: takes in what the server has sent, goes on with the handshake, decrypts, and sends
    // what came of it.
    void step(MemoryStream& end);
    // Steps of ours and all that is ready in `context`, until nothing moves any more.
    void exchange(MemoryStream& end, boost::asio::io_context& context);

    void send(std::string_view text); // with the next step
    void ask_for_new_keys();          // TLS 1.3: a key update that asks for one back
    void renegotiate();               // TLS 1.2
    void say_goodbye();               // close_notify
    // What a step would send, taken instead: to send parts of it by hand.
    std::string take_output();

    bool connected() const { return SSL_is_init_finished(ssl_.get()) == 1; }
    const std::string& received() const { return received_; }
    bool server_said_goodbye() const { return (SSL_get_shutdown(ssl_.get()) & SSL_RECEIVED_SHUTDOWN) != 0; }
    // TLS 1.3 with SHA-256: what the keys of the client's records are made from.
    const std::string& traffic_secret() const { return traffic_secret_; }
    // OpenSSL's reason for the first failure; empty: none.
    const std::string& error() const { return error_; }
    SSL* ssl() { return ssl_.get(); }

private:
    void note(int result);
    static void log_key(const SSL* ssl, const char* line);

    transport::SslContextPtr context_;
    transport::SslPtr ssl_;
    std::string received_;
    std::string error_;
    std::string traffic_secret_;
};

} // namespace spice::test
