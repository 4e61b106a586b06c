// Owners of OpenSSL's objects.
#pragma once

#include <openssl/bio.h>
#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/ssl.h>
#include <openssl/x509.h>
#include <openssl/x509v3.h>

#include <memory>
#include <string>
#include <string_view>

namespace spice::transport {

template <auto Function>
struct OpenSslFree {
    template <class T>
    void operator()(T* object) const {
        Function(object);
    }
};

template <class T, auto Function>
using OpenSslPtr = std::unique_ptr<T, OpenSslFree<Function>>;

using BioPtr = OpenSslPtr<BIO, BIO_free>;
using KeyPtr = OpenSslPtr<EVP_PKEY, EVP_PKEY_free>;
using CertificatePtr = OpenSslPtr<X509, X509_free>;
using SslPtr = OpenSslPtr<SSL, SSL_free>;
using SslContextPtr = OpenSslPtr<SSL_CTX, SSL_CTX_free>;

// Reads `text`, which must live as long. Null when memory is short.
inline BioPtr bio_over(std::string_view text) {
    return BioPtr(BIO_new_mem_buf(text.data(), static_cast<int>(text.size())));
}

// OpenSSL's latest words about a failure of this thread; none are left in its queue.
inline std::string openssl_reason() {
    const char* reason = ERR_reason_error_string(ERR_peek_last_error());
    std::string text = reason != nullptr ? reason : "OpenSSL gives no reason";
    ERR_clear_error();
    return text;
}

} // namespace spice::transport
