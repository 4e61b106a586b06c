#include "transport/tls_error.hpp"

#include <openssl/err.h>
#include <openssl/sslerr.h>

#include <boost/asio/error.hpp>

#include <string>

namespace spice::transport {

namespace {

// In words that tell who has to do what, for what is seen every day.
const char* plain_words(int reason) {
    switch (reason) {
    case SSL_R_TLSV1_ALERT_UNKNOWN_CA:
    case SSL_R_SSLV3_ALERT_BAD_CERTIFICATE:
    case SSL_R_SSLV3_ALERT_CERTIFICATE_UNKNOWN:
    case SSL_R_SSLV3_ALERT_CERTIFICATE_EXPIRED:
    case SSL_R_SSLV3_ALERT_CERTIFICATE_REVOKED:
        return "the client does not accept the certificate";
    case SSL_R_UNSUPPORTED_PROTOCOL:
    case SSL_R_WRONG_SSL_VERSION:
    case SSL_R_VERSION_TOO_LOW:
        return "the client's version of TLS is too old";
    case SSL_R_NO_SHARED_CIPHER:
        return "the client has no cipher that is allowed here";
    case SSL_R_HTTP_REQUEST:
    case SSL_R_HTTPS_PROXY_REQUEST:
    case SSL_R_WRONG_VERSION_NUMBER:
        return "the client does not speak TLS";
    default:
        return nullptr;
    }
}

// Boost's base class has a destructor that is neither virtual nor public: nobody deletes a category.
#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wnon-virtual-dtor"
class Category final : public boost::system::error_category {
public:
    const char* name() const noexcept override { return "tls"; }

    std::string message(int value) const override {
        const auto code = static_cast<unsigned long>(static_cast<unsigned>(value));
        const char* reason = ERR_reason_error_string(code);
        const std::string text = reason != nullptr ? reason : "error " + std::to_string(code);
        const char* words = ERR_GET_LIB(code) == ERR_LIB_SSL ? plain_words(ERR_GET_REASON(code)) : nullptr;
        return words != nullptr ? std::string("TLS: ") + words + " (" + text + ")" : "TLS: " + text;
    }
};
#pragma GCC diagnostic pop

} // namespace

const boost::system::error_category& tls_category() {
    static const Category category;
    return category;
}

boost::system::error_code take_tls_error() {
    const unsigned long code = ERR_peek_error();
    ERR_clear_error();
    if (code == 0) {
        return boost::asio::error::connection_aborted;
    }
    return {static_cast<int>(static_cast<unsigned>(code)), tls_category()};
}

} // namespace spice::transport
