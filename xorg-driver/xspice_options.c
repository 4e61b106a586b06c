#include "xspice_options.h"

#include <errno.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include <xf86Opt.h>
#include <xf86Parser.h>

enum {
    OPTION_ADDR,
    OPTION_PORT,
    OPTION_TLS_PORT,
    OPTION_IPV4_ONLY,
    OPTION_IPV6_ONLY,
    OPTION_UNIX,
    OPTION_LISTEN_FDS,
    OPTION_WEB_ORIGINS,
    OPTION_CONTROL,
    OPTION_X509_DIR,
    OPTION_CACERT_FILE,
    OPTION_X509_KEY_FILE,
    OPTION_X509_KEY_PASSWORD_FILE,
    OPTION_X509_CERT_FILE,
    OPTION_DH_FILE,
    OPTION_TLS_CIPHERS,
    OPTION_TLS_AUTO,
    OPTION_SECURE_CHANNELS,
    OPTION_PASSWORD_FILE,
    OPTION_VIEW_ONLY_PASSWORD_FILE,
    OPTION_DISABLE_TICKETING,
    OPTION_SASL,
    OPTION_SASL_CONFIG_DIR,
    OPTION_SASL_HOSTNAME,
    OPTION_SASL_USERS,
    OPTION_NAME,
    OPTION_IMAGE_COMPRESSION,
    OPTION_JPEG_WAN_COMPRESSION,
    OPTION_ZLIB_GLZ_WAN_COMPRESSION,
    OPTION_DEFERRED_FPS,
    OPTION_CORE_DUMPS,
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
    {OPTION_TLS_PORT, "SpiceTlsPort", OPTV_ANYSTR, {0}, FALSE},
    {OPTION_IPV4_ONLY, "SpiceIPV4Only", OPTV_ANYSTR, {0}, FALSE},
    {OPTION_IPV6_ONLY, "SpiceIPV6Only", OPTV_ANYSTR, {0}, FALSE},
    {OPTION_UNIX, "SpiceUnix", OPTV_ANYSTR, {0}, FALSE},
    {OPTION_LISTEN_FDS, "SpiceListenFds", OPTV_ANYSTR, {0}, FALSE},
    {OPTION_WEB_ORIGINS, "SpiceWebOrigins", OPTV_ANYSTR, {0}, FALSE},
    {OPTION_CONTROL, "SpiceControl", OPTV_ANYSTR, {0}, FALSE},
    {OPTION_X509_DIR, "SpiceX509Dir", OPTV_ANYSTR, {0}, FALSE},
    {OPTION_CACERT_FILE, "SpiceCacertFile", OPTV_ANYSTR, {0}, FALSE},
    {OPTION_X509_KEY_FILE, "SpiceX509KeyFile", OPTV_ANYSTR, {0}, FALSE},
    {OPTION_X509_KEY_PASSWORD_FILE, "SpiceX509KeyPasswordFile", OPTV_ANYSTR, {0}, FALSE},
    {OPTION_X509_CERT_FILE, "SpiceX509CertFile", OPTV_ANYSTR, {0}, FALSE},
    {OPTION_DH_FILE, "SpiceDhFile", OPTV_ANYSTR, {0}, FALSE},
    {OPTION_TLS_CIPHERS, "SpiceTlsCiphers", OPTV_ANYSTR, {0}, FALSE},
    {OPTION_TLS_AUTO, "SpiceTlsAuto", OPTV_ANYSTR, {0}, FALSE},
    {OPTION_SECURE_CHANNELS, "SpiceSecureChannels", OPTV_ANYSTR, {0}, FALSE},
    {OPTION_PASSWORD_FILE, "SpicePasswordFile", OPTV_ANYSTR, {0}, FALSE},
    {OPTION_VIEW_ONLY_PASSWORD_FILE, "SpiceViewOnlyPasswordFile", OPTV_ANYSTR, {0}, FALSE},
    {OPTION_DISABLE_TICKETING, "SpiceDisableTicketing", OPTV_ANYSTR, {0}, FALSE},
    {OPTION_SASL, "SpiceSasl", OPTV_ANYSTR, {0}, FALSE},
    {OPTION_SASL_CONFIG_DIR, "SpiceSaslConfigDir", OPTV_ANYSTR, {0}, FALSE},
    {OPTION_SASL_HOSTNAME, "SpiceSaslHostname", OPTV_ANYSTR, {0}, FALSE},
    {OPTION_SASL_USERS, "SpiceSaslUsers", OPTV_ANYSTR, {0}, FALSE},
    {OPTION_NAME, "SpiceName", OPTV_ANYSTR, {0}, FALSE},
    {OPTION_IMAGE_COMPRESSION, "SpiceImageCompression", OPTV_ANYSTR, {0}, FALSE},
    {OPTION_JPEG_WAN_COMPRESSION, "SpiceJpegWanCompression", OPTV_ANYSTR, {0}, FALSE},
    {OPTION_ZLIB_GLZ_WAN_COMPRESSION, "SpiceZlibGlzWanCompression", OPTV_ANYSTR, {0}, FALSE},
    {OPTION_DEFERRED_FPS, "SpiceDeferredFPS", OPTV_ANYSTR, {0}, FALSE},
    {OPTION_CORE_DUMPS, "SpiceCoreDumps", OPTV_ANYSTR, {0}, FALSE},
    {OPTION_NUM_HEADS, "NumHeads", OPTV_ANYSTR, {0}, FALSE},
    {OPTION_SIZE, "Size", OPTV_ANYSTR, {0}, FALSE},
    {OPTION_DPI, "Dpi", OPTV_ANYSTR, {0}, FALSE},
    {OPTION_MAX_SIZE, "MaxSize", OPTV_ANYSTR, {0}, FALSE},
    {-1, NULL, OPTV_NONE, {0}, FALSE},
};

