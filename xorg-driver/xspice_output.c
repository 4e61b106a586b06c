#include "xspice_output.h"

#include <stdio.h>
#include <stdlib.h>

#include <randrstr.h>
#include <xf86DDC.h>
#include <xf86Modes.h>

#include "edid.h"

struct xspice_output {
    struct xspice_screen *xs;
    int width, height;       /* preferred, pixels */
    uint8_t edid[EDID_SIZE]; /* the server keeps a pointer to it */
};

/* What users and desktops pick from; --newmode adds any other. */
static const struct {
    short width, height;
} standard_modes[] = {
    {7680, 4320}, {5120, 2880}, {3840, 2160}, {3440, 1440}, {2880, 1800}, {2560, 1600}, {2560, 1440},
    {2560, 1080}, {2048, 1536}, {1920, 1200}, {1920, 1080}, {1680, 1050}, {1600, 1200}, {1600, 900},
    {1440, 900},  {1400, 1050}, {1366, 768},  {1360, 768},  {1280, 1024}, {1280, 960},  {1280, 800},
    {1280, 720},  {1152, 864},  {1024, 768},  {1024, 600},  {960, 540},   {800, 600},   {640, 480},
};

DisplayModePtr xspice_output_make_mode(int width, int height) {
    enum { MAX_CLOCK = 4000000 }; /* kHz; RandR tells Hz in 32 bits */
    DisplayModePtr mode = xf86CVTMode(width, height, 60.0f, FALSE, FALSE);

    /* CVT knows widths in multiples of 8 only. */
    mode->HDisplay = width;
    mode->VDisplay = height;
    if (mode->HSyncStart < width)
        mode->HSyncStart = width;
    if (mode->Clock > MAX_CLOCK)
        mode->Clock = MAX_CLOCK;
    mode->type = M_T_DRIVER;
    mode->VRefresh = (float)xf86ModeVRefresh(mode);
    xf86SetModeDefaultName(mode);
    xf86SetModeCrtc(mode, 0);
    return mode;
}

static void set_edid(xf86OutputPtr output) {
    struct xspice_output *private = output->driver_private;

    xf86OutputSetEDID(output, xf86InterpretEDID(output->scrn->scrnIndex, private->edid));
    xspice_output_update_size(output);
}

void xspice_output_update_size(xf86OutputPtr output) {
    struct xspice_output *private = output->driver_private;
    const struct xspice_options *options = &private->xs->options;
    int width = options->width, height = options->height;
    int dpi = output->scrn->xDpi > 0 ? output->scrn->xDpi : options->dpi;

    if (output->crtc && output->crtc->enabled && output->crtc->mode.HDisplay > 0) {
        width = output->crtc->mode.HDisplay;
        height = output->crtc->mode.VDisplay;
    }
    output->mm_width = edid_millimetres(width, dpi);
    output->mm_height = edid_millimetres(height, dpi);
    if (output->randr_output)
        RROutputSetPhysicalSize(output->randr_output, output->mm_width, output->mm_height);
}

bool xspice_output_prefer(xf86OutputPtr output, int width, int height) {
    struct xspice_output *private = output->driver_private;
    bool news = width != private->width || height != private->height;

    private->width = width;
    private->height = height;
    return news;
}

/* The EDID property can only be set now that RandR's side of the output exists. */
static void create_resources(xf86OutputPtr output) {
    set_edid(output);
}

static void dpms(xf86OutputPtr output, int mode) {
    (void)output; /* a screen that saves power for nobody would only be black for clients */
    (void)mode;
}

static int mode_valid(xf86OutputPtr output, DisplayModePtr mode) {
    struct xspice_output *private = output->driver_private;
    const struct xspice_options *options = &private->xs->options;

    if (mode->HDisplay > options->max_width)
        return MODE_VIRTUAL_X;
    if (mode->VDisplay > options->max_height)
        return MODE_VIRTUAL_Y;
    return MODE_OK;
}

static xf86OutputStatus detect(xf86OutputPtr output) {
    (void)output;
    return XF86OutputStatusConnected;
}

static DisplayModePtr add_mode(DisplayModePtr modes, const struct xspice_options *options, int width,
                               int height) {
    if (width > options->max_width || height > options->max_height)
        return modes;
    for (DisplayModePtr mode = modes; mode; mode = mode->next)
        if (mode->HDisplay == width && mode->VDisplay == height)
            return modes;
    return xf86ModesAdd(modes, xspice_output_make_mode(width, height));
}

static DisplayModePtr get_modes(xf86OutputPtr output) {
    struct xspice_output *private = output->driver_private;
    const struct xspice_options *options = &private->xs->options;
    DisplayModePtr modes = xspice_output_make_mode(private->width, private->height);

    modes->type |= M_T_PREFERRED;
    modes = add_mode(modes, options, options->width, options->height);
    for (size_t i = 0; i < sizeof(standard_modes) / sizeof(standard_modes[0]); i++)
        modes = add_mode(modes, options, standard_modes[i].width, standard_modes[i].height);
    if (output->MonInfo)
        xspice_output_update_size(output);
    else /* the server logs it each time */
        set_edid(output);
    return modes;
}

static void destroy(xf86OutputPtr output) {
    free(output->driver_private);
}

static const xf86OutputFuncsRec functions = {
    .create_resources = create_resources,
    .dpms = dpms,
    .mode_valid = mode_valid,
    .detect = detect,
    .get_modes = get_modes,
    .destroy = destroy,
};

xf86OutputPtr xspice_output_create(struct xspice_screen *xs, int index) {
    struct xspice_output *private = calloc(1, sizeof(*private));
    struct edid_monitor monitor = {.number = (unsigned)index + 1,
                                   .width = xs->options.width,
                                   .height = xs->options.height,
                                   .dpi = xs->scrn->xDpi};
    xf86OutputPtr output;
    char name[24];

    if (!private)
        return NULL;
    snprintf(name, sizeof(name), "Virtual-%d", index + 1);
    output = xf86OutputCreate(xs->scrn, &functions, name);
    if (!output) {
        free(private);
        return NULL;
    }
    private->xs = xs;
    private->width = xs->options.width;
    private->height = xs->options.height;
    edid_make(private->edid, &monitor);
    output->driver_private = private;
    /* Monitor sections of the host's configuration are not about our outputs. */
    xf86OutputUseScreenMonitor(output, FALSE);
    output->possible_crtcs = 1u << index;
    output->possible_clones = 0;
    output->interlaceAllowed = FALSE;
    output->doubleScanAllowed = FALSE;
    return output;
}
