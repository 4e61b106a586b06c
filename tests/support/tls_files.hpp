// Certificates and keys of all kinds, for tests.
#pragma once

#include "spice-core/config.hpp"
#include "support/temporary_directory.hpp"
#include "transport/certificates.hpp"

#include <openssl/pem.h>
#include <openssl/rsa.h>

#include <chrono>
#include <string>

namespace spice::test {

inline std::string encrypted_pem(EVP_PKEY* key, std::string password) {
    const transport::BioPtr bio(BIO_new(BIO_s_mem()));
    PEM_write_bio_PKCS8PrivateKey(bio.get(), key, EVP_aes_128_cbc(), password.data(),
                                  static_cast<int>(password.size()), nullptr, nullptr);
    char* bytes = nullptr;
    const long size = BIO_get_mem_data(bio.get(), &bytes);
    return {bytes, static_cast<size_t>(size)};
}

// An authority and a server's certificate for localhost, in a directory.
class TlsFiles {
public:
    explicit TlsFiles(transport::WallTime now = std::chrono::system_clock::now())
        : authority_key(transport::make_key()),
          authority(transport::make_authority_certificate(authority_key.get(), "test", now)) {
        directory.write("ca-cert.pem", transport::to_pem(authority.get()));
        issue(now);
    }

    // A new key and certificate, in the same files.
    void issue(transport::WallTime now, transport::KeyPtr new_key = transport::make_key()) {
        key = std::move(new_key);
        certificate = transport::make_server_certificate(key.get(), {"localhost", "127.0.0.1"},
                                                         authority.get(), authority_key.get(), now);
        directory.write("server-key.pem", transport::to_pem(key.get()));
        directory.write("server-cert.pem", transport::to_pem(certificate.get()));
    }

    TlsConfig config() const {
        TlsConfig config;
        config.certificate_file = directory.file("server-cert.pem");
        config.key_file = directory.file("server-key.pem");
        config.ca_file = directory.file("ca-cert.pem");
        return config;
    }

    TemporaryDirectory directory;
    transport::KeyPtr authority_key;
    transport::CertificatePtr authority;
    transport::KeyPtr key;
    transport::CertificatePtr certificate;
};

} // namespace spice::test
