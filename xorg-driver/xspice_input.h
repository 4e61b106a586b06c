/* The input side of the driver as its screen side sees it, and the one call back. X thread only.
 *
 * Devices come from InputDevice sections of the generated configuration: Driver "xspice" and Option "Role",
 * one of "keyboard", "pointer" (absolute) and "relative-pointer". The functions that post events may be
 * called at any time after xspice_input_register(): without a matching, enabled device they do nothing. */
#ifndef XSPICE_INPUT_H
#define XSPICE_INPUT_H

#include <stdbool.h>
#include <stdint.h>

#include <xorg-server.h>

#include <X11/Xdefs.h>

/* Module setup, once per server process: makes the input driver known to the server. */
Bool xspice_input_register(void *module);
/* ScreenInit, each generation, before the core devices are made: XKB's default rules. */
void xspice_input_screen_init(void);

/* PC set-1 scancode, extended ones as 0xe0xx. */
void xspice_keyboard_key(uint16_t scancode, bool pressed);
/* A key by what it means: see xspice_keysyms.h. 0: done; otherwise it is to be offered again in so many ms,
 * before any other input. */
unsigned xspice_keyboard_keysym(uint32_t keysym, bool pressed);
/* Modifiers that are hidden or held for the last keysym are given back: before buttons, which heed them. */
void xspice_keyboard_settle(void);
/* Makes exactly these locks be on. Bits: 1 scroll, 2 num, 4 caps. */
void xspice_keyboard_set_locks(uint8_t locks);
/* Absolute, in pixels of the screen. */
void xspice_pointer_position(int x, int y);
/* Relative, in pixels before acceleration. */
void xspice_pointer_motion(int dx, int dy);
/* X button numbers, 1 to 16. */
void xspice_pointer_button(uint8_t button, bool pressed);

/* Implemented by xspice_screen.c: tells the clients about the locks that X shows, same bits as above. */
void xspice_screen_lock_keys_changed(uint8_t locks);

#endif
