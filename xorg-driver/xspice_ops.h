/* Copies on the screen, told to the core as copies: scrolling and moved windows need few bytes then.
 *
 * These are hints on top of xspice_damage.h, which alone is always right. They sit directly on fb, below
 * DAMAGE: set up before anything calls DamageSetup(). */
#ifndef XSPICE_OPS_H
#define XSPICE_OPS_H

#include "xspice_screen.h"

/* ScreenInit, directly after fb's own initialization. */
void xspice_ops_init(struct xspice_screen *xs, ScreenPtr screen);
/* CloseScreen. */
void xspice_ops_fini(struct xspice_screen *xs, ScreenPtr screen);

#endif
