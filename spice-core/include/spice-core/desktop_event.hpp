// What the core tells the front-end: input of the clients and wishes about commits, again plain values.
#pragma once

#include "spice-core/display_command.hpp"

#include <cstdint>
#include <variant>

namespace spice {

// A key by its PC set-1 scancode: 0x01..0x7f, or 0xe0xx for the extended ones (0xe048 is Up). Pause comes
// as 0xe11d45 never; clients send it as 0xe046 or 0x45 with Ctrl as the keyboard would.
struct KeyEvent {
    uint16_t scancode = 0;
    bool pressed = false;
};

// A key by what it means: an X keysym, those of Unicode (0x01000000 | code point) among them, whatever the
// keyboard layout has or lacks. Modifiers that the layout needs for it are the front-end's affair.
struct KeysymEvent {
    uint32_t keysym = 0;
    bool pressed = false;
};

// The client wants exactly these locks on (message KEY_MODIFIERS): set the state, do not fake key presses.
struct LockKeysWanted {
    LockKeys locks = 0;
};

struct PointerPosition {
    Point position; // surface coordinates, already clamped to the surface
};

struct PointerMotion {
    int dx = 0; // pixels before acceleration
    int dy = 0;
};

// Buttons in the front-end's terms: 1 left, 2 middle, 3 right, 4/5 wheel up/down, 6/7 wheel left/right,
// 8 side, 9 extra, up to 16 (X's numbering; InputsChannel maps the protocol's SPICE_MOUSE_BUTTON_*).
struct ButtonEvent {
    uint8_t button = 0;
    bool pressed = false;
};

using InputEvent =
    std::variant<KeyEvent, KeysymEvent, LockKeysWanted, PointerPosition, PointerMotion, ButtonEvent>;

} // namespace spice
