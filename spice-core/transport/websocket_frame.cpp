#include "transport/websocket_frame.hpp"

#include <cassert>

namespace spice::transport {

namespace {

constexpr uint8_t kLast = 0x80;
constexpr uint8_t kReserved = 0x70;
constexpr uint8_t kOpcode = 0x0f;
constexpr uint8_t kMasked = 0x80;
constexpr uint8_t kLength = 0x7f;
constexpr uint8_t kLength16 = 126;
constexpr uint8_t kLength64 = 127;

constexpr uint16_t kCloseProtocolError = 1002;
constexpr uint16_t kCloseUnacceptableData = 1003;

bool known(uint8_t opcode) {
    return opcode <= static_cast<uint8_t>(Opcode::binary) ||
           (opcode >= static_cast<uint8_t>(Opcode::close) && opcode <= static_cast<uint8_t>(Opcode::pong));
}

std::optional<WebError> first_byte_error(uint8_t first) {
    if ((first & kReserved) != 0) {
        return WebError::reserved_bits;
    }
    if (!known(first & kOpcode)) {
        return WebError::unknown_frame;
    }
    return std::nullopt;
}

std::optional<WebError> second_byte_error(const FrameHead& head, uint8_t second) {
    if ((second & kMasked) == 0) {
        return WebError::frame_not_masked;
    }
    if (head.control() && (!head.last || (second & kLength) > kMaxControlPayload)) {
        return WebError::bad_control_frame;
    }
    return std::nullopt;
}

size_t length_bytes(uint8_t length) {
    return length == kLength16 ? 2 : length == kLength64 ? 8 : 0;
}

uint64_t big_endian(Bytes bytes) {
    uint64_t value = 0;
    for (const uint8_t byte : bytes) {
        value = value << 8 | byte;
    }
    return value;
}

// In the shortest form, and not negative as a signed number.
bool valid_length(uint64_t length, size_t bytes) {
    return bytes == 2 ? length >= kLength16 : length > 0xffff && length <= INT64_MAX;
}

} // namespace

WebResult<std::optional<FrameHead>> parse_frame_head(Bytes bytes) {
    const std::optional<FrameHead> incomplete;
    if (bytes.empty()) {
        return incomplete;
    }
    if (const auto error = first_byte_error(bytes[0])) {
        return *error;
    }
    FrameHead head;
    head.last = (bytes[0] & kLast) != 0;
    head.opcode = static_cast<Opcode>(bytes[0] & kOpcode);
    if (bytes.size() < 2) {
        return incomplete;
    }
    if (const auto error = second_byte_error(head, bytes[1])) {
        return *error;
    }
    head.length = bytes[1] & kLength;
    const size_t more = length_bytes(bytes[1] & kLength);
    if (bytes.size() < 2 + more) {
        return incomplete;
    }
    if (more > 0) {
        head.length = big_endian(bytes.subspan(2, more));
        if (!valid_length(head.length, more)) {
            return WebError::bad_length;
        }
    }
    head.size = 2 + more + head.mask.size();
    if (bytes.size() < head.size) {
        return incomplete;
    }
    const Bytes mask = bytes.subspan(2 + more, head.mask.size());
    std::copy(mask.begin(), mask.end(), head.mask.begin());
    return std::optional(head);
}

std::optional<WebError> FrameSequence::next(const FrameHead& head) {
    if (head.control()) {
        return std::nullopt;
    }
    if (head.opcode == Opcode::text) {
        return WebError::text_frame;
    }
    if ((head.opcode == Opcode::continuation) != inside_message_) {
        return WebError::out_of_sequence;
    }
    inside_message_ = !head.last;
    return std::nullopt;
}

void unmask(std::span<uint8_t> bytes, const std::array<uint8_t, 4>& mask, uint64_t offset) {
    for (uint8_t& byte : bytes) {
        byte ^= mask[offset++ % mask.size()];
    }
}

bool valid_close_payload(Bytes payload) {
    if (payload.size() < 2) {
        return payload.empty();
    }
    const uint64_t code = big_endian(payload.first(2));
    const bool defined = (code >= 1000 && code <= 1003) || (code >= 1007 && code <= 1014);
    return defined || (code >= 3000 && code <= 4999);
}

uint16_t close_code(WebError error) {
    return error == WebError::text_frame ? kCloseUnacceptableData : kCloseProtocolError;
}

ServerFrameHead server_frame_head(Opcode opcode, size_t length) {
    assert(length <= kMaxShortFrame);
    ServerFrameHead head;
    head.bytes[0] = static_cast<uint8_t>(kLast | static_cast<uint8_t>(opcode));
    if (length < kLength16) {
        head.bytes[1] = static_cast<uint8_t>(length);
        head.size = 2;
    } else {
        head.bytes[1] = kLength16;
        head.bytes[2] = static_cast<uint8_t>(length >> 8);
        head.bytes[3] = static_cast<uint8_t>(length);
        head.size = 4;
    }
    return head;
}

} // namespace spice::transport
