#include "auth/ticket_key.hpp"

#include "transport/openssl_types.hpp"

#include <openssl/crypto.h>
#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/provider.h>
#include <openssl/rsa.h>
#include <openssl/x509.h>

#include <algorithm>
#include <array>
#include <stdexcept>

namespace spice::auth {

namespace {

using transport::OpenSslPtr;
using LibraryContext = OpenSslPtr<OSSL_LIB_CTX, OSSL_LIB_CTX_free>;
using Provider = OpenSslPtr<OSSL_PROVIDER, OSSL_PROVIDER_unload>;
using Key = transport::KeyPtr;
using KeyContext = OpenSslPtr<EVP_PKEY_CTX, EVP_PKEY_CTX_free>;

void require(bool done, const char* step) {
    if (!done) {
        ERR_clear_error(); // of this thread
        throw std::runtime_error(std::string("ticket key: OpenSSL cannot ") + step);
    }
}

Key generate(OSSL_LIB_CTX* library) {
    const KeyContext context(EVP_PKEY_CTX_new_from_name(library, "RSA", nullptr));
    require(context != nullptr, "do RSA");
    require(EVP_PKEY_keygen_init(context.get()) > 0, "start making a key");
    require(EVP_PKEY_CTX_set_rsa_keygen_bits(context.get(), SPICE_TICKET_KEY_PAIR_LENGTH) > 0,
            "set the key size");
    EVP_PKEY* key = nullptr;
    require(EVP_PKEY_generate(context.get(), &key) > 0, "make an RSA key of 1024 bits");
    return Key(key);
}

protocol::PublicKey encode_public(const EVP_PKEY* key) {
    protocol::PublicKey bytes{};
    require(i2d_PUBKEY(key, nullptr) == static_cast<int>(bytes.size()), "encode the public key in 162 bytes");
    unsigned char* end = bytes.data();
    i2d_PUBKEY(key, &end);
    return bytes;
}

} // namespace

// An own library context: the host's configuration of OpenSSL (a FIPS policy, say) is about what protects
// data, and would refuse the protocol's key size.
struct TicketKey::OpenSsl {
    LibraryContext library{OSSL_LIB_CTX_new()};
    Provider provider{OSSL_PROVIDER_load(library.get(), "default")};
    Key key;
};

TicketKey::TicketKey() : openssl_(std::make_unique<OpenSsl>()) {
    require(openssl_->library != nullptr && openssl_->provider != nullptr, "load its default provider");
    openssl_->key = generate(openssl_->library.get());
    public_key_ = encode_public(openssl_->key.get());
}

TicketKey::~TicketKey() = default;

std::optional<std::string> TicketKey::decrypt(const protocol::EncryptedTicket& encrypted) const {
    const KeyContext context(
        EVP_PKEY_CTX_new_from_pkey(openssl_->library.get(), openssl_->key.get(), nullptr));
    std::array<unsigned char, protocol::kTicketSize> plain{};
    size_t size = plain.size();
    const bool done =
        context != nullptr && EVP_PKEY_decrypt_init(context.get()) > 0 &&
        EVP_PKEY_CTX_set_rsa_padding(context.get(), RSA_PKCS1_OAEP_PADDING) > 0 &&
        EVP_PKEY_CTX_set_rsa_oaep_md_name(context.get(), "SHA1", nullptr) > 0 &&
        EVP_PKEY_decrypt(context.get(), plain.data(), &size, encrypted.data(), encrypted.size()) > 0;
    if (!done) {
        ERR_clear_error();
        return std::nullopt;
    }
    const auto end = std::find(plain.begin(), plain.begin() + static_cast<std::ptrdiff_t>(size), 0);
    std::string ticket(plain.begin(), end);
    OPENSSL_cleanse(plain.data(), plain.size());
    return ticket;
}

TicketKeys::TicketKeys(size_t links_per_key) : links_per_key_(links_per_key) {}

const std::shared_ptr<TicketKey>& TicketKeys::current() {
    if (!current_ || current_->uses() >= links_per_key_) {
        current_ = std::make_shared<TicketKey>();
    }
    return current_;
}

} // namespace spice::auth
