/* Which pixels of the screen changed: one DAMAGE object on the screen pixmap.
 *
 * It collects without reporting; the block handler reads it once per dispatch. It is registered only while
 * somebody watches, so that an unwatched server draws at fb's full speed. */
#ifndef XSPICE_DAMAGE_H
#define XSPICE_DAMAGE_H

#include "xspice_screen.h"

/* After the screen pixmap was made; ended before it goes. */
Bool xspice_damage_init(struct xspice_screen *xs);
void xspice_damage_fini(struct xspice_screen *xs);

void xspice_damage_watch(struct xspice_screen *xs, bool watched);
/* Tells the core about everything that was drawn so far, and forgets it. */
void xspice_damage_flush(struct xspice_screen *xs);
/* Forgets everything that was drawn so far: the core is told of the whole screen anyway. */
void xspice_damage_discard(struct xspice_screen *xs);

#endif
