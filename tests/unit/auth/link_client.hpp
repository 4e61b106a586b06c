// The client's half of a link, made of bytes: what tests of the server's half send and read.
#pragma once

#include "auth/ticket_key.hpp"
#include "protocol/link.hpp"

#include <cstdint>
#include <string_view>
#include <vector>

namespace spice::test {

struct LinkRequest {
    uint32_t magic = SPICE_MAGIC;
    uint32_t major = SPICE_VERSION_MAJOR;
    uint32_t connection_id = 0;
    protocol::ChannelId channel{SPICE_CHANNEL_MAIN, 0};
    protocol::Capabilities common_caps{SPICE_COMMON_CAP_PROTOCOL_AUTH_SELECTION,
                                       SPICE_COMMON_CAP_MINI_HEADER};
    protocol::Capabilities channel_caps{};

    std::vector<uint8_t> bytes() const; // SpiceLinkHeader and SpiceLinkMess
};

// What spice-gtk does with the key of the reply: RSA-OAEP with SHA-1 of the ticket and its NUL.
protocol::EncryptedTicket encrypt_ticket(const protocol::PublicKey& key, std::string_view ticket);
// The same of bytes as they are.
protocol::EncryptedTicket encrypt_bytes(const protocol::PublicKey& key, std::string_view bytes);

struct LinkReply {
    uint32_t code = 0;
    protocol::PublicKey key{};
    protocol::Capabilities common_caps;
    protocol::Capabilities channel_caps;
    size_t size = 0; // of the whole, header included
};

// Parses what the server sent first; throws std::runtime_error when it is not a whole reply.
LinkReply parse_reply(Bytes bytes);

} // namespace spice::test
