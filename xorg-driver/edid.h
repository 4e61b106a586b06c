/* The EDID block of a virtual monitor: a pure table, so that desktops find stable names and sizes.
 *
 * Source: VESA Enhanced Extended Display Identification Data, release A revision 2 (EDID 1.4), section 3. */
#ifndef XSPICE_EDID_H
#define XSPICE_EDID_H

#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

enum { EDID_SIZE = 128 };

struct edid_monitor {
    unsigned number;   /* from 1; shown in the name, and the serial number */
    int width, height; /* pixels of the preferred mode */
    int dpi;           /* from which the physical size follows */
};

/* A width or height above 4095 pixels cannot be told by an EDID block: it then names no preferred timing. */
void edid_make(uint8_t block[EDID_SIZE], const struct edid_monitor *monitor);

/* Millimetres that `pixels` take at `dpi`, rounded. */
int edid_millimetres(int pixels, int dpi);

#ifdef __cplusplus
}
#endif
#endif
