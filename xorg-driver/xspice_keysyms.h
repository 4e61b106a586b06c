/* Keys by what they mean: from a keysym to a key, with the modifiers that it takes.
 *
 * Who sends keysyms has a keyboard of his own, so to say. What others hold or have locked does not change
 * what his keys mean, and he does not disturb it: for as long as such a key is down, modifiers that would
 * change it are hidden from X, and those that it takes are held. A modifier that was pressed as a keysym
 * itself is his, and counts: Control_L, then c, is Ctrl+C. X thread only. */
#ifndef XSPICE_KEYSYMS_H
#define XSPICE_KEYSYMS_H

#include <stdbool.h>

#include <xorg-server.h>

#include <inputstr.h>

/* Presses or releases it. 0: done, or there is no way; otherwise nothing was done, and it can be offered
 * again in so many ms: all keycodes for what the layout lacks were used just now. */
unsigned xspice_keysyms_key(DeviceIntPtr keyboard, KeySym keysym, bool pressed);
/* Before anything else is done to the keyboard: the modifiers are again what others think they are. */
void xspice_keysyms_settle(DeviceIntPtr keyboard);
/* The keyboard goes on: nothing is held. */
void xspice_keysyms_init(void);

#endif
