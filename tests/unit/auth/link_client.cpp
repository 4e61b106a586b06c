#include "link_client.hpp"

#include "base/byte_writer.hpp"

#include <openssl/evp.h>
#include <openssl/rsa.h>
#include <openssl/x509.h>

#include <memory>
#include <stdexcept>
#include <string>

namespace spice::test {

namespace {

void require(bool holds, const char* what) {
    if (!holds) {
        throw std::runtime_error(what);
    }
}

protocol::Capabilities read_caps(ByteReader& in, uint32_t count) {
    std::vector<uint32_t> words(count);
    for (uint32_t& word : words) {
        word = in.u32();
    }
    return protocol::Capabilities(words);
}

} // namespace

std::vector<uint8_t> LinkRequest::bytes() const {
    const size_t words = common_caps.words().size() + channel_caps.words().size();
    ByteWriter out;
    out.u32(magic).u32(major).u32(SPICE_VERSION_MINOR).u32(static_cast<uint32_t>(18 + 4 * words));
    out.u32(connection_id).u8(channel.type).u8(channel.id);
    out.u32(static_cast<uint32_t>(common_caps.words().size()));
    out.u32(static_cast<uint32_t>(channel_caps.words().size())).u32(18);
    for (const auto* caps : {&common_caps, &channel_caps}) {
        for (uint32_t word : caps->words()) {
            out.u32(word);
        }
    }
    return out.take();
}

protocol::EncryptedTicket encrypt_ticket(const protocol::PublicKey& key, std::string_view ticket) {
    return encrypt_bytes(key, std::string(ticket) + '\0');
}

protocol::EncryptedTicket encrypt_bytes(const protocol::PublicKey& key, std::string_view bytes) {
    const unsigned char* der = key.data();
    const std::unique_ptr<EVP_PKEY, decltype(&EVP_PKEY_free)> pkey(
        d2i_PUBKEY(nullptr, &der, static_cast<long>(key.size())), EVP_PKEY_free);
    require(pkey != nullptr && der == key.data() + key.size(), "not a DER public key");
    const std::unique_ptr<EVP_PKEY_CTX, decltype(&EVP_PKEY_CTX_free)> context(
        EVP_PKEY_CTX_new(pkey.get(), nullptr), EVP_PKEY_CTX_free);
    protocol::EncryptedTicket encrypted;
    size_t size = encrypted.size();
    require(EVP_PKEY_encrypt_init(context.get()) > 0 &&
                EVP_PKEY_CTX_set_rsa_padding(context.get(), RSA_PKCS1_OAEP_PADDING) > 0 &&
                EVP_PKEY_encrypt(context.get(), encrypted.data(), &size,
                                 reinterpret_cast<const unsigned char*>(bytes.data()), bytes.size()) > 0 &&
                size == encrypted.size(),
            "cannot encrypt");
    return encrypted;
}

LinkReply parse_reply(Bytes bytes) {
    ByteReader in(bytes);
    require(in.u32() == SPICE_MAGIC && in.u32() == 2 && in.u32() == 2, "not a link header");
    const uint32_t size = in.u32();
    LinkReply reply;
    reply.size = 16 + size;
    reply.code = in.u32();
    const Bytes key = in.bytes(reply.key.size());
    require(in.ok(), "reply too short");
    std::copy(key.begin(), key.end(), reply.key.begin());
    const uint32_t common = in.u32();
    const uint32_t channel = in.u32();
    const uint32_t offset = in.u32();
    require(size == 178 + 4 * (common + channel), "reply of a wrong size");
    require(offset == (common + channel == 0 ? 0u : 178u), "wrong offset of the capabilities");
    reply.common_caps = read_caps(in, common);
    reply.channel_caps = read_caps(in, channel);
    require(in.ok(), "reply too short");
    return reply;
}

} // namespace spice::test
