#include "xspice_ops.h"

#include <fb.h>
#include <mi.h>
#include <pixmapstr.h>
#include <regionstr.h>
#include <windowstr.h>

#include "xspice_boxes.h"
#include "xspice_damage.h"

static GCOps ops; /* fb's table with CopyArea replaced */

static bool shows_on_screen(DrawablePtr drawable) {
    ScreenPtr screen = drawable->pScreen;

    return drawable->type == DRAWABLE_WINDOW &&
           screen->GetWindowPixmap((WindowPtr)drawable) == screen->GetScreenPixmap(screen);
}

/* A copy that is not told is damage, as any other operation is. */
static bool tells_copies(const struct xspice_screen *xs) {
    return xs->damage_registered && xspice_core_wants_copies(xs->core);
}

/* --- Telling of one copy, around the operation that does it ----------------------------------------------
 */

/* Between begin and end the base operation runs. DAMAGE, above us, has already put this operation's
 * destination into its pending region, and adds that to DamageRegion() when we return. An operation inside
 * the base operation (a window background painted where the source was hidden, a software cursor taken away
 * before) would report that pending region early, so it is kept aside meanwhile. */
struct copy_hint {
    RegionRec copied; /* what fb copies, in screen coordinates of the destination */
    RegionRec pending;
    int dx, dy; /* from source to destination */
};

static void hint_begin(struct xspice_screen *xs, struct copy_hint *hint) {
    RegionPtr pending = DamagePendingRegion(xs->damage);

    xspice_damage_flush(xs); /* everything before this copy */
    RegionNull(&hint->pending);
    RegionCopy(&hint->pending, pending);
    RegionEmpty(pending);
}

static void hint_end(struct xspice_screen *xs, struct copy_hint *hint) {
    RegionPtr inner = DamageRegion(xs->damage); /* damage by operations inside the base operation */
    struct xspice_boxes boxes;

    /* Where such an operation may have changed the source first, nobody knows what the copy brought. */
    if (RegionNotEmpty(inner)) {
        RegionTranslate(inner, hint->dx, hint->dy);
        RegionSubtract(&hint->copied, &hint->copied, inner);
        RegionTranslate(inner, -hint->dx, -hint->dy);
    }
    if (RegionNotEmpty(&hint->copied)) {
        if (xspice_boxes_init(&boxes, &hint->copied)) {
            xspice_core_add_copy(xs->core, boxes.all, boxes.count, hint->dx, hint->dy);
            RegionSubtract(&hint->pending, &hint->pending, &hint->copied);
        }
        xspice_boxes_fini(&boxes);
    }
    RegionUnion(DamagePendingRegion(xs->damage), DamagePendingRegion(xs->damage), &hint->pending);
    RegionUninit(&hint->pending);
    RegionUninit(&hint->copied);
}

/* Keeps of `copied` what lies on the screen with its source. */
static void clip_to_screen(ScreenPtr screen, struct copy_hint *hint) {
    BoxRec bounds = {0, 0, screen->width, screen->height};
    RegionRec area;

    RegionInit(&area, &bounds, 1);
    RegionIntersect(&hint->copied, &hint->copied, &area);
    RegionTranslate(&area, hint->dx, hint->dy);
    RegionIntersect(&hint->copied, &hint->copied, &area);
    RegionUninit(&area);
}

/* --- CopyArea ------------------------------------------------------------------------------------------ */

/* The region that miDoCopy() copies for these arguments, both drawables being windows on the screen. */
static void copy_area_region(struct copy_hint *hint, DrawablePtr source, DrawablePtr destination, GCPtr gc,
                             BoxRec box) {
    RegionInit(&hint->copied, &box, 1);
    RegionIntersect(&hint->copied, &hint->copied, &((WindowPtr)source)->clipList);
    RegionTranslate(&hint->copied, hint->dx, hint->dy);
    RegionIntersect(&hint->copied, &hint->copied, gc->pCompositeClip);
    clip_to_screen(destination->pScreen, hint);
}

