#include "xspice_boxes.h"

#include <stdlib.h>

static struct xspice_box box_from(const BoxRec *box) {
    return (struct xspice_box){.x1 = box->x1, .y1 = box->y1, .x2 = box->x2, .y2 = box->y2};
}

bool xspice_boxes_init(struct xspice_boxes *boxes, RegionPtr region) {
    struct xspice_box *out = boxes->few;
    const BoxRec *rects = RegionRects(region);

    boxes->count = (size_t)RegionNumRects(region);
    boxes->allocated = NULL;
    boxes->all = boxes->few;
    if (boxes->count > sizeof(boxes->few) / sizeof(boxes->few[0])) {
        boxes->allocated = malloc(boxes->count * sizeof(*boxes->allocated));
        if (!boxes->allocated) {
            boxes->few[0] = box_from(RegionExtents(region));
            boxes->count = 1;
            return false;
        }
        boxes->all = out = boxes->allocated;
    }
    for (size_t i = 0; i < boxes->count; i++)
        out[i] = box_from(&rects[i]);
    return true;
}

void xspice_boxes_fini(struct xspice_boxes *boxes) {
    free(boxes->allocated);
}
