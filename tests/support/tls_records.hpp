// Records of a TLS 1.3 client made by hand, for what no library sends: pieces of handshake messages.
#pragma once

#include "transport/openssl_types.hpp"

#include <openssl/hmac.h>

#include <array>
#include <cstdint>
#include <string>
#include <string_view>

namespace spice::test {

// For TLS_AES_128_GCM_SHA256.
class TlsRecords {
public:
    // RFC 8446, 7.3: keys from the traffic secret.
    explicit TlsRecords(const std::string& traffic_secret)
        : key_(expand(traffic_secret, "tls13 key", 16)), iv_(expand(traffic_secret, "tls13 iv", 12)) {}

    // RFC 8446, 5.2. `type`: 22 handshake, 23 application data.
    std::string record(uint8_t type, std::string_view content) {
        std::string inner(content);
        inner += static_cast<char>(type);
        const size_t size = inner.size() + kTag;
        const std::string header{23, 3, 3, static_cast<char>(size >> 8), static_cast<char>(size)};
        std::string nonce = iv_;
        for (size_t i = 0; i < 8; ++i) {
            nonce[11 - i] = static_cast<char>(nonce[11 - i] ^ static_cast<char>(sequence_ >> 8 * i));
        }
        ++sequence_;
        return header + sealed(inner, header, nonce);
    }

private:
    static constexpr size_t kTag = 16;

    // HKDF-Expand-Label without context, of at most one block of SHA-256.
    static std::string expand(const std::string& secret, const std::string& label, size_t size) {
        const std::string info = std::string{0, static_cast<char>(size), static_cast<char>(label.size())} +
                                 label + std::string{0, 1};
        std::array<unsigned char, 32> block{};
        HMAC(EVP_sha256(), secret.data(), static_cast<int>(secret.size()),
             reinterpret_cast<const unsigned char*>(info.data()), info.size(), block.data(), nullptr);
        return {block.begin(), block.begin() + static_cast<std::ptrdiff_t>(size)};
    }

    std::string sealed(const std::string& plain, const std::string& header, const std::string& nonce) const {
        const auto bytes = [](const std::string& text) {
            return reinterpret_cast<const unsigned char*>(text.data());
        };
        const transport::OpenSslPtr<EVP_CIPHER_CTX, EVP_CIPHER_CTX_free> cipher(EVP_CIPHER_CTX_new());
        std::string out(plain.size() + kTag, '\0');
        auto* into = reinterpret_cast<unsigned char*>(out.data());
        int count = 0;
        EVP_EncryptInit_ex(cipher.get(), EVP_aes_128_gcm(), nullptr, bytes(key_), bytes(nonce));
        EVP_EncryptUpdate(cipher.get(), nullptr, &count, bytes(header), static_cast<int>(header.size()));
        EVP_EncryptUpdate(cipher.get(), into, &count, bytes(plain), static_cast<int>(plain.size()));
        EVP_EncryptFinal_ex(cipher.get(), into + plain.size(), &count);
        EVP_CIPHER_CTX_ctrl(cipher.get(), EVP_CTRL_GCM_GET_TAG, kTag, into + plain.size());
        return out;
    }

    std::string key_;
    std::string iv_;
    uint64_t sequence_ = 0;
};

} // namespace spice::test
