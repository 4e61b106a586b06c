/* A DRI driver for the X server's GLX that draws nothing: it has the configurations that programs choose
 * from.
 *
 * Who draws with OpenGL on a display like this one does it in his own process, with Mesa there, and puts the
 * result into his window. The X server only says what windows there can be. Mesa's driver would tell it the
 * same, and take 55 MB and half of the server's start for it, nearly all of them for LLVM. (Mesa has come to
 * the same end: from version 24.1 on its own driver for X servers is of this kind.)
 *
 * With +iglx the X server itself draws for programs, and gets Mesa's driver: see
 * launcher/xspice_launcher/xorg.py. The interface is GL/internal/dri_interface.h; what calls it is libglx.so,
 * on the X thread. */
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

#include <GL/internal/dri_interface.h>

enum { ACCUM_BITS = 16, SAMPLES = 4, GLX_NONE_TOKEN = 0x8000 };

struct colours {
    uint8_t bits[4]; /* of red, green, blue, alpha */
    uint8_t shifts[4];
    bool srgb;
};

struct depths {
    uint8_t depth, stencil;
};

struct buffers {
    bool two;
    uint16_t swap_method;
};

/* What Mesa's software renderer has (llvmpipe of Mesa 22.3), in its order: programs take the first that
 * suits. */
static const struct colours all_colours[] = {
    {{10, 10, 10, 2}, {20, 10, 0, 30}, false}, {{10, 10, 10, 0}, {20, 10, 0, 0}, false},
    {{10, 10, 10, 2}, {0, 10, 20, 30}, false}, {{10, 10, 10, 0}, {0, 10, 20, 0}, false},
    {{8, 8, 8, 8}, {16, 8, 0, 24}, false},     {{8, 8, 8, 0}, {16, 8, 0, 0}, false},
    {{8, 8, 8, 8}, {16, 8, 0, 24}, true},      {{8, 8, 8, 0}, {16, 8, 0, 0}, true},
    {{5, 6, 5, 0}, {11, 5, 0, 0}, false},
};
static const struct depths all_depths[] = {{0, 0}, {16, 0}, {24, 0}, {24, 8}, {32, 0}};
static const struct buffers all_buffers[] = {{false, __DRI_ATTRIB_SWAP_UNDEFINED},
                                             {true, __DRI_ATTRIB_SWAP_UNDEFINED},
                                             {true, __DRI_ATTRIB_SWAP_COPY}};

enum {
    COLOURS = sizeof(all_colours) / sizeof(all_colours[0]),
    DEPTHS = sizeof(all_depths) / sizeof(all_depths[0]),
    BUFFERS = sizeof(all_buffers) / sizeof(all_buffers[0]),
    CONFIGS = COLOURS * DEPTHS * BUFFERS * 3, /* plain, with an accumulation buffer, with several samples */
};

struct __DRIconfigRec {
    struct colours colours;
    struct depths depths;
    struct buffers buffers;
    bool accum;
    bool samples;
};

/* Of red, green, blue, alpha. */
static unsigned mask_of(const struct colours *colours, unsigned channel) {
    return ((1u << colours->bits[channel]) - 1) << colours->shifts[channel];
}

static unsigned shift_of(const struct colours *colours, unsigned channel) {
    return colours->bits[channel] > 0 ? colours->shifts[channel] : UINT32_MAX;
}

static unsigned sum_of_bits(const struct colours *colours) {
    return colours->bits[0] + colours->bits[1] + colours->bits[2] + colours->bits[3];
}

