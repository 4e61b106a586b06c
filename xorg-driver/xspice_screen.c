#include "xspice_screen.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include <fb.h>
#include <fbpict.h>
#include <globals.h>
#include <micmap.h>
#include <mipointer.h>
#include <xf86Crtc.h>
#include <xf86cmap.h>

#include "xspice_crtc.h"
#include "xspice_cursor.h"
#include "xspice_damage.h"
#include "xspice_input.h"
#include "xspice_ops.h"
#include "xspice_wakeup.h"

static struct xspice_screen *the_screen; /* for the one caller that knows no ScreenPtr */

struct xspice_screen *xspice_screen_of_scrn(ScrnInfoPtr scrn) {
    return scrn->driverPrivate;
}

struct xspice_screen *xspice_screen_of(ScreenPtr screen) {
    return xspice_screen_of_scrn(xf86ScreenToScrn(screen));
}

void xspice_screen_lock_keys_changed(uint8_t locks) {
    if (the_screen && the_screen->core)
        xspice_core_set_lock_keys(the_screen->core, locks);
}

/* --- PreInit ------------------------------------------------------------------------------------------- */

static Bool pre_init_depth(ScrnInfoPtr scrn) {
    rgb default_weight = {0, 0, 0};
    Gamma default_gamma = {0.0, 0.0, 0.0};

    if (!xf86SetDepthBpp(scrn, 24, 0, 32, Support32bppFb))
        return FALSE;
    if (scrn->depth != 24) {
        xf86DrvMsg(scrn->scrnIndex, X_ERROR, "Depth %d: only 24 is supported; set DefaultDepth 24\n",
                   scrn->depth);
        return FALSE;
    }
    xf86PrintDepthBpp(scrn);
    scrn->rgbBits = 8;
    return xf86SetWeight(scrn, default_weight, default_weight) && xf86SetDefaultVisual(scrn, TrueColor) &&
           xf86SetGamma(scrn, default_gamma);
}

static Bool pre_init(ScrnInfoPtr scrn, int flags) {
    struct xspice_screen *xs;

    if (flags & PROBE_DETECT)
        return FALSE;
    scrn->monitor = scrn->confScreen->monitor;
    if (!pre_init_depth(scrn))
        return FALSE;
    xs = calloc(1, sizeof(*xs));
    if (!xs)
        return FALSE;
    scrn->driverPrivate = xs;
    xs->scrn = scrn;
    if (!xspice_options_read(scrn, &xs->options))
        return FALSE;
    xf86SetDpi(scrn, xs->options.dpi, xs->options.dpi);
    if (!xspice_crtc_pre_init(xs))
        return FALSE;
    xf86PrintModes(scrn);
    the_screen = xs;
    return TRUE;
}

static void free_screen(ScrnInfoPtr scrn) {
    struct xspice_screen *xs = xspice_screen_of_scrn(scrn);

    if (!xs)
        return;
    the_screen = NULL;
    xspice_framebuffer_release(&xs->framebuffer);
    free(xs);
    scrn->driverPrivate = NULL;
}

/* --- Wrapped functions --------------------------------------------------------------------------------- */

static Bool create_screen_resources(ScreenPtr screen) {
    struct xspice_screen *xs = xspice_screen_of(screen);
    Bool made;

    screen->CreateScreenResources = xs->saved_create_screen_resources;
    made = screen->CreateScreenResources(screen);
    screen->CreateScreenResources = create_screen_resources;
    return made && xspice_damage_init(xs);
}

/* End of a dispatch: what was drawn goes to the core. Others still paint in their block handlers, so they
 * come first. */
static void block_handler(ScreenPtr screen, void *timeout) {
    struct xspice_screen *xs = xspice_screen_of(screen);
    struct xspice_framebuffer view = {xs->framebuffer.pixels, (size_t)xs->framebuffer.stride,
                                      xs->framebuffer.width, xs->framebuffer.height};

    screen->BlockHandler = xs->saved_block_handler;
    screen->BlockHandler(screen, timeout);
    xs->saved_block_handler = screen->BlockHandler;
    screen->BlockHandler = block_handler;

    xspice_damage_flush(xs);
    xspice_crtc_publish(xs);
    xspice_core_commit(xs->core, &view);
}

static Bool close_screen(ScreenPtr screen) {
    struct xspice_screen *xs = xspice_screen_of(screen);
    Bool closed;

    xspice_wakeup_fini(xs);
    xspice_damage_fini(xs);
    xspice_ops_fini(xs, screen);
    screen->BlockHandler = xs->saved_block_handler;
    screen->CloseScreen = xs->saved_close_screen;
    closed = screen->CloseScreen(screen);
    xspice_cursor_fini(xs);
    if (dispatchException & DE_TERMINATE) {
        xspice_core_destroy(xs->core);
        xs->core = NULL;
    } else {
        xspice_core_set_handlers(xs->core, NULL, NULL);
    }
    xs->scrn->vtSema = FALSE;
    return closed;
}

static Bool save_screen(ScreenPtr screen, int mode) {
    (void)screen; /* blanking would only take the picture from clients */
    (void)mode;
    return TRUE;
}

static void set_dpms(ScrnInfoPtr scrn, int mode, int flags) {
    (void)scrn;
    (void)mode;
    (void)flags;
}

/* --- ScreenInit ---------------------------------------------------------------------------------------- */

