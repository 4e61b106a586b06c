#include "transport/tls_context.hpp"

#include "base/log.hpp"
#include "transport/certificate_authority.hpp"
#include "transport/tls_stream.hpp"

#include <openssl/crypto.h>

#include <new>
#include <utility>

namespace spice::transport {

namespace asio = boost::asio;
using namespace std::chrono_literals;

namespace {
constexpr auto kLookInterval = 1s;
constexpr auto kRenewalInterval = 1h;
constexpr auto kStartPatience = 10s; // for another server that makes the same files
} // namespace

TlsContext::TlsContext(TlsConfig config, const std::vector<std::string>& addresses, LogSink& log,
                       Clocks clocks)
    : config_(std::move(config)), log_(log), clocks_(std::move(clocks)) {
    if (config_.automatic) {
        names_ = host_names(addresses);
        make_certificates(config_, names_, clocks_.wall(), kStartPatience, log_);
    }
    next_renewal_ = clocks_.steady() + kRenewalInterval;
    next_look_ = clocks_.steady() + kLookInterval;
    stamps_ = tls_file_stamps(config_);
    load();
}

TlsContext::~TlsContext() {
    if (config_.key_password) {
        OPENSSL_cleanse(config_.key_password->data(), config_.key_password->size());
    }
}

void TlsContext::load() {
    context_ = make_tls_context(config_, clocks_.wall(), log_);
}

// A server that runs for a year must not end up with an expired certificate.
void TlsContext::renew() {
    try {
        make_certificates(config_, names_, clocks_.wall(), 0s, log_);
    } catch (const ConfigError& error) {
        log_line(log_, LogLevel::warning,
                 "tls: the certificate is not renewed: ", escaped(error.what(), 500));
    }
}

void TlsContext::refresh() {
    const auto now = clocks_.steady();
    if (now < next_look_) {
        return;
    }
    next_look_ = now + kLookInterval;
    if (config_.automatic && now >= next_renewal_) {
        next_renewal_ = now + kRenewalInterval;
        renew();
    }
    const TlsFileStamps found = tls_file_stamps(config_);
    if (found == stamps_) {
        return;
    }
    stamps_ = found;
    try {
        load();
    } catch (const ConfigError& error) {
        log_line(log_, LogLevel::error,
                 "tls: the changed files are not used, those from before are: ", escaped(error.what(), 500));
    }
}

asio::awaitable<std::unique_ptr<Stream>> TlsContext::accept(std::unique_ptr<Stream> below) {
    refresh();
    SslPtr ssl(SSL_new(context_.get()));
    if (!ssl) {
        throw std::bad_alloc();
    }
    SSL_set_accept_state(ssl.get());
    auto stream = std::make_unique<TlsStream>(std::move(ssl), std::move(below));
    co_await stream->handshake();
    co_return stream;
}

} // namespace spice::transport
