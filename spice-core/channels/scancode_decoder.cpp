#include "channels/scancode_decoder.hpp"

#include <array>
#include <cstddef>

namespace spice::channels {

namespace {

constexpr uint8_t kExtended = 0xe0;
constexpr uint8_t kExtendedTwice = 0xe1;
constexpr uint8_t kReleased = 0x80;
constexpr uint8_t kControl = 0x1d;
constexpr uint8_t kNumLock = 0x45;
constexpr uint8_t kLeftShift = 0x2a;
constexpr uint8_t kRightShift = 0x36;

} // namespace

std::vector<KeyEvent> ScancodeDecoder::decode(Bytes bytes) {
    std::vector<KeyEvent> events;
    uint8_t prefix = 0;
    for (const uint8_t byte : bytes) {
        if (byte == kExtended || byte == kExtendedTwice) {
            prefix = byte;
            continue;
        }
        const auto key = static_cast<uint8_t>(byte & ~kReleased);
        const bool pressed = (byte & kReleased) == 0;
        const uint8_t used_prefix = prefix;
        prefix = 0;
        if (key == 0) {
            continue;
        }
        if (used_prefix == kExtendedTwice) {
            third_control_ = key == kControl;
            continue;
        }
        if (used_prefix == kExtended) {
            if (key != kLeftShift && key != kRightShift) {
                events.push_back({static_cast<uint16_t>(kExtended << 8 | key), pressed});
            }
            continue;
        }
        const bool pause = third_control_ && key == kNumLock;
        third_control_ = false;
        events.push_back({pause ? kPause : uint16_t{key}, pressed});
    }
    return events;
}

std::vector<KeyEvent> ScancodeDecoder::decode(uint32_t code) {
    std::array<uint8_t, 4> bytes{};
    size_t count = 0;
    for (; code != 0 && (code & 0xff) != 0; code >>= 8) {
        bytes[count++] = static_cast<uint8_t>(code);
    }
    return decode(Bytes(bytes).first(count));
}

} // namespace spice::channels