#define CORE_FIELD(field) offsetof(struct xspice_core_config, field)

struct core_field {
    int option;
    size_t offset; /* in struct xspice_core_config */
};

static const struct core_field core_texts[] = {
    {OPTION_ADDR, CORE_FIELD(addresses)},
    {OPTION_UNIX, CORE_FIELD(unix_path)},
    {OPTION_LISTEN_FDS, CORE_FIELD(listen_fds)},
    {OPTION_WEB_ORIGINS, CORE_FIELD(web_origins)},
    {OPTION_CONTROL, CORE_FIELD(control)},
    {OPTION_X509_DIR, CORE_FIELD(x509_dir)},
    {OPTION_CACERT_FILE, CORE_FIELD(cacert_file)},
    {OPTION_X509_KEY_FILE, CORE_FIELD(x509_key_file)},
    {OPTION_X509_KEY_PASSWORD_FILE, CORE_FIELD(x509_key_password_file)},
    {OPTION_X509_CERT_FILE, CORE_FIELD(x509_cert_file)},
    {OPTION_DH_FILE, CORE_FIELD(dh_file)},
    {OPTION_TLS_CIPHERS, CORE_FIELD(tls_ciphers)},
    {OPTION_SECURE_CHANNELS, CORE_FIELD(secure_channels)},
    {OPTION_PASSWORD_FILE, CORE_FIELD(password_file)},
    {OPTION_VIEW_ONLY_PASSWORD_FILE, CORE_FIELD(view_only_password_file)},
    {OPTION_SASL_CONFIG_DIR, CORE_FIELD(sasl_config_dir)},
    {OPTION_SASL_HOSTNAME, CORE_FIELD(sasl_hostname)},
    {OPTION_SASL_USERS, CORE_FIELD(sasl_users)},
    {OPTION_NAME, CORE_FIELD(name)},
    {OPTION_IMAGE_COMPRESSION, CORE_FIELD(image_compression)},
    {OPTION_JPEG_WAN_COMPRESSION, CORE_FIELD(jpeg_wan_compression)},
    {OPTION_ZLIB_GLZ_WAN_COMPRESSION, CORE_FIELD(zlib_glz_wan_compression)},
};

