/* Keys that no layout uses, lent to keysyms that the layout lacks.
 *
 * An X client looks a key up when it handles the event, in the map that the server has by then. So what a key
 * means must stay for a while after it was pressed: each keysym gets a place of its own, the place that was
 * not needed for the longest time is the first to mean something else, and some time after the last such key
 * the map is as it was. X thread only. */
#ifndef XSPICE_SPARE_KEYS_H
#define XSPICE_SPARE_KEYS_H

#include <stdbool.h>
#include <stdint.h>

#include <xorg-server.h>

#include <inputstr.h>

/* Gives `keysym`, which the keyboard's map lacks, a place in it, with or without Shift. False: all places are
 * such that X clients may still look them up, and the first is free in `*wait` ms; 0 ms: this map has none to
 * lend, or all that it has are held down. */
bool xspice_spare_keys_lend(DeviceIntPtr keyboard, KeySym keysym, unsigned *wait);
/* A key is pressed or released: if it is lent, it stays so for a while from now. */
void xspice_spare_keys_used(uint8_t keycode, KeySym keysym, bool pressed);
/* At once, all of them: the keyboard goes off. */
void xspice_spare_keys_take_back(DeviceIntPtr keyboard);

#endif
