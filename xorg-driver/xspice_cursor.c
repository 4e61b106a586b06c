#include "xspice_cursor.h"

#include <stdlib.h>
#include <string.h>

#include <cursorstr.h>
#include <mipointer.h>
#include <pixman.h>
#include <servermd.h>

enum { MAX_EDGE = 256 };

struct image {
    uint32_t *argb; /* premultiplied, rows without padding */
    int width, height;
    int hot_x, hot_y;
};

/* --- Pixels -------------------------------------------------------------------------------------------- */

static bool bit_at(const unsigned char *row, int x) {
#if BITMAP_BIT_ORDER == LSBFirst
    return row[x / 8] >> (x % 8) & 1;
#else
    return row[x / 8] >> (7 - x % 8) & 1;
#endif
}

static uint32_t opaque(unsigned red, unsigned green, unsigned blue) {
    return 0xff000000 | (red & 0xff00) << 8 | (green & 0xff00) | blue >> 8;
}

/* A core cursor: the mask says where it is, the source which of the two colours. */
static void expand_bitmap(const CursorRec *cursor, uint32_t *argb) {
    const CursorBits *bits = cursor->bits;
    const unsigned char *source = bits->source, *mask = bits->mask;
    uint32_t foreground = opaque(cursor->foreRed, cursor->foreGreen, cursor->foreBlue);
    uint32_t background = opaque(cursor->backRed, cursor->backGreen, cursor->backBlue);
    int stride = BitmapBytePad(bits->width);

    for (int y = 0; y < bits->height; y++, source += stride, mask += stride)
        for (int x = 0; x < bits->width; x++)
            *argb++ = !bit_at(mask, x) ? 0 : bit_at(source, x) ? foreground : background;
}

/* Replaces the image by one that fits into MAX_EDGE x MAX_EDGE, with the same proportions. */
static bool shrink(struct image *image) {
    int longest = image->width > image->height ? image->width : image->height;
    int width = image->width * MAX_EDGE / longest, height = image->height * MAX_EDGE / longest;
    pixman_image_t *from, *to;
    pixman_transform_t scale;
    uint32_t *smaller;

    width = width > 0 ? width : 1;
    height = height > 0 ? height : 1;
    smaller = calloc((size_t)width * (size_t)height, sizeof(*smaller));
    if (!smaller)
        return false;
    from =
        pixman_image_create_bits(PIXMAN_a8r8g8b8, image->width, image->height, image->argb, image->width * 4);
    to = pixman_image_create_bits(PIXMAN_a8r8g8b8, width, height, smaller, width * 4);
    if (from && to) {
        pixman_transform_init_scale(&scale, pixman_int_to_fixed(image->width) / width,
                                    pixman_int_to_fixed(image->height) / height);
        pixman_image_set_transform(from, &scale);
        pixman_image_set_filter(from, PIXMAN_FILTER_BILINEAR, NULL, 0);
        pixman_image_composite32(PIXMAN_OP_SRC, from, NULL, to, 0, 0, 0, 0, 0, 0, width, height);
    }
    if (from)
        pixman_image_unref(from);
    if (to)
        pixman_image_unref(to);
    free(image->argb);
    *image = (struct image){smaller, width, height, image->hot_x * width / image->width,
                            image->hot_y * height / image->height};
    return true;
}

/* False without memory; otherwise image->argb is the caller's to free. */
static bool render(const CursorRec *cursor, struct image *image) {
    const CursorBits *bits = cursor->bits;
    size_t count = (size_t)bits->width * (size_t)bits->height;

    *image = (struct image){NULL, bits->width, bits->height, bits->xhot, bits->yhot};
    image->argb = malloc(count * sizeof(*image->argb));
    if (!image->argb)
        return false;
    if (bits->argb)
        memcpy(image->argb, bits->argb, count * sizeof(*image->argb));
    else
        expand_bitmap(cursor, image->argb);
    if ((image->width > MAX_EDGE || image->height > MAX_EDGE) && !shrink(image)) {
        free(image->argb);
        return false;
    }
    /* RENDER allows a hot spot one pixel outside, the core does not. */
    image->hot_x = image->hot_x < image->width ? image->hot_x : image->width - 1;
    image->hot_y = image->hot_y < image->height ? image->hot_y : image->height - 1;
    return true;
}

/* --- Telling the core ---------------------------------------------------------------------------------- */

