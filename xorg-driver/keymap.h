/* What the scancodes of a SPICE client mean: PC set-1 scancodes to X keycodes of XKB's "evdev" rules.
 *
 * A pure table without X, state or thread. The codes are those that clients really send, which is the
 * keyboard map "xtkbd" that spice-gtk 0.42 is built with, plus Print as a real keyboard sends it. Every key
 * code of Linux up to 247 that the set has is there; X's limit of 255 less evdev's offset of 8 leaves out the
 * rest. */
#ifndef XSPICE_KEYMAP_H
#define XSPICE_KEYMAP_H

#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

/* `scancode` is 0x01 to 0x7f, or 0xe001 to 0xe07f for extended keys, without release bit.
 * Returns an X keycode, 9 to 255, or 0 when no key has this code. */
uint8_t xspice_keymap_keycode(uint16_t scancode);

#ifdef __cplusplus
}
#endif
#endif