/* One that is not mentioned is 0. */
static unsigned value_of(const struct __DRIconfigRec *config, unsigned attribute) {
    const struct colours *colours = &config->colours;

    switch (attribute) {
    case __DRI_ATTRIB_BUFFER_SIZE:
        return sum_of_bits(colours);
    case __DRI_ATTRIB_RED_SIZE:
    case __DRI_ATTRIB_GREEN_SIZE:
    case __DRI_ATTRIB_BLUE_SIZE:
        return colours->bits[attribute - __DRI_ATTRIB_RED_SIZE];
    case __DRI_ATTRIB_ALPHA_SIZE:
        return colours->bits[3];
    case __DRI_ATTRIB_RED_MASK:
    case __DRI_ATTRIB_GREEN_MASK:
    case __DRI_ATTRIB_BLUE_MASK:
    case __DRI_ATTRIB_ALPHA_MASK:
        return mask_of(colours, attribute - __DRI_ATTRIB_RED_MASK);
    case __DRI_ATTRIB_RED_SHIFT:
    case __DRI_ATTRIB_GREEN_SHIFT:
    case __DRI_ATTRIB_BLUE_SHIFT:
    case __DRI_ATTRIB_ALPHA_SHIFT:
        return shift_of(colours, attribute - __DRI_ATTRIB_RED_SHIFT);
    case __DRI_ATTRIB_FRAMEBUFFER_SRGB_CAPABLE:
        return colours->srgb;
    case __DRI_ATTRIB_DEPTH_SIZE:
        return config->depths.depth;
    case __DRI_ATTRIB_STENCIL_SIZE:
        return config->depths.stencil;
    case __DRI_ATTRIB_ACCUM_RED_SIZE:
    case __DRI_ATTRIB_ACCUM_GREEN_SIZE:
    case __DRI_ATTRIB_ACCUM_BLUE_SIZE:
    case __DRI_ATTRIB_ACCUM_ALPHA_SIZE:
        return config->accum ? ACCUM_BITS : 0;
    case __DRI_ATTRIB_CONFIG_CAVEAT:
        return config->accum ? __DRI_ATTRIB_SLOW_BIT : 0;
    case __DRI_ATTRIB_SAMPLE_BUFFERS:
        return config->samples;
    case __DRI_ATTRIB_SAMPLES:
        return config->samples ? SAMPLES : 0;
    case __DRI_ATTRIB_DOUBLE_BUFFER:
        return config->buffers.two;
    case __DRI_ATTRIB_SWAP_METHOD:
        return config->buffers.swap_method;
    case __DRI_ATTRIB_RENDER_TYPE:
        return __DRI_ATTRIB_RGBA_BIT;
    case __DRI_ATTRIB_CONFORMANT:
    case __DRI_ATTRIB_BIND_TO_TEXTURE_RGB:
    case __DRI_ATTRIB_BIND_TO_TEXTURE_RGBA:
    case __DRI_ATTRIB_YINVERTED:
        return true;
    case __DRI_ATTRIB_BIND_TO_TEXTURE_TARGETS:
        return __DRI_ATTRIB_TEXTURE_1D_BIT | __DRI_ATTRIB_TEXTURE_2D_BIT | __DRI_ATTRIB_TEXTURE_RECTANGLE_BIT;
    case __DRI_ATTRIB_TRANSPARENT_TYPE:
    case __DRI_ATTRIB_TRANSPARENT_INDEX_VALUE:
        return GLX_NONE_TOKEN;
    case __DRI_ATTRIB_TRANSPARENT_RED_VALUE:
    case __DRI_ATTRIB_TRANSPARENT_GREEN_VALUE:
    case __DRI_ATTRIB_TRANSPARENT_BLUE_VALUE:
    case __DRI_ATTRIB_TRANSPARENT_ALPHA_VALUE:
        return UINT32_MAX;
    case __DRI_ATTRIB_MAX_SWAP_INTERVAL:
        return INT32_MAX;
    default:
        return 0;
    }
}

static int config_attribute(const __DRIconfig *config, unsigned attribute, unsigned *value) {
    if (attribute < 1 || attribute >= __DRI_ATTRIB_MAX)
        return false;
    *value = value_of(config, attribute);
    return true;
}

/* They have the numbers from 1 on. */
static int config_attribute_at(const __DRIconfig *config, int index, unsigned *attribute, unsigned *value) {
    *attribute = (unsigned)index + 1;
    return config_attribute(config, *attribute, value);
}

