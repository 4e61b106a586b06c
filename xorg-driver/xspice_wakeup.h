/* From the core to the X thread: one file descriptor among those the server polls, and what happens then. */
#ifndef XSPICE_WAKEUP_H
#define XSPICE_WAKEUP_H

#include "xspice_screen.h"

/* Each generation: from ScreenInit to CloseScreen. */
Bool xspice_wakeup_init(struct xspice_screen *xs);
void xspice_wakeup_fini(struct xspice_screen *xs);

#endif
