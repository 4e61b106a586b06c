/* The keyboard: an X input device that the clients' scancodes come out of. X thread only; what the screen
 * side calls is in xspice_input.h. */
#ifndef XSPICE_KEYBOARD_H
#define XSPICE_KEYBOARD_H

#include <xorg-server.h>

#include <xf86.h>
#include <xf86Xinput.h>

/* Fills in the device; for PreInit. Returns Success or an X error. */
int xspice_keyboard_pre_init(InputInfoPtr info);

/* Makes the keyboard's layout XKB's default. `options` are those of its InputDevice section, NULL without
 * one. */
void xspice_keyboard_set_default_rules(XF86OptionPtr options);

#endif