/* --- The list: it and each of its elements are freed by the caller ------------------------------------- */

static bool append(const __DRIconfig **list, size_t *count, struct __DRIconfigRec config) {
    struct __DRIconfigRec *copy = malloc(sizeof(*copy));

    if (!copy)
        return false;
    *copy = config;
    list[(*count)++] = copy;
    return true;
}

/* For each of the depths and buffers: plain and with an accumulation buffer; or with several samples. */
static bool append_those_of(const __DRIconfig **list, size_t *count, const struct colours *colours,
                            bool samples) {
    struct __DRIconfigRec config = {.colours = *colours, .samples = samples};

    for (size_t i = 0; i < DEPTHS * BUFFERS; i++) {
        config.depths = all_depths[i / BUFFERS];
        config.buffers = all_buffers[i % BUFFERS];
        config.accum = false;
        if (!append(list, count, config))
            return false;
        config.accum = true;
        if (!samples && !append(list, count, config))
            return false;
    }
    return true;
}

static const __DRIconfig **new_configs(void) {
    const __DRIconfig **list = calloc(CONFIGS + 1, sizeof(const __DRIconfig *));
    bool done = list != NULL;
    size_t count = 0;

    for (size_t i = 0; i < COLOURS; i++)
        done = done && append_those_of(list, &count, &all_colours[i], false) &&
               append_those_of(list, &count, &all_colours[i], true);
    if (done)
        return list;
    while (count > 0)
        free((void *)list[--count]);
    free(list);
    return NULL;
}

/* --- Screens and drawables: there is nothing to know about them ---------------------------------------- */

static char something; /* what is pointed to where the caller wants more than NULL */

static __DRIscreen *create_screen(int number, const __DRIextension **extensions, const __DRIconfig ***configs,
                                  void *loader) {
    (void)number;
    (void)extensions;
    (void)loader;
    *configs = new_configs();
    return *configs ? (__DRIscreen *)&something : NULL;
}

static void destroy_screen(__DRIscreen *screen) {
    (void)screen;
}

static const __DRIextension **screen_extensions(__DRIscreen *screen) {
    static const __DRIextension flush_control = {__DRI2_FLUSH_CONTROL, __DRI2_FLUSH_CONTROL_VERSION};
    static const __DRIextension *extensions[] = {&flush_control, NULL};

    (void)screen;
    return extensions;
}

static __DRIdrawable *create_drawable(__DRIscreen *screen, const __DRIconfig *config, void *loader) {
    (void)screen;
    (void)config;
    (void)loader;
    return (__DRIdrawable *)&something;
}

static void destroy_drawable(__DRIdrawable *drawable) {
    (void)drawable;
}

/* Asked for by a program without a context of the X server's: nothing was drawn. */
static void swap_buffers(__DRIdrawable *drawable) {
    (void)drawable;
}

/* --- What libglx.so finds --------------------------------------------------------------------------------
 */

/* Functions that are left out are those of contexts. The X server makes none without +iglx. */
static const __DRIcoreExtension core = {
    .base = {__DRI_CORE, 1},
    .destroyScreen = destroy_screen,
    .getExtensions = screen_extensions,
    .getConfigAttrib = config_attribute,
    .indexConfigAttrib = config_attribute_at,
    .destroyDrawable = destroy_drawable,
    .swapBuffers = swap_buffers,
};

/* Version 3 says that contexts can have attributes, as those that programs make for themselves can. */
static const __DRIswrastExtension swrast = {
    .base = {__DRI_SWRAST, 3},
    .createNewScreen = create_screen,
    .createNewDrawable = create_drawable,
};

extern __attribute__((visibility("default"))) const __DRIextension **__driDriverGetExtensions_swrast(void);

__attribute__((visibility("default"))) const __DRIextension **__driDriverGetExtensions_swrast(void) {
    static const __DRIextension *extensions[] = {&core.base, &swrast.base, NULL};

    return extensions;
}
