/* The seam between the X side (C) and spice-core (C++): plain C types both ways, and no exception crosses it.
 *
 * X thread only. Nothing here waits for the core; events come back through a file descriptor that the X
 * server polls and xspice_core_dispatch(), which calls the handlers of struct xspice_handlers. */
#ifndef XSPICE_BRIDGE_H
#define XSPICE_BRIDGE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

struct xspice_core; /* one per X server process; outlives server generations */

/* What the options of the Device section ask for. Strings are copied. NULL means not given; an empty string
 * is never given. Lists are separated by commas. */
struct xspice_core_config {
    /* Ways in. */
    const char *addresses; /* list; NULL: 127.0.0.1, or ::1 with ipv6_only */
    int port;              /* TCP port, 1 to 65535; 0: none without TLS */
    int tls_port;          /* TCP port where nothing but TLS is spoken; 0: none */
    bool ipv4_only, ipv6_only;
    const char *unix_path;   /* of a socket to make */
    const char *listen_fds;  /* list of descriptors of listening sockets, owned by the core from now on */
    const char *web_origins; /* list, "https://host[:port]" */
    const char *control;     /* path of the control socket to make */

    /* TLS. Files not given are those of x509_dir with the names that they have there. */
    const char *x509_dir;
    const char *cacert_file;            /* ca-cert.pem */
    const char *x509_key_file;          /* server-key.pem */
    const char *x509_cert_file;         /* server-cert.pem */
    const char *x509_key_password_file; /* first line */
    const char *dh_file;
    const char *tls_ciphers;
    bool tls_auto;               /* make what is not there in x509_dir */
    const char *secure_channels; /* "all", or a list of names of the protocol: "main", "inputs" */

    /* Who may come in. */
    const char *password_file;           /* first line is the ticket */
    const char *view_only_password_file; /* likewise, of those who may only watch */
    bool disable_ticketing;
    bool sasl;
    const char *sasl_config_dir;
    const char *sasl_hostname;
    const char *sasl_users; /* list */

    const char *name;                 /* told to clients */
    const char *image_compression;    /* "auto", "off", "auto_glz", "auto_lz", "quic", "glz", "lz", "lz4" */
    const char *jpeg_wan_compression; /* "auto", "never", "always" */
    const char *zlib_glz_wan_compression; /* likewise */
    int deferred_fps;                     /* pictures in a second, at most; 0: not limited */
    bool core_dumps;                      /* leave memory of this process readable: for debuggers */
};

/* Same order and meaning as X's BoxRec, with room for 32 bit coordinates. */
struct xspice_box {
    int32_t x1, y1, x2, y2;
};

struct xspice_framebuffer {
    const uint32_t *pixels; /* upper left pixel of the screen */
    size_t stride;          /* pixels from one row to the next */
    int width, height;
};

struct xspice_head {
    uint32_t id;
    struct xspice_box area;
};

enum xspice_log_level { XSPICE_LOG_DEBUG, XSPICE_LOG_INFO, XSPICE_LOG_WARNING, XSPICE_LOG_ERROR };

/* Called by xspice_core_dispatch() on the X thread, with `data` of xspice_core_set_handlers(). */
struct xspice_handlers {
    void (*watched)(void *data, bool watched);                /* track damage only while someone watches */
    void (*key)(void *data, uint16_t scancode, bool pressed); /* PC set-1, extended as 0xe0xx */
    /* False: not now. It and all input after it is offered again at the next xspice_core_dispatch(), which
     * the handler sees to. */
    bool (*keysym)(void *data, uint32_t keysym, bool pressed);
    void (*lock_keys)(void *data, uint8_t locks);       /* bits: 1 scroll, 2 num, 4 caps */
    void (*pointer_position)(void *data, int x, int y); /* screen pixels */
    void (*pointer_motion)(void *data, int dx, int dy);
    void (*button)(void *data, uint8_t button, bool pressed); /* X button numbers, 1 to 16 */
    /* Make the outputs be like this: `id` is an output's number, from 0, and those that are not mentioned are
     * off. Any numbers may come. False: nothing was changed, and `refusal`, a string of at most `size` bytes,
     * says why in one line. */
    bool (*monitors)(void *data, const struct xspice_head *wanted, size_t count, char *refusal, size_t size);
    void (*log)(void *data, enum xspice_log_level level, const char *line);
};

/* Makes the core, binds its ports and starts its thread. NULL on failure, with one line for the log in
 * `error`: it names the option and the remedy. */
struct xspice_core *xspice_core_create(const struct xspice_core_config *config, char *error,
                                       size_t error_size);
/* Ends the core's thread and connections. Not from the core thread; see xspice_core_abandon(). */
void xspice_core_destroy(struct xspice_core *core);
/* For a server that is crashing: makes the core stop without waiting for it. Safe from any thread. */
void xspice_core_abandon(struct xspice_core *core);

/* Replaces all handlers; NULL `handlers` while no screen exists (events are then dropped but for watched). */
void xspice_core_set_handlers(struct xspice_core *core, const struct xspice_handlers *handlers, void *data);
/* Readable when xspice_core_dispatch() has something to do. Owned by the core. */
int xspice_core_fd(const struct xspice_core *core);
/* Handles a bounded number of events; the descriptor stays readable while more are waiting. */
void xspice_core_dispatch(struct xspice_core *core);
bool xspice_core_watched(const struct xspice_core *core);

/* What was done to the screen, in the order it was done (see commit_builder.hpp). */
void xspice_core_set_surface(struct xspice_core *core, int width, int height);
void xspice_core_add_changed(struct xspice_core *core, const struct xspice_box *boxes, size_t count);
void xspice_core_add_copy(struct xspice_core *core, const struct xspice_box *destination, size_t count,
                          int dx, int dy);
/* False: whatever is copied until the next commit is better told as changed. */
bool xspice_core_wants_copies(const struct xspice_core *core);
void xspice_core_set_monitors(struct xspice_core *core, const struct xspice_head *heads, size_t count,
                              unsigned max_heads);
/* `argb` (premultiplied, width * height values) is copied; NULL hides the pointer. */
void xspice_core_set_cursor(struct xspice_core *core, const uint32_t *argb, int width, int height, int hot_x,
                            int hot_y, int x, int y);
void xspice_core_set_cursor_position(struct xspice_core *core, int x, int y);
void xspice_core_set_lock_keys(struct xspice_core *core, uint8_t locks);

/* End of a dispatch: posts what was collected if there is anything and the core is ready for it; otherwise
 * it stays collected and merges. */
void xspice_core_commit(struct xspice_core *core, const struct xspice_framebuffer *framebuffer);

#ifdef __cplusplus
}
#endif
#endif
