#include "xspice_crtc.h"

#include <stdint.h>
#include <string.h>

#include <pixmapstr.h>
#include <randrstr.h>
#include <xf86Crtc.h>

#include "xspice_damage.h"
#include "xspice_output.h"

/* --- CRTC functions ------------------------------------------------------------------------------------ */

static void crtc_dpms(xf86CrtcPtr crtc, int mode) {
    (void)crtc;
    (void)mode;
}

/* Any size anywhere; the server has already written the new mode and place into crtc. */
static Bool crtc_set_mode_major(xf86CrtcPtr crtc, DisplayModePtr mode, Rotation rotation, int x, int y) {
    xf86CrtcConfigPtr config = XF86_CRTC_CONFIG_PTR(crtc->scrn);

    (void)mode;
    (void)x;
    (void)y;
    if (rotation != RR_Rotate_0 ||
        (crtc->transformPresent && !pixman_transform_is_identity(&crtc->transform.transform)))
        return FALSE;
    for (int i = 0; i < config->num_output; i++)
        if (config->output[i]->crtc == crtc)
            xspice_output_update_size(config->output[i]);
    return TRUE;
}

static const xf86CrtcFuncsRec crtc_functions = {
    .dpms = crtc_dpms,
    .set_mode_major = crtc_set_mode_major,
};

/* --- Screen size --------------------------------------------------------------------------------------- */

static Bool resize(ScrnInfoPtr scrn, int width, int height) {
    struct xspice_screen *xs = xspice_screen_of_scrn(scrn);
    ScreenPtr screen = xf86ScrnToScreen(scrn);
    struct xspice_framebuffer_memory *memory = &xs->framebuffer;
    PixmapPtr pixmap = screen->GetScreenPixmap(screen);

    if (width > xs->options.max_width || height > xs->options.max_height)
        return FALSE;
    if (width == memory->width && height == memory->height)
        return TRUE;
    xspice_framebuffer_resize(memory, width, height);
    scrn->virtualX = width;
    scrn->virtualY = height;
    scrn->displayWidth = memory->stride;
    if (!screen->ModifyPixmapHeader(pixmap, width, height, -1, -1, memory->stride * (int)sizeof(uint32_t),
                                    memory->pixels))
        return FALSE;
    xspice_damage_discard(xs);
    xspice_core_set_surface(xs->core, width, height);
    return TRUE;
}

static const xf86CrtcConfigFuncsRec config_functions = {.resize = resize};

/* --- Start --------------------------------------------------------------------------------------------- */

/* All heads on, from left to right and then in the next row where MaxSize ends. xspice_options_read() has
 * made sure that they fit. */
static void lay_out(struct xspice_screen *xs) {
    const struct xspice_options *options = &xs->options;
    xf86CrtcConfigPtr config = XF86_CRTC_CONFIG_PTR(xs->scrn);
    int columns = options->max_width / options->width;
    int rows;

    columns = columns < options->num_heads ? columns : options->num_heads;
    rows = (options->num_heads + columns - 1) / columns;
    for (int i = 0; i < options->num_heads; i++) {
        DisplayModePtr mode = xspice_output_make_mode(options->width, options->height);
        xf86CrtcPtr crtc = config->crtc[i];

        config->output[i]->crtc = crtc;
        crtc->enabled = TRUE;
        xf86SaveModeContents(&crtc->desiredMode, mode);
        xf86DeleteMode(&mode, mode);
        crtc->desiredX = i % columns * options->width;
        crtc->desiredY = i / columns * options->height;
        crtc->desiredRotation = RR_Rotate_0;
        crtc->desiredTransformPresent = FALSE;
    }
    xs->scrn->virtualX = columns * options->width;
    xs->scrn->virtualY = rows * options->height;
}

Bool xspice_crtc_pre_init(struct xspice_screen *xs) {
    ScrnInfoPtr scrn = xs->scrn;

    xf86CrtcConfigInit(scrn, &config_functions);
    xf86CrtcSetSizeRange(scrn, XSPICE_MIN_EDGE, XSPICE_MIN_EDGE, xs->options.max_width,
                         xs->options.max_height);
    for (int i = 0; i < xs->options.num_heads; i++)
        if (!xf86CrtcCreate(scrn, &crtc_functions) || !xspice_output_create(xs, i))
            return FALSE;
    if (!xf86InitialConfiguration(scrn, TRUE)) {
        xf86DrvMsg(scrn->scrnIndex, X_ERROR, "No initial configuration of the outputs\n");
        return FALSE;
    }
    lay_out(xs);
    scrn->currentMode = scrn->modes;
    return TRUE;
}

/* --- Heads --------------------------------------------------------------------------------------------- */

/* What a client should show of this head. With panning that is the whole area: its viewport moves with the
 * pointer, and telling each step would make clients resize all the time. */
static struct xspice_box head_area(const xf86CrtcRec *crtc) {
    if (crtc->panningTotalArea.x2 > crtc->panningTotalArea.x1 &&
        crtc->panningTotalArea.y2 > crtc->panningTotalArea.y1)
        return (struct xspice_box){crtc->panningTotalArea.x1, crtc->panningTotalArea.y1,
                                   crtc->panningTotalArea.x2, crtc->panningTotalArea.y2};
    return (struct xspice_box){crtc->x, crtc->y, crtc->x + crtc->mode.HDisplay,
                               crtc->y + crtc->mode.VDisplay};
}

void xspice_crtc_publish(struct xspice_screen *xs) {
    xf86CrtcConfigPtr config = XF86_CRTC_CONFIG_PTR(xs->scrn);
    struct xspice_head heads[XSPICE_MAX_HEADS];
    int count = 0;

    memset(heads, 0, sizeof(heads));
    for (int i = 0; i < config->num_crtc && i < XSPICE_MAX_HEADS; i++) {
        struct xspice_box area;

        if (!config->crtc[i]->enabled)
            continue;
        area = head_area(config->crtc[i]);
        area.x1 = max(area.x1, 0);
        area.y1 = max(area.y1, 0);
        area.x2 = min(area.x2, xs->framebuffer.width);
        area.y2 = min(area.y2, xs->framebuffer.height);
        if (area.x1 < area.x2 && area.y1 < area.y2)
            heads[count++] = (struct xspice_head){.id = (uint32_t)i, .area = area};
    }
    if (count == xs->published_head_count && memcmp(heads, xs->published_heads, sizeof(heads)) == 0)
        return;
    memcpy(xs->published_heads, heads, sizeof(heads));
    xs->published_head_count = count;
    xspice_core_set_monitors(xs->core, heads, (size_t)count, (unsigned)xs->options.num_heads);
}
