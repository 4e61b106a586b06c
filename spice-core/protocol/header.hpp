// The header in front of every message after the link: mini (6 bytes) or full (18 bytes).
//
// mini, SpiceMiniDataHeader             full, SpiceDataHeader
// | offset | size | field |             | offset | size | field    |
// |      0 |    2 | type  |             |      0 |    8 | serial   | from 1 in each direction of a channel
// |      2 |    4 | size  |             |      8 |    2 | type     |
//                                       |     10 |    4 | size     |
//                                       |     14 |    4 | sub_list | offset in the body, 0: none
//
// `size` counts the body alone. Both sides use the mini form exactly when both announced
// SPICE_COMMON_CAP_MINI_HEADER for the channel's link.
#pragma once

#include "base/byte_writer.hpp"
#include "base/result.hpp"

#include <spice/protocol.h>

#include <cstddef>
#include <cstdint>

namespace spice::protocol {

enum class HeaderForm : uint8_t { mini, full };

constexpr size_t header_size(HeaderForm form) {
    return form == HeaderForm::mini ? sizeof(SpiceMiniDataHeader) : sizeof(SpiceDataHeader);
}

inline constexpr size_t kMaxHeaderSize = sizeof(SpiceDataHeader);

// No message of a client is larger than this, whatever its channel and type; bytes of the body.
inline constexpr uint32_t kMaxClientMessage = 1024 * 1024;

// What a client's header says. Serial and sub messages are not read: no client sends sub messages, and
// serials mean something to migration only.
struct MessageHeader {
    uint16_t type = 0;
    uint32_t size = 0; // bytes of the body, at most kMaxClientMessage
};

// `bytes` are header_size(form) long (or it is an error).
Result<MessageHeader> parse_header(HeaderForm form, Bytes bytes);

// Appends the header of a message to a client. `serial` counts every message of the channel from 1; only the
// full form carries it.
void write_header(ByteWriter& out, HeaderForm form, uint16_t type, size_t body_size, uint64_t serial);

} // namespace spice::protocol