static const struct core_field core_switches[] = {
    {OPTION_IPV4_ONLY, CORE_FIELD(ipv4_only)}, {OPTION_IPV6_ONLY, CORE_FIELD(ipv6_only)},
    {OPTION_TLS_AUTO, CORE_FIELD(tls_auto)},   {OPTION_DISABLE_TICKETING, CORE_FIELD(disable_ticketing)},
    {OPTION_SASL, CORE_FIELD(sasl)},           {OPTION_CORE_DUMPS, CORE_FIELD(core_dumps)},
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

static void read_texts(const struct reader *reader, struct xspice_core_config *core) {
    for (size_t i = 0; i < sizeof(core_texts) / sizeof(*core_texts); i++)
        *(const char **)((char *)core + core_texts[i].offset) = text(reader, core_texts[i].option);
}

static Bool read_switches(const struct reader *reader, struct xspice_core_config *core) {
    for (size_t i = 0; i < sizeof(core_switches) / sizeof(*core_switches); i++) {
        const char *value = xf86GetOptValString(reader->table, core_switches[i].option);
        Bool on = FALSE;

        if (value && !xf86getBoolValue(&on, value))
            return refuse(reader, core_switches[i].option, "give \"true\" or \"false\"");
        *(bool *)((char *)core + core_switches[i].offset) = on;
    }
    return TRUE;
}

static Bool read_pictures(const struct reader *reader, struct xspice_core_config *core) {
    static const char *const images[] = {"auto", "off", "auto_glz", "auto_lz", "quic",
                                         "glz",  "lz",  "lz4",      NULL};
    static const char *const wan[] = {"auto", "never", "always", NULL};
    static const char wan_remedy[] = "give \"auto\", \"never\" or \"always\"";

    if (core->image_compression && !one_of(core->image_compression, images))
        return refuse(reader, OPTION_IMAGE_COMPRESSION,
                      "give \"auto\", \"off\", \"auto_glz\", \"auto_lz\", \"quic\", \"glz\", \"lz\" or "
                      "\"lz4\"");
    if (core->jpeg_wan_compression && !one_of(core->jpeg_wan_compression, wan))
        return refuse(reader, OPTION_JPEG_WAN_COMPRESSION, wan_remedy);
    if (core->zlib_glz_wan_compression && !one_of(core->zlib_glz_wan_compression, wan))
        return refuse(reader, OPTION_ZLIB_GLZ_WAN_COMPRESSION, wan_remedy);
    if (!read_number(reader, OPTION_DEFERRED_FPS, 0, 1000, &core->deferred_fps))
        return refuse(reader, OPTION_DEFERRED_FPS, "give pictures in a second, or 0 for no limit");
    return TRUE;
}

/* Whoever asks for another way in does not get a plain port that nobody thinks of; one who names addresses
 * for nothing else wants it. */
static int default_port(const struct xspice_core_config *core) {
    bool other_way = core->tls_port || ((core->unix_path || core->listen_fds) && !core->addresses);

    return other_way ? 0 : 5900;
}

static Bool read_access(const struct reader *reader, struct xspice_core_config *core) {
    if (!read_number(reader, OPTION_TLS_PORT, 0, 65535, &core->tls_port))
        return refuse(reader, OPTION_TLS_PORT, "give a TCP port from 1 to 65535, or 0 for none");
    core->port = default_port(core);
    if (!read_number(reader, OPTION_PORT, 0, 65535, &core->port))
        return refuse(reader, OPTION_PORT, "give a TCP port from 1 to 65535, or 0 for none");
    if (core->password_file && core->disable_ticketing)
        return refuse(reader, OPTION_PASSWORD_FILE,
                      "contradicts Option \"SpiceDisableTicketing\"; give only one of them");
    if (!core->password_file && !core->disable_ticketing && !core->sasl)
        return refuse(reader, OPTION_PASSWORD_FILE,
                      "give a file whose first line is the password, Option \"SpiceSasl\" or Option "
                      "\"SpiceDisableTicketing\"");
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
    struct xspice_core_config *core = &options->core;

    memcpy(reader.table, option_table, sizeof(option_table));
    xf86CollectOptions(scrn, NULL);
    xf86ProcessOptions(scrn->scrnIndex, scrn->options, reader.table);
    read_texts(&reader, core);
    return read_switches(&reader, core) && read_access(&reader, core) && read_pictures(&reader, core) &&
           read_screen(&reader, options);
}

const OptionInfoRec *xspice_options_available(int chip, int bus) {
    (void)chip;
    (void)bus;
    return option_table;
}
