/* A region of the X server as the list of boxes that bridge.h takes. */
#ifndef XSPICE_BOXES_H
#define XSPICE_BOXES_H

#include <xorg-server.h>

#include <regionstr.h>

#include "bridge.h"

struct xspice_boxes {
    const struct xspice_box *all;
    size_t count;
    struct xspice_box few[32]; /* most regions need no allocation */
    struct xspice_box *allocated;
};

/* Without memory the boxes are the region's extents, and the answer is false. */
bool xspice_boxes_init(struct xspice_boxes *boxes, RegionPtr region);
void xspice_boxes_fini(struct xspice_boxes *boxes);

#endif
