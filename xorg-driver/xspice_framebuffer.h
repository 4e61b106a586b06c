/* The memory that fb draws into: one reservation for the largest screen, so that its address never moves.
 *
 * Only the pages of the current size are ever touched; rows follow each other without gaps beyond the stride.
 */
#ifndef XSPICE_FRAMEBUFFER_H
#define XSPICE_FRAMEBUFFER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct xspice_framebuffer_memory {
    uint32_t *pixels; /* NULL before it is reserved */
    size_t reserved;  /* bytes */
    int width, height;
    int stride; /* pixels from one row to the next */
};

/* Reserves address space for max_width x max_height. False: errno says why. */
bool xspice_framebuffer_reserve(struct xspice_framebuffer_memory *memory, int max_width, int max_height);
/* Gives the memory this size, at most the reserved one. What both sizes show keeps its pixels; the rest is
 * black. */
void xspice_framebuffer_resize(struct xspice_framebuffer_memory *memory, int width, int height);
void xspice_framebuffer_release(struct xspice_framebuffer_memory *memory);

#endif
