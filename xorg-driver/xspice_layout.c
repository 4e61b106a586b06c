#include "xspice_layout.h"

#include <stdio.h>
#include <string.h>

#include <randrstr.h>
#include <xf86Crtc.h>

#include "edid.h"
#include "xspice_output.h"

/* What one CRTC shows, and so the output of the same number. */
struct view {
    RRModePtr mode; /* NULL: off */
    int x, y;
};

struct layout {
    int width, height; /* of the screen */
    struct view views[XSPICE_MAX_HEADS];
};

/* --- What is wanted ------------------------------------------------------------------------------------ */

static bool refuse_head(const struct xspice_options *options, const struct xspice_head *head, char *refusal,
                        size_t size) {
    const struct xspice_box *area = &head->area;

    if (head->id >= (uint32_t)options->num_heads)
        snprintf(refusal, size, "there is no output %u: the display has %d, counted from 0", head->id,
                 options->num_heads);
    else if (area->x1 < 0 || area->y1 < 0)
        snprintf(refusal, size, "output %u would lie left of or above the screen", head->id);
    else if (area->x1 > options->max_width || area->x2 > options->max_width ||
             area->y1 > options->max_height || area->y2 > options->max_height)
        snprintf(refusal, size, "output %u would reach beyond the largest screen there can be, %dx%d",
                 head->id, options->max_width, options->max_height);
    else if (area->x2 < area->x1 + XSPICE_MIN_EDGE || area->y2 < area->y1 + XSPICE_MIN_EDGE)
        snprintf(refusal, size, "output %u would be smaller than %dx%d", head->id, XSPICE_MIN_EDGE,
                 XSPICE_MIN_EDGE);
    else
        return false;
    return true;
}

static bool refuse(const struct xspice_options *options, const struct xspice_head *wanted, size_t count,
                   char *refusal, size_t size) {
    bool seen[XSPICE_MAX_HEADS] = {false};

    for (size_t i = 0; i < count; i++) {
        if (refuse_head(options, &wanted[i], refusal, size))
            return true;
        if (seen[wanted[i].id]) {
            snprintf(refusal, size, "output %u is there twice", wanted[i].id);
            return true;
        }
        seen[wanted[i].id] = true;
    }
    if (count == 0)
        snprintf(refusal, size, "no output would be on");
    return count == 0;
}

static RRModePtr find_mode(RROutputPtr output, int width, int height) {
    for (int i = 0; i < output->numModes; i++)
        if (output->modes[i]->mode.width == width && output->modes[i]->mode.height == height)
            return output->modes[i];
    return NULL;
}

/* Makes each output offer the size that is wanted of it, before all others. */
static void offer_sizes(struct xspice_screen *xs, const struct xspice_head *wanted, size_t count) {
    xf86CrtcConfigPtr config = XF86_CRTC_CONFIG_PTR(xs->scrn);
    bool news = false;

    for (size_t i = 0; i < count; i++) {
        const struct xspice_box *area = &wanted[i].area;

        if (xspice_output_prefer(config->output[wanted[i].id], area->x2 - area->x1, area->y2 - area->y1))
            news = true;
    }
    if (news)
        RRGetInfo(xf86ScrnToScreen(xs->scrn), TRUE);
}

/* False: an output has no such mode, for want of memory. */
static bool find_layout(struct xspice_screen *xs, const struct xspice_head *wanted, size_t count,
                        struct layout *layout) {
    xf86CrtcConfigPtr config = XF86_CRTC_CONFIG_PTR(xs->scrn);

    memset(layout, 0, sizeof(*layout));
    for (size_t i = 0; i < count; i++) {
        const struct xspice_box *area = &wanted[i].area;
        struct view *view = &layout->views[wanted[i].id];

        *view = (struct view){.mode = find_mode(config->output[wanted[i].id]->randr_output,
                                                area->x2 - area->x1, area->y2 - area->y1),
                              .x = area->x1,
                              .y = area->y1};
        if (!view->mode)
            return false;
        layout->width = max(layout->width, area->x2);
        layout->height = max(layout->height, area->y2);
    }
    return true;
}

/* --- What there is ------------------------------------------------------------------------------------- */

static bool is_panning(const xf86CrtcRec *crtc) {
    return crtc->panningTotalArea.x2 > crtc->panningTotalArea.x1 ||
           crtc->panningTotalArea.y2 > crtc->panningTotalArea.y1;
}

static void current_layout(struct xspice_screen *xs, struct layout *layout) {
    xf86CrtcConfigPtr config = XF86_CRTC_CONFIG_PTR(xs->scrn);

    memset(layout, 0, sizeof(*layout));
    layout->width = xs->framebuffer.width;
    layout->height = xs->framebuffer.height;
    for (int i = 0; i < xs->options.num_heads; i++) {
        const RRCrtcRec *crtc = config->crtc[i]->randr_crtc;

        if (crtc->mode)
            layout->views[i] = (struct view){.mode = crtc->mode, .x = crtc->x, .y = crtc->y};
    }
}

