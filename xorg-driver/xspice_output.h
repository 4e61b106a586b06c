/* RandR outputs: always connected virtual monitors, named Virtual-1 and so on, that take any mode. */
#ifndef XSPICE_OUTPUT_H
#define XSPICE_OUTPUT_H

#include "xspice_screen.h"

#include <xf86Crtc.h>

/* PreInit. `index` from 0 is also the index of the one CRTC that can drive it. NULL without memory. */
xf86OutputPtr xspice_output_create(struct xspice_screen *xs, int index);
/* From the next probe on the output offers this size, up to MaxSize, before all others. Whether that is news.
 */
bool xspice_output_prefer(xf86OutputPtr output, int width, int height);
/* Makes the physical size follow the mode that the output shows, so that the resolution in dots per inch
 * stays. Call after a mode change. */
void xspice_output_update_size(xf86OutputPtr output);

/* A mode with plausible timings for exactly this size; the caller frees it as xf86DeleteMode() does. */
DisplayModePtr xspice_output_make_mode(int width, int height);

#endif
