// A PEM file of the operator's, and what it holds.
#pragma once

#include "spice-core/config.hpp"
#include "transport/openssl_types.hpp"

#include <optional>
#include <string>
#include <vector>

namespace spice::transport {

// Answers when OpenSSL asks for the password of an encrypted key: it would ask on the terminal otherwise.
class PemPassword {
public:
    // `password` must live as long.
    explicit PemPassword(const std::optional<std::string>& password) : password_(password) {}

    bool wanted() const { return wanted_; } // OpenSSL has asked

    static int answer(char* into, int size, int for_writing, void* self); // pem_password_cb

private:
    const std::optional<std::string>& password_;
    bool wanted_ = false;
};

class PemFile {
public:
    // Reads all of it (at most 1 MiB); the memory is wiped at the end. Throws ConfigError: "OPTION PATH: why;
    // remedy".
    PemFile(std::string option, std::string path, const std::string& remedy);
    ~PemFile();
    PemFile(const PemFile&) = delete;
    PemFile& operator=(const PemFile&) = delete;

    // In the file's order; empty when there is none, or one of them is damaged.
    std::vector<CertificatePtr> certificates() const;
    // Null when there is none, or it cannot be read (password.wanted(): for want of the right password).
    KeyPtr private_key(PemPassword& password) const;
    // Parameters without a key: DH.
    KeyPtr parameters() const;

    ConfigError error(const std::string& what_is_wrong, const std::string& remedy) const;

private:
    std::string option_;
    std::string path_;
    std::string text_;
};

} // namespace spice::transport
