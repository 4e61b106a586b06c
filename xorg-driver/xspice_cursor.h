/* The pointer's image and position, told to the core instead of being drawn.
 *
 * Sits on the server's hardware cursor layer and claims every cursor, so that the framebuffer never holds
 * one. What the core is told equals what XFixesGetCursorImage() says; only images above kMaxCursorEdge of
 * spice-core (256 pixels) are scaled down, with their hot spot. */
#ifndef XSPICE_CURSOR_H
#define XSPICE_CURSOR_H

#include "xspice_screen.h"

/* ScreenInit, after miDCInitialize(). */
Bool xspice_cursor_init(struct xspice_screen *xs, ScreenPtr screen);
/* CloseScreen, after the layers below have closed. */
void xspice_cursor_fini(struct xspice_screen *xs);

#endif
