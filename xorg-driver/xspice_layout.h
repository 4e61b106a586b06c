/* Another layout of the outputs, on the core's wish: what xrandr(1) does from outside, done from within.
 *
 * Users may change the same things with xrandr before and afterwards; whoever came last counts. */
#ifndef XSPICE_LAYOUT_H
#define XSPICE_LAYOUT_H

#include "xspice_screen.h"

/* Switches exactly these outputs on, with these sizes and places, and gives the screen the size that holds
 * them; the resolution in dots per inch stays. `id` is an output's number from 0. All of it or nothing: false
 * leaves everything as it was and writes why into `refusal`, one line of at most `size` bytes. Nothing is
 * done, and no X client told, when the outputs are like this already. X thread, outside of any request. */
bool xspice_layout_apply(struct xspice_screen *xs, const struct xspice_head *wanted, size_t count,
                         char *refusal, size_t size);

#endif
