// Frames of the WebSocket protocol as a server sees them: RFC 6455, section 5.
//
//   offset  bits  field
//   0       1     FIN: the last frame of its message
//   0       3     reserved, 0
//   0       4     opcode
//   1       1     MASK: 1 from a client
//   1       7     length; 126: 16 bits follow, 127: 64 bits, of which the highest is 0; the shortest form
//   2..     32    masking key, for byte i of the payload its byte i % 4
#pragma once

#include "base/byte_reader.hpp"
#include "transport/web_error.hpp"

#include <boost/system/result.hpp>

#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>

namespace spice::transport {

enum class Opcode : uint8_t {
    continuation = 0,
    text = 1,
    binary = 2,
    close = 8,
    ping = 9,
    pong = 10,
};

constexpr size_t kMaxControlPayload = 125;
constexpr size_t kMaxClientFrameHead = 14; // bytes
constexpr size_t kMaxShortFrame = 65535;   // bytes of payload for a head of at most 4 bytes

struct FrameHead {
    size_t size = 0; // of the head itself, bytes
    bool last = false;
    Opcode opcode = Opcode::binary;
    uint64_t length = 0; // of the payload, bytes; below 2^63
    std::array<uint8_t, 4> mask{};

    bool control() const { return opcode >= Opcode::close; }
};

template <class T>
using WebResult = boost::system::result<T, WebError>;

// The head at the front of `bytes`; none while more of it must come. Errors show at the first byte that has
// them.
WebResult<std::optional<FrameHead>> parse_frame_head(Bytes bytes);

// How frames may follow each other: a message of several may have control frames, and nothing else, between
// them.
class FrameSequence {
public:
    // None: the frame may come now.
    std::optional<WebError> next(const FrameHead& head);

private:
    bool inside_message_ = false;
};

// `offset`: of the first of `bytes` in its payload.
void unmask(std::span<uint8_t> bytes, const std::array<uint8_t, 4>& mask, uint64_t offset);

// What a close frame may say: nothing, or a code that may be sent, and a reason.
bool valid_close_payload(Bytes payload);
// The code that a connection with this mistake is closed with: RFC 6455, 7.4.1.
uint16_t close_code(WebError error);

// The head of a whole message from the server, not masked.
struct ServerFrameHead {
    std::array<uint8_t, 4> bytes{};
    size_t size = 0;
};
// `length`: at most kMaxShortFrame.
ServerFrameHead server_frame_head(Opcode opcode, size_t length);

} // namespace spice::transport
