// The bytes of the link handshake, the first conversation on every connection. Pure functions; the
// conversation itself is auth/link_handshake. Layouts from spice/protocol.h, all little endian, no padding:
//
// SpiceLinkHeader                     SpiceLinkMess (follows, client)       SpiceLinkReply (follows, server)
// | 0 | 4 | magic "REDQ"      |       | 0  | 4 | connection_id    |         | 0   | 4   | error            |
// | 4 | 4 | major version, 2  |       | 4  | 1 | channel_type     |         | 4   | 162 | public key (DER) |
// | 8 | 4 | minor, ignored    |       | 5  | 1 | channel_id       |         | 166 | 4   | num_common_caps  |
// | 12| 4 | size of the rest  |       | 6  | 4 | num_common_caps  |         | 170 | 4   | num_channel_caps |
//                                     | 10 | 4 | num_channel_caps |         | 174 | 4   | caps_offset      |
//                                     | 14 | 4 | caps_offset      |         | 178 | 4*n | capability words |
//
// The client goes on with a SpiceLinkAuthMechanism (4 bytes; only if it announced AUTH_SELECTION) and the
// ticket (128 bytes), and gets the link result: 4 bytes, SPICE_LINK_ERR_*.
#pragma once

#include "base/byte_reader.hpp"
#include "protocol/capabilities.hpp"
#include "protocol/channel_id.hpp"

#include <boost/assert/source_location.hpp>
#include <boost/system/result.hpp>
#include <spice/protocol.h>

#include <array>
#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

namespace spice::protocol {

// Why a link is refused: what the client is told and what the log says.
struct LinkError {
    uint32_t code;    // SPICE_LINK_ERR_*
    const char* what; // static, one line
};

[[noreturn]] void throw_exception_from_error(const LinkError& error, const boost::source_location&);

template <class T>
using LinkResult = boost::system::result<T, LinkError>;

inline constexpr size_t kLinkHeaderSize = sizeof(SpiceLinkHeader);
inline constexpr uint32_t kMaxLinkMessage = 4096;     // bytes, as the reference server has it
inline constexpr uint32_t kMaxCapabilityWords = 1024; // of each kind
inline constexpr size_t kTicketSize = sizeof(SpiceLinkEncryptedTicket);

using PublicKey = std::array<uint8_t, SPICE_TICKET_PUBKEY_BYTES>;
using EncryptedTicket = std::array<uint8_t, kTicketSize>;

// Whether a link may begin with these bytes: VNC and web browsers are told apart at their first byte.
bool begins_like_a_link(Bytes bytes);

struct LinkHeader {
    uint32_t size = 0; // of the SpiceLinkMess with its capabilities, 18 to kMaxLinkMessage bytes
};

// `bytes`: kLinkHeaderSize of them. INVALID_MAGIC, VERSION_MISMATCH or INVALID_DATA, looked at in this order.
LinkResult<LinkHeader> parse_link_header(Bytes bytes);

struct LinkMessage {
    uint32_t connection_id = 0;
    ChannelId channel;
    Capabilities common_caps;
    Capabilities channel_caps;
};

// `bytes`: all that the header announced. INVALID_DATA.
LinkResult<LinkMessage> parse_link_message(Bytes bytes);

// Header and reply of a link that goes on: 16 + 178 + 4 * words bytes.
std::vector<uint8_t> link_reply(const PublicKey& key, const Capabilities& common,
                                const Capabilities& channel);

// Header and reply of one that does not: 16 + 178 bytes, everything but the code and the offset zero.
std::vector<uint8_t> link_error_reply(uint32_t code);

// The end of the conversation.
std::array<uint8_t, 4> link_result(uint32_t code);

} // namespace spice::protocol
