#include "xspice_options.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include <xf86Opt.h>
#include <xf86Parser.h>

enum {
    OPTION_ADDR,
    OPTION_PORT,
    OPTION_PASSWORD_FILE,
    OPTION_DISABLE_TICKETING,
    OPTION_NAME,
    OPTION_IMAGE_COMPRESSION,
    OPTION_JPEG_WAN_COMPRESSION,
    OPTION_ZLIB_GLZ_WAN_COMPRESSION,
    OPTION_NUM_HEADS,
    OPTION_SIZE,
    OPTION_DPI,
    OPTION_MAX_SIZE,
    OPTION_COUNT
};

/* All are strings to the server, so that a bad value is reported by us and never silently replaced. */
static const OptionInfoRec option_table[OPTION_COUNT + 1] = {
    {OPTION_ADDR, "SpiceAddr", OPTV_ANYSTR, {0}, FALSE},
    {OPTION_PORT, "SpicePort", OPTV_ANYSTR, {0}, FALSE},
    {OPTION_PASSWORD_FILE, "SpicePasswordFile", OPTV_ANYSTR, {0}, FALSE},
    {OPTION_DISABLE_TICKETING, "SpiceDisableTicketing", OPTV_ANYSTR, {0}, FALSE},
    {OPTION_NAME, "SpiceName", OPTV_ANYSTR, {0}, FALSE},
    {OPTION_IMAGE_COMPRESSION, "SpiceImageCompression", OPTV_ANYSTR, {0}, FALSE},
    {OPTION_JPEG_WAN_COMPRESSION, "SpiceJpegWanCompression", OPTV_ANYSTR, {0}, FALSE},
    {OPTION_ZLIB_GLZ_WAN_COMPRESSION, "SpiceZlibGlzWanCompression", OPTV_ANYSTR, {0}, FALSE},
    {OPTION_NUM_HEADS, "NumHeads", OPTV_ANYSTR, {0}, FALSE},
    {OPTION_SIZE, "Size", OPTV_ANYSTR, {0}, FALSE},
    {OPTION_DPI, "Dpi", OPTV_ANYSTR, {0}, FALSE},
    {OPTION_MAX_SIZE, "MaxSize", OPTV_ANYSTR, {0}, FALSE},
    {-1, NULL, OPTV_NONE, {0}, FALSE},
};

struct reader {
    ScrnInfoPtr scrn;
    OptionInfoRec table[OPTION_COUNT + 1];
};

static Bool refuse(const struct reader *reader, int option, const char *remedy) {
    const char *value = xf86GetOptValString(reader->table, option);

    xf86DrvMsg(reader->scrn->scrnIndex, X_ERROR, "Option \"%s\" \"%s\": %s\n", reader->table[option].name,
               value ? value : "", remedy);
    return FALSE;
}

static const char *text(const struct reader *reader, int option) {
    const char *value = xf86GetOptValString(reader->table, option);

    return value && *value ? value : NULL;
}

/* Leaves *number as it is when the option is not given. */
static bool read_number(const struct reader *reader, int option, int min, int max, int *number) {
    const char *value = xf86GetOptValString(reader->table, option);
    char *end;
    long parsed;

    if (!value)
        return true;
    errno = 0;
    parsed = strtol(value, &end, 10);
    if (end == value || *end || errno || parsed < min || parsed > max)
        return false;
    *number = (int)parsed;
    return true;
}

/* "WxH", both within the limits. Leaves the numbers as they are when the option is not given. */
static bool read_size(const struct reader *reader, int option, int *width, int *height) {
    const char *value = xf86GetOptValString(reader->table, option);
    char *end;
    long w, h;

    if (!value)
        return true;
    errno = 0;
    w = strtol(value, &end, 10);
    if (end == value || (*end != 'x' && *end != 'X'))
        return false;
    value = end + 1;
    h = strtol(value, &end, 10);
    if (end == value || *end || errno || w < XSPICE_MIN_EDGE || w > XSPICE_MAX_EDGE || h < XSPICE_MIN_EDGE ||
        h > XSPICE_MAX_EDGE)
        return false;
    *width = (int)w;
    *height = (int)h;
    return true;
}

static bool one_of(const char *value, const char *const *choices) {
    for (; *choices; choices++)
        if (strcmp(value, *choices) == 0)
            return true;
    return false;
}

