// Messages of the inputs channel (spice.proto: InputsChannel; ids from spice/enums.h). See base_messages.hpp
// for the shape. SPICE_MSG_INPUTS_MOUSE_MOTION_ACK has no body; the body of SPICE_MSGC_INPUTS_KEY_SCANCODE is
// the scancode bytes themselves.
#pragma once

#include "base/byte_reader.hpp"
#include "base/result.hpp"

#include <spice/enums.h>

#include <cstddef>
#include <cstdint>
#include <vector>

namespace spice::protocol {

// --- to the client ---

// The locks that are on, SPICE_KEYBOARD_MODIFIER_FLAGS_*: first message of the channel.
struct InputsInit {
    static constexpr uint16_t kType = SPICE_MSG_INPUTS_INIT;
    uint16_t lock_keys = 0;

    std::vector<uint8_t> body() const;
};

// The same whenever they change.
struct InputsKeyModifiers {
    static constexpr uint16_t kType = SPICE_MSG_INPUTS_KEY_MODIFIERS;
    uint16_t lock_keys = 0;

    std::vector<uint8_t> body() const;
};

// --- from the client ---

// KEY_DOWN and KEY_UP: up to four bytes of PC set-1 scancode, the first in the lowest byte, ended by a zero
// byte: 0x1e is A, 0x48e0 is Up. KEY_UP has 0x80 set in the last of them.
struct KeyCode {
    uint32_t code = 0;

    static Result<KeyCode> parse(Bytes body);
};

// KEY_MODIFIERS: the locks that the client wants on.
struct KeyModifiers {
    uint16_t lock_keys = 0; // SPICE_KEYBOARD_MODIFIER_FLAGS_*, unknown bits possible

    static Result<KeyModifiers> parse(Bytes body);
};

// MOUSE_MOTION. | 0 | 4 | dx | 4 | 4 | dy | 8 | 2 | buttons |
struct MouseMotion {
    int32_t dx = 0; // pixels, any value
    int32_t dy = 0;
    uint16_t buttons = 0; // SPICE_MOUSE_BUTTON_MASK_*, state after the motion

    static Result<MouseMotion> parse(Bytes body);
};

// MOUSE_POSITION. | 0 | 4 | x | 4 | 4 | y | 8 | 2 | buttons | 10 | 1 | display |
struct MousePosition {
    uint32_t x = 0; // pixels of that display channel's primary surface, any value
    uint32_t y = 0;
    uint16_t buttons = 0;
    uint8_t display = 0; // display channel id

    static Result<MousePosition> parse(Bytes body);
};

// MOUSE_PRESS and MOUSE_RELEASE. | 0 | 1 | button | 1 | 2 | buttons |
struct MouseButton {
    uint8_t button = 0; // SPICE_MOUSE_BUTTON_*, any value
    uint16_t buttons = 0;

    static Result<MouseButton> parse(Bytes body);
};

// Bytes that a client's message may have, base messages included.
constexpr size_t max_inputs_message(uint16_t /*type*/) {
    return 1024;
}

} // namespace spice::protocol