/* Once per server process; the core and its connections outlive a server reset. */
static Bool start_core(struct xspice_screen *xs) {
    const struct xspice_options *options = &xs->options;
    char error[512];

    if (xs->core)
        return TRUE;
    if (!xspice_framebuffer_reserve(&xs->framebuffer, options->max_width, options->max_height)) {
        xf86DrvMsg(xs->scrn->scrnIndex, X_ERROR,
                   "No memory for a screen of %dx%d (%s); lower Option \"MaxSize\"\n", options->max_width,
                   options->max_height, strerror(errno));
        return FALSE;
    }
    xs->core = xspice_core_create(&options->core, error, sizeof(error));
    if (!xs->core)
        xf86DrvMsg(xs->scrn->scrnIndex, X_ERROR, "%s\n", error);
    return xs->core != NULL;
}

static void fix_visuals(ScreenPtr screen) {
    const ScrnInfoRec *scrn = xf86ScreenToScrn(screen);

    for (VisualPtr visual = screen->visuals; visual < screen->visuals + screen->numVisuals; visual++) {
        if (visual->class != TrueColor)
            continue;
        visual->offsetRed = scrn->offset.red;
        visual->offsetGreen = scrn->offset.green;
        visual->offsetBlue = scrn->offset.blue;
        visual->redMask = scrn->mask.red;
        visual->greenMask = scrn->mask.green;
        visual->blueMask = scrn->mask.blue;
    }
}

static Bool init_drawing(struct xspice_screen *xs, ScreenPtr screen) {
    ScrnInfoPtr scrn = xs->scrn;
    struct xspice_framebuffer_memory *memory = &xs->framebuffer;

    xspice_framebuffer_resize(memory, scrn->virtualX, scrn->virtualY);
    scrn->displayWidth = memory->stride;
    miClearVisualTypes();
    if (!miSetVisualTypes(24, TrueColorMask, scrn->rgbBits, TrueColor) || !miSetPixmapDepths() ||
        !fbScreenInit(screen, memory->pixels, memory->width, memory->height, scrn->xDpi, scrn->yDpi,
                      memory->stride, scrn->bitsPerPixel))
        return FALSE;
    fix_visuals(screen);
    if (!fbPictureInit(screen, NULL, 0))
        return FALSE;
    xspice_ops_init(xs, screen); /* directly above fb, below DAMAGE, which miDCInitialize() sets up */
    xf86SetBlackWhitePixels(screen);
    xf86SetBackingStore(screen);
    return miDCInitialize(screen, xf86GetPointerScreenFuncs()) && xspice_cursor_init(xs, screen) &&
           miCreateDefColormap(screen);
}

static Bool init_randr(struct xspice_screen *xs, ScreenPtr screen) {
    xs->published_head_count = -1;
    xs->saved_create_screen_resources = screen->CreateScreenResources;
    screen->CreateScreenResources = create_screen_resources;
    if (!xf86CrtcScreenInit(screen))
        return FALSE;
    xs->scrn->vtSema = TRUE;
    return xf86SetDesiredModes(xs->scrn);
}

static Bool screen_init(ScreenPtr screen, int argc, char **argv) {
    ScrnInfoPtr scrn = xf86ScreenToScrn(screen);
    struct xspice_screen *xs = xspice_screen_of_scrn(scrn);

    (void)argc;
    (void)argv;
    scrn->pScreen = screen;
    if (!start_core(xs) || !init_drawing(xs, screen) || !init_randr(xs, screen))
        return FALSE;
    screen->SaveScreen = save_screen;
    xf86DPMSInit(screen, set_dpms, 0);
    xspice_input_screen_init();
    xspice_core_set_surface(xs->core, xs->framebuffer.width, xs->framebuffer.height);

    xs->saved_close_screen = screen->CloseScreen;
    screen->CloseScreen = close_screen;
    xs->saved_block_handler = screen->BlockHandler;
    screen->BlockHandler = block_handler;
    if (!xspice_wakeup_init(xs))
        return FALSE;
    if (serverGeneration == 1)
        xf86ShowUnusedOptions(scrn->scrnIndex, scrn->options);
    return TRUE;
}

/* --- Virtual terminals --------------------------------------------------------------------------------- */

static Bool switch_mode(ScrnInfoPtr scrn, DisplayModePtr mode) {
    return xf86SetSingleMode(scrn, mode, RR_Rotate_0);
}

static void adjust_frame(ScrnInfoPtr scrn, int x, int y) {
    (void)scrn;
    (void)x;
    (void)y;
}

static Bool enter_vt(ScrnInfoPtr scrn) {
    (void)scrn;
    return TRUE;
}

/* No virtual terminal is ever left, so this is the server giving up: on a fatal error, and from its signal
 * handler, on whichever thread that runs. */
static void leave_vt(ScrnInfoPtr scrn) {
    struct xspice_screen *xs = xspice_screen_of_scrn(scrn);

    if (xs && xs->core)
        xspice_core_abandon(xs->core);
}

void xspice_screen_setup(ScrnInfoPtr scrn) {
    scrn->driverVersion = 1;
    scrn->driverName = "xspice";
    scrn->name = "xspice";
    scrn->PreInit = pre_init;
    scrn->ScreenInit = screen_init;
    scrn->SwitchMode = switch_mode;
    scrn->AdjustFrame = adjust_frame;
    scrn->EnterVT = enter_vt;
    scrn->LeaveVT = leave_vt;
    scrn->FreeScreen = free_screen;
}
