// From the bytes of a PC set-1 keyboard, as clients send them, to keys going down and up.
//
// | bytes                | key                                                                    |
// | xx                   | 0x01..0x7f pressed; with 0x80 set: released                            |
// | e0 xx                | the extended key 0xe0xx, same rule                                      |
// | e0 2a, e0 36         | nothing: the "fake shift" of PrintScreen and the grey keys              |
// | e1 1d 45, e1 9d c5   | Pause, handed on as 0xe046; spice-gtk 0.42 sends e1 1d and 45 in two    |
// |                      | messages, and a plain 45 would be Num Lock                              |
//
// One per client: a client's messages are one keyboard's bytes.
#pragma once

#include "base/byte_reader.hpp"
#include "spice-core/desktop_event.hpp"

#include <cstdint>
#include <vector>

namespace spice::channels {

class ScancodeDecoder {
public:
    static constexpr uint16_t kPause = 0xe046;

    // The bytes of one message: whole sequences, several at most; what makes no sense is left out.
    std::vector<KeyEvent> decode(Bytes bytes);
    // The code of KEY_DOWN and KEY_UP: up to four bytes, lowest first, ended by a zero byte.
    std::vector<KeyEvent> decode(uint32_t code);

private:
    bool third_control_ = false; // e1 1d or e1 9d was seen: the next 45 belongs to it
};

} // namespace spice::channels
