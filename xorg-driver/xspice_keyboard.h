/* The keyboard: an X input device that the clients' scancodes, and keys by their keysym, come out of. X
 * thread only; what the screen side calls is in xspice_input.h. */
#ifndef XSPICE_KEYBOARD_H
#define XSPICE_KEYBOARD_H

#include <stdbool.h>
#include <stdint.h>

#include <xorg-server.h>

#include <xf86.h>
#include <xf86Xinput.h>
#include <xkbsrv.h>

/* Fills in the device; for PreInit. Returns Success or an X error. */
int xspice_keyboard_pre_init(InputInfoPtr info);

/* Makes the keyboard's layout XKB's default. `options` are those of its InputDevice section, NULL without
 * one. */
void xspice_keyboard_set_default_rules(XF86OptionPtr options);

/* For xspice_keysyms.c, while the keyboard is on. */
bool xspice_keyboard_is_down(uint8_t keycode);
void xspice_keyboard_post(uint8_t keycode, bool pressed);
/* Completes the XKB state of the device and tells X clients how it differs from what it was. Returns that, as
 * XkbModifierStateMask and its fellows. */
unsigned xspice_keyboard_state_changed(DeviceIntPtr device, XkbStatePtr before);

#endif
