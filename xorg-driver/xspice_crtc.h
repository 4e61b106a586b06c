/* RandR CRTCs, the size of the screen, and what the core is told about heads. */
#ifndef XSPICE_CRTC_H
#define XSPICE_CRTC_H

#include "xspice_screen.h"

/* PreInit: makes as many CRTCs and outputs as heads and lays them out side by side, in rows. Sets the size
 * of the screen. */
Bool xspice_crtc_pre_init(struct xspice_screen *xs);
/* Tells the core about the active heads if they differ from what it was told last. Cheap. */
void xspice_crtc_publish(struct xspice_screen *xs);

#endif
