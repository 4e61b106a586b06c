// TLS over any other Stream: OpenSSL sees two buffers in memory, and what goes through them is read from and
// written to the stream below.
//
// Memory of one stream: what OpenSSL needs (its record buffers only while a record is incomplete), one record
// of input and some 80 KiB of output, however fast the peer sends or slowly it reads.
#pragma once

#include "transport/openssl_types.hpp"
#include "transport/stream.hpp"

#include <memory>
#include <string>

namespace spice::transport {

class TlsStream final : public Stream {
public:
    // `ssl` knows its role (SSL_set_accept_state()) and has no BIO. Throws std::bad_alloc.
    TlsStream(SslPtr ssl, std::unique_ptr<Stream> below);
    ~TlsStream() override; // closes

    // To be awaited once, before anything is read or written. Throws system_error: of the stream below, or of
    // tls_category() when the peer's TLS is wrong. It ends with the stream below at the latest: a deadline is
    // the caller's.
    boost::asio::awaitable<void> handshake();

    boost::asio::any_io_executor executor() override;
    // Throws error::eof when the peer has said goodbye, and also when the connection ended without: SPICE's
    // messages tell their lengths, and clients close without a word.
    boost::asio::awaitable<size_t> read_some(boost::asio::mutable_buffer into) override;
    // No two of the buffers share a record, so none should hold the end of one message and the beginning of
    // the next: spice-gtk would not see that at once.
    boost::asio::awaitable<void> write(std::span<const boost::asio::const_buffer> buffers) override;
    // The peer is told (close_notify, or an alert about what it did wrong) if the stream below takes these
    // few bytes at once.
    void close() noexcept override;
    std::optional<LinkFacts> link_facts() const override;
    std::string peer() const override;
    bool encrypted() const override { return true; }
    std::optional<PeerCredentials> credentials() const override;

private:
    struct Session;
    std::shared_ptr<Session> session_; // shared with what is under way: it may outlive this object
};

} // namespace spice::transport