/* Whether the outputs show just this, with nothing that users can add to it. */
static bool is_shown(struct xspice_screen *xs, const struct xspice_head *wanted, size_t count) {
    xf86CrtcConfigPtr config = XF86_CRTC_CONFIG_PTR(xs->scrn);
    int width = 0, height = 0, on = 0;

    for (int i = 0; i < xs->options.num_heads; i++)
        on += config->crtc[i]->enabled;
    for (size_t i = 0; i < count; i++) {
        const struct xspice_box *area = &wanted[i].area;
        const xf86CrtcRec *crtc = config->crtc[wanted[i].id];

        if (!crtc->enabled || is_panning(crtc) || crtc->x != area->x1 || crtc->y != area->y1 ||
            crtc->mode.HDisplay != area->x2 - area->x1 || crtc->mode.VDisplay != area->y2 - area->y1)
            return false;
        width = max(width, area->x2);
        height = max(height, area->y2);
    }
    return (size_t)on == count && width == xs->framebuffer.width && height == xs->framebuffer.height;
}

/* --- From one to the other ----------------------------------------------------------------------------- */

static bool fits(const struct layout *layout, int width, int height) {
    for (int i = 0; i < XSPICE_MAX_HEADS; i++) {
        const struct view *view = &layout->views[i];

        if (view->mode &&
            (view->x + view->mode->mode.width > width || view->y + view->mode->mode.height > height))
            return false;
    }
    return true;
}

static bool set_screen(struct xspice_screen *xs, int width, int height) {
    int dpi = xs->scrn->xDpi;

    if (width == xs->framebuffer.width && height == xs->framebuffer.height)
        return true;
    return RRScreenSizeSet(xf86ScrnToScreen(xs->scrn), (CARD16)width, (CARD16)height,
                           (CARD32)edid_millimetres(width, dpi), (CARD32)edid_millimetres(height, dpi));
}

static bool show(struct xspice_screen *xs, int number, const struct view *view) {
    xf86CrtcConfigPtr config = XF86_CRTC_CONFIG_PTR(xs->scrn);
    RRCrtcPtr crtc = config->crtc[number]->randr_crtc;
    RROutputPtr output = config->output[number]->randr_output;

    if (!view->mode)
        return RRCrtcSet(crtc, NULL, 0, 0, RR_Rotate_0, 0, NULL);
    return RRCrtcSet(crtc, view->mode, view->x, view->y, RR_Rotate_0, 1, &output);
}

/* Panning, and a scale that was asked for and refused, would be applied to the new mode, too. */
static void forget_additions(struct xspice_screen *xs, int number) {
    xf86CrtcPtr crtc = XF86_CRTC_CONFIG_PTR(xs->scrn)->crtc[number];
    ScreenPtr screen = xf86ScrnToScreen(xs->scrn);
    rrScrPrivPtr randr = rrGetScrPriv(screen);
    BoxRec nothing = {0, 0, 0, 0};

    if (is_panning(crtc))
        randr->rrSetPanning(screen, crtc->randr_crtc, &nothing, &nothing, NULL);
    if (RRCrtcGetTransform(crtc->randr_crtc)) {
        PictTransform transform;
        struct pict_f_transform there, back;

        pixman_transform_init_identity(&transform);
        pixman_f_transform_init_identity(&there);
        pixman_f_transform_init_identity(&back);
        RRCrtcTransformSet(crtc->randr_crtc, &transform, &there, &back, NULL, 0, NULL, 0);
    }
}

/* What is on must lie within the screen at every step, and nothing goes off in between: X clients are told
 * each step. So a screen that becomes wider and lower, say, has to be both for a moment. */
static bool change(struct xspice_screen *xs, const struct layout *from, const struct layout *to) {
    bool done = true;

    for (int i = 0; i < xs->options.num_heads; i++)
        forget_additions(xs, i);
    if (!fits(to, from->width, from->height))
        done = set_screen(xs, max(from->width, to->width), max(from->height, to->height));
    for (int i = 0; done && i < xs->options.num_heads; i++)
        done = show(xs, i, &to->views[i]);
    done = done && set_screen(xs, to->width, to->height);
    RRTellChanged(xf86ScrnToScreen(xs->scrn));
    return done;
}

bool xspice_layout_apply(struct xspice_screen *xs, const struct xspice_head *wanted, size_t count,
                         char *refusal, size_t size) {
    struct layout before, after;

    if (refuse(&xs->options, wanted, count, refusal, size))
        return false;
    if (is_shown(xs, wanted, count))
        return true;
    offer_sizes(xs, wanted, count);
    current_layout(xs, &before);
    if (find_layout(xs, wanted, count, &after) && change(xs, &before, &after))
        return true;
    snprintf(refusal, size, "the X server could not do it; perhaps it is short of memory");
    current_layout(xs, &after);
    change(xs, &after, &before);
    return false;
}
