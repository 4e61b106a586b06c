/* The pointers: one X input device for absolute positions and one for relative motion. X thread only; what
 * the screen side calls is in xspice_input.h.
 *
 * They are two because relative motion on a device with absolute axes moves in units of that device. */
#ifndef XSPICE_POINTER_H
#define XSPICE_POINTER_H

#include <stdbool.h>

#include <xorg-server.h>

#include <xf86.h>
#include <xf86Xinput.h>

/* Fills in the device; for PreInit. Returns Success or an X error. */
int xspice_pointer_pre_init(InputInfoPtr info, bool absolute);

#endif