static Bool read_compression(const struct reader *reader, struct xspice_options *options) {
    static const char *const images[] = {"auto", "off", "auto_glz", "auto_lz", "quic",
                                         "glz",  "lz",  "lz4",      NULL};
    static const char *const wan[] = {"auto", "never", "always", NULL};
    static const char wan_remedy[] = "give \"auto\", \"never\" or \"always\"";

    options->image_compression = text(reader, OPTION_IMAGE_COMPRESSION);
    options->jpeg_wan_compression = text(reader, OPTION_JPEG_WAN_COMPRESSION);
    options->zlib_glz_wan_compression = text(reader, OPTION_ZLIB_GLZ_WAN_COMPRESSION);
    if (options->image_compression && !one_of(options->image_compression, images))
        return refuse(reader, OPTION_IMAGE_COMPRESSION,
                      "give \"auto\", \"off\", \"auto_glz\", \"auto_lz\", \"quic\", \"glz\", \"lz\" or "
                      "\"lz4\"");
    if (options->jpeg_wan_compression && !one_of(options->jpeg_wan_compression, wan))
        return refuse(reader, OPTION_JPEG_WAN_COMPRESSION, wan_remedy);
    if (options->zlib_glz_wan_compression && !one_of(options->zlib_glz_wan_compression, wan))
        return refuse(reader, OPTION_ZLIB_GLZ_WAN_COMPRESSION, wan_remedy);
    return TRUE;
}

static Bool read_network(const struct reader *reader, struct xspice_options *options) {
    const char *disable = xf86GetOptValString(reader->table, OPTION_DISABLE_TICKETING);
    Bool disable_ticketing = FALSE;

    options->addresses = text(reader, OPTION_ADDR);
    options->name = text(reader, OPTION_NAME);
    options->password_file = text(reader, OPTION_PASSWORD_FILE);
    options->port = 5900;
    if (!read_number(reader, OPTION_PORT, 1, 65535, &options->port))
        return refuse(reader, OPTION_PORT, "give a TCP port from 1 to 65535");
    if (disable && !xf86getBoolValue(&disable_ticketing, disable))
        return refuse(reader, OPTION_DISABLE_TICKETING, "give \"true\" or \"false\"");
    options->disable_ticketing = disable_ticketing;
    if (options->password_file && options->disable_ticketing)
        return refuse(reader, OPTION_PASSWORD_FILE,
                      "contradicts Option \"SpiceDisableTicketing\"; give only one of them");
    if (!options->password_file && !options->disable_ticketing)
        return refuse(reader, OPTION_PASSWORD_FILE,
                      "give a file whose first line is the password, or Option \"SpiceDisableTicketing\"");
    return TRUE;
}

static Bool read_screen(const struct reader *reader, struct xspice_options *options) {
    options->num_heads = 1;
    options->width = 1920;
    options->height = 1080;
    options->dpi = 96;
    options->max_width = 8192;
    options->max_height = 8192;
    if (!read_number(reader, OPTION_NUM_HEADS, 1, XSPICE_MAX_HEADS, &options->num_heads))
        return refuse(reader, OPTION_NUM_HEADS, "give a number of heads from 1 to 16");
    if (!read_size(reader, OPTION_MAX_SIZE, &options->max_width, &options->max_height))
        return refuse(reader, OPTION_MAX_SIZE, "give WIDTHxHEIGHT, from 64x64 to 16384x16384 pixels");
    if (!read_size(reader, OPTION_SIZE, &options->width, &options->height))
        return refuse(reader, OPTION_SIZE, "give WIDTHxHEIGHT, from 64x64 to 16384x16384 pixels");
    if (options->width > options->max_width || options->height > options->max_height)
        return refuse(reader, OPTION_SIZE, "is more than Option \"MaxSize\" (8192x8192 when not given)");
    /* Heads stand side by side, in as many rows as needed: xspice_crtc.c. */
    if (options->num_heads > (options->max_width / options->width) * (options->max_height / options->height))
        return refuse(reader, OPTION_NUM_HEADS,
                      "so many heads of this size do not fit; lower it or Option \"Size\", or raise "
                      "Option \"MaxSize\"");
    if (!read_number(reader, OPTION_DPI, 30, 600, &options->dpi))
        return refuse(reader, OPTION_DPI, "give dots per inch from 30 to 600");
    return TRUE;
}

Bool xspice_options_read(ScrnInfoPtr scrn, struct xspice_options *options) {
    struct reader reader = {.scrn = scrn};

    memcpy(reader.table, option_table, sizeof(option_table));
    xf86CollectOptions(scrn, NULL);
    xf86ProcessOptions(scrn->scrnIndex, scrn->options, reader.table);
    return read_network(&reader, options) && read_compression(&reader, options) &&
           read_screen(&reader, options);
}

const OptionInfoRec *xspice_options_available(int chip, int bus) {
    (void)chip;
    (void)bus;
    return option_table;
}