static void hide(struct xspice_screen *xs) {
    xs->cursor_shown = false;
    xspice_core_set_cursor(xs->core, NULL, 0, 0, 0, 0, xs->cursor_x, xs->cursor_y);
}

static void show(struct xspice_screen *xs) {
    CursorPtr cursor = xf86CurrentCursor(xf86ScrnToScreen(xs->scrn));
    struct image image;

    if (!cursor || !cursor->bits->width || !cursor->bits->height || !render(cursor, &image)) {
        hide(xs);
        return;
    }
    xs->cursor_shown = true;
    xspice_core_set_cursor(xs->core, image.argb, image.width, image.height, image.hot_x, image.hot_y,
                           xs->cursor_x, xs->cursor_y);
    free(image.argb);
}

/* --- xf86CursorInfoRec --------------------------------------------------------------------------------- */
/* To show a cursor the server calls Load, SetCursorColors (bitmaps only), SetCursorPosition, ShowCursor; all
 * pixels are told with the last of them. */

static Bool load_bitmap(ScrnInfoPtr scrn, unsigned char *bits) {
    (void)bits;
    xspice_screen_of_scrn(scrn)->cursor_shown = false;
    return TRUE;
}

static Bool load_argb(ScrnInfoPtr scrn, CursorPtr cursor) {
    (void)cursor;
    xspice_screen_of_scrn(scrn)->cursor_shown = false;
    return TRUE;
}

/* Also called alone, when a client recolours the cursor that is shown. */
static void set_colors(ScrnInfoPtr scrn, int background, int foreground) {
    struct xspice_screen *xs = xspice_screen_of_scrn(scrn);

    (void)background;
    (void)foreground;
    if (xs->cursor_shown)
        show(xs);
}

/* x, y: upper left corner of the unscaled image, relative to the viewport. */
static void set_position(ScrnInfoPtr scrn, int x, int y) {
    struct xspice_screen *xs = xspice_screen_of_scrn(scrn);
    CursorPtr cursor = xf86CurrentCursor(xf86ScrnToScreen(scrn));

    xs->cursor_x = x + scrn->frameX0 + (cursor ? cursor->bits->xhot : 0);
    xs->cursor_y = y + scrn->frameY0 + (cursor ? cursor->bits->yhot : 0);
    xspice_core_set_cursor_position(xs->core, xs->cursor_x, xs->cursor_y);
}

static Bool show_cursor(ScrnInfoPtr scrn) {
    show(xspice_screen_of_scrn(scrn));
    return TRUE;
}

static void hide_cursor(ScrnInfoPtr scrn) {
    hide(xspice_screen_of_scrn(scrn));
}

/* The server keeps what this returns with the cursor and frees it; show() reads the cursor itself. */
static unsigned char *realize_bitmap(xf86CursorInfoPtr info, CursorPtr cursor) {
    (void)info;
    (void)cursor;
    return malloc(1);
}

static Bool use_always(ScreenPtr screen, CursorPtr cursor) {
    (void)screen;
    (void)cursor;
    return TRUE;
}

Bool xspice_cursor_init(struct xspice_screen *xs, ScreenPtr screen) {
    xf86CursorInfoPtr info = xf86CreateCursorInfoRec();

    if (!info)
        return FALSE;
    xs->cursor_info = info;
    xs->cursor_shown = false;
    /* No silken mouse: positions are then told on the X thread only, once per batch of input. */
    info->Flags = HARDWARE_CURSOR_ARGB | HARDWARE_CURSOR_UPDATE_UNHIDDEN;
    info->MaxWidth = MAXSHORT; /* larger than any: a cursor that does not fit would be drawn on the screen */
    info->MaxHeight = MAXSHORT;
    info->RealizeCursor = realize_bitmap;
    info->UseHWCursor = use_always;
    info->UseHWCursorARGB = use_always;
    info->LoadCursorImageCheck = load_bitmap;
    info->LoadCursorARGBCheck = load_argb;
    info->SetCursorColors = set_colors;
    info->SetCursorPosition = set_position;
    info->ShowCursorCheck = show_cursor;
    info->HideCursor = hide_cursor;
    return xf86InitCursor(screen, info);
}

void xspice_cursor_fini(struct xspice_screen *xs) {
    xf86DestroyCursorInfoRec(xs->cursor_info);
    xs->cursor_info = NULL;
}
