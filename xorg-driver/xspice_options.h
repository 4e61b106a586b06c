/* Options of the Device section, checked. The only place where their names appear. */
#ifndef XSPICE_OPTIONS_H
#define XSPICE_OPTIONS_H

#include <xorg-server.h>

#include <xf86.h>

#include "bridge.h"

#define XSPICE_MAX_HEADS 16   /* what the SPICE protocol's front-ends expect at most */
#define XSPICE_MIN_EDGE 64    /* pixels; smaller heads only confuse window managers */
#define XSPICE_MAX_EDGE 16384 /* pixels; kMaxSurfaceEdge of spice-core */

struct xspice_options {
    struct xspice_core_config core; /* its strings live as long as the ScrnInfoRec */
    int num_heads;                  /* 1 to XSPICE_MAX_HEADS */
    int width, height;              /* pixels, of each head at start */
    int dpi;                        /* 30 to 600 */
    int max_width, max_height;      /* pixels, of the whole screen */
};

/* Reads and checks scrn's options. FALSE: the log has a line that names the option and the remedy. */
Bool xspice_options_read(ScrnInfoPtr scrn, struct xspice_options *options);
/* For the server's -showopts. */
const OptionInfoRec *xspice_options_available(int chip, int bus);

#endif
