// Messages that every channel has (spice.proto: BaseChannel; ids from spice/enums.h).
//
// The same shape in all *_messages files: a message to the client is a struct with its kType and a body()
// function; a message of the client is a struct with a static parse(). All values are little endian, without
// padding. SPICE_MSGC_ACK has no body and so no struct.
#pragma once

#include "base/byte_reader.hpp"
#include "base/result.hpp"

#include <spice/enums.h>

#include <cstddef>
#include <cstdint>
#include <string_view>
#include <vector>

namespace spice::protocol {

// --- to the client ---

// | 0 | 4 | generation | 4 | 4 | window |: from here on the client sends ACK after every `window` messages.
struct SetAck {
    static constexpr uint16_t kType = SPICE_MSG_SET_ACK;
    uint32_t generation = 0;
    uint32_t window = 0; // messages

    std::vector<uint8_t> body() const;
};

// | 0 | 4 | id | 4 | 8 | timestamp | 12 | n | padding |: the client answers with PONG; the padding, which
// measures the link, does not come back.
struct Ping {
    static constexpr uint16_t kType = SPICE_MSG_PING;
    uint32_t id = 0;
    uint64_t timestamp = 0; // any unit: the client returns it as it is
    size_t padding = 0;     // bytes

    std::vector<uint8_t> body() const;
};

// | 0 | 8 | time_stamp | 8 | 4 | reason |: the server is about to close this channel.
struct Disconnecting {
    static constexpr uint16_t kType = SPICE_MSG_DISCONNECTING;
    uint64_t time_stamp = 0; // ns
    uint32_t reason = 0;     // SPICE_LINK_ERR_*

    std::vector<uint8_t> body() const;
};

// | 0 | 8 | time_stamp | 8 | 4 | severity | 12 | 4 | visibility | 16 | 4 | what | 20 | 4 | length | 24 |
// length | message | 24 + length | 1 | NUL that length does not count |
struct Notify {
    static constexpr uint16_t kType = SPICE_MSG_NOTIFY;
    uint64_t time_stamp = 0; // ns
    uint32_t severity = SPICE_NOTIFY_SEVERITY_INFO;
    uint32_t visibility = SPICE_NOTIFY_VISIBILITY_LOW;
    uint32_t what = 0; // SPICE_WARN_*, SPICE_INFO_* by severity
    std::string_view message;

    std::vector<uint8_t> body() const;
};

// SpiceSubMessageList: several messages in one, which the client handles in this order.
// | 0 | 2 | count | 2 | 4 * count | offsets of the sub messages | then each | 2 | type | 4 | size | size |
// body |
struct MessageList {
    static constexpr uint16_t kType = SPICE_MSG_LIST;
    struct Item {
        uint16_t type = 0;
        std::vector<uint8_t> body;
    };
    std::vector<Item> items; // at most 65535

    std::vector<uint8_t> body() const;
};

// --- from the client ---

struct AckSync {
    uint32_t generation = 0; // of the SET_ACK that it answers

    static Result<AckSync> parse(Bytes body);
};

struct Pong {
    uint32_t id = 0;
    uint64_t timestamp = 0;

    static Result<Pong> parse(Bytes body);
};

struct ClientDisconnecting {
    uint64_t time_stamp = 0;
    uint32_t reason = 0;

    static Result<ClientDisconnecting> parse(Bytes body);
};

} // namespace spice::protocol
