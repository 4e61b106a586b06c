#include "xspice_framebuffer.h"

#include <string.h>

#include <sys/mman.h>
#include <unistd.h>

enum { CACHE_LINE = 64, PAGE = 4096 };

/* Whole cache lines, and never whole pages: with those, the pixels of a column would all compete for the same
 * few lines of the cache. */
static int stride_for(int width) {
    int pixels_per_line = CACHE_LINE / (int)sizeof(uint32_t);
    int stride = (width + pixels_per_line - 1) / pixels_per_line * pixels_per_line;

    if (stride * (int)sizeof(uint32_t) % PAGE == 0)
        stride += pixels_per_line;
    return stride;
}

static size_t size_for(int width, int height) {
    return (size_t)stride_for(width) * (size_t)height * sizeof(uint32_t);
}

bool xspice_framebuffer_reserve(struct xspice_framebuffer_memory *memory, int max_width, int max_height) {
    size_t size = size_for(max_width, max_height);
    void *address =
        mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);

    if (address == MAP_FAILED)
        return false;
    memory->pixels = address;
    memory->reserved = size;
    memory->width = 0;
    memory->height = 0;
    memory->stride = 0;
    return true;
}

/* Blackens everything behind the first `rows` rows, by giving the pages back where they are whole. */
static void discard_after(struct xspice_framebuffer_memory *memory, int rows) {
    char *start = (char *)memory->pixels;
    size_t page = (size_t)sysconf(_SC_PAGESIZE);
    size_t used = (size_t)memory->stride * (size_t)rows * sizeof(uint32_t);
    size_t first_free = (used + page - 1) / page * page;

    if (first_free >= memory->reserved) {
        memset(start + used, 0, memory->reserved - used);
        return;
    }
    memset(start + used, 0, first_free - used);
    madvise(start + first_free, memory->reserved - first_free, MADV_DONTNEED);
}

static void move_row(uint32_t *pixels, int y, int from_stride, int to_stride, int kept) {
    uint32_t *to = pixels + (size_t)y * (size_t)to_stride;

    memmove(to, pixels + (size_t)y * (size_t)from_stride, (size_t)kept * sizeof(uint32_t));
    memset(to + kept, 0, (size_t)(to_stride - kept) * sizeof(uint32_t));
}

void xspice_framebuffer_resize(struct xspice_framebuffer_memory *memory, int width, int height) {
    int from_stride = memory->stride, to_stride = stride_for(width);
    int kept_width = width < memory->width ? width : memory->width;
    int kept_height = height < memory->height ? height : memory->height;

    /* The row that moves must not land on one that has still to move. */
    if (to_stride > from_stride) {
        for (int y = kept_height - 1; y >= 0; y--)
            move_row(memory->pixels, y, from_stride, to_stride, kept_width);
    } else {
        for (int y = 0; y < kept_height; y++)
            move_row(memory->pixels, y, from_stride, to_stride, kept_width);
    }
    memory->width = width;
    memory->height = height;
    memory->stride = to_stride;
    discard_after(memory, kept_height);
}

void xspice_framebuffer_release(struct xspice_framebuffer_memory *memory) {
    if (memory->pixels)
        munmap(memory->pixels, memory->reserved);
    memory->pixels = NULL;
}