/* Source pixels arrive unchanged, and the clip is the one that copy_area_region() works with. */
static bool copies_plainly(GCPtr gc) {
    unsigned long colours = 0x00ffffff;

    return gc->alu == GXcopy && (gc->planemask & colours) == colours && gc->subWindowMode == ClipByChildren;
}

static bool fits_a_box(int x, int y, int width, int height) {
    return width > 0 && height > 0 && x >= MINSHORT && y >= MINSHORT && x + width <= MAXSHORT &&
           y + height <= MAXSHORT;
}

static RegionPtr copy_area(DrawablePtr source, DrawablePtr destination, GCPtr gc, int source_x, int source_y,
                           int width, int height, int x, int y) {
    struct xspice_screen *xs = xspice_screen_of(destination->pScreen);
    int left = source->x + source_x, top = source->y + source_y;
    struct copy_hint hint;
    RegionPtr exposed;

    if (!tells_copies(xs) || !shows_on_screen(source) || !shows_on_screen(destination) ||
        !copies_plainly(gc) || !fits_a_box(left, top, width, height) || !((WindowPtr)destination)->realized)
        return fbCopyArea(source, destination, gc, source_x, source_y, width, height, x, y);

    hint.dx = destination->x + x - left;
    hint.dy = destination->y + y - top;
    copy_area_region(&hint, source, destination, gc,
                     (BoxRec){(short)left, (short)top, (short)(left + width), (short)(top + height)});
    hint_begin(xs, &hint);
    exposed = fbCopyArea(source, destination, gc, source_x, source_y, width, height, x, y);
    hint_end(xs, &hint);
    return exposed;
}

/* --- CopyWindow ---------------------------------------------------------------------------------------- */

/* `source_region` is in screen coordinates of before the move; fb translates it in place. */
static void copy_window(WindowPtr window, DDXPointRec old_origin, RegionPtr source_region) {
    ScreenPtr screen = window->drawable.pScreen;
    struct xspice_screen *xs = xspice_screen_of(screen);
    bool hinted = tells_copies(xs) && shows_on_screen(&window->drawable);
    struct copy_hint hint;

    if (hinted) {
        hint.dx = window->drawable.x - old_origin.x;
        hint.dy = window->drawable.y - old_origin.y;
        RegionNull(&hint.copied);
        RegionCopy(&hint.copied, source_region);
        RegionTranslate(&hint.copied, hint.dx, hint.dy);
        RegionIntersect(&hint.copied, &hint.copied, &window->borderClip);
        clip_to_screen(screen, &hint);
        hint_begin(xs, &hint);
    }
    screen->CopyWindow = xs->saved_copy_window;
    screen->CopyWindow(window, old_origin, source_region);
    xs->saved_copy_window = screen->CopyWindow;
    screen->CopyWindow = copy_window;
    if (hinted)
        hint_end(xs, &hint);
}

/* --- Wrapping ------------------------------------------------------------------------------------------ */

static Bool create_gc(GCPtr gc) {
    ScreenPtr screen = gc->pScreen;
    struct xspice_screen *xs = xspice_screen_of(screen);
    Bool made;

    screen->CreateGC = xs->saved_create_gc;
    made = screen->CreateGC(gc);
    xs->saved_create_gc = screen->CreateGC;
    screen->CreateGC = create_gc;
    if (made) {
        /* fb gives every GC the same table and leaves it there, so replacing it once is enough; what stands
         * above us wraps ours. */
        ops = *gc->ops;
        ops.CopyArea = copy_area;
        gc->ops = &ops;
    }
    return made;
}

void xspice_ops_init(struct xspice_screen *xs, ScreenPtr screen) {
    xs->saved_create_gc = screen->CreateGC;
    screen->CreateGC = create_gc;
    xs->saved_copy_window = screen->CopyWindow;
    screen->CopyWindow = copy_window;
}

void xspice_ops_fini(struct xspice_screen *xs, ScreenPtr screen) {
    screen->CreateGC = xs->saved_create_gc;
    screen->CopyWindow = xs->saved_copy_window;
}
