#include "xspice_wakeup.h"

#include <mi.h>
#include <os.h>

#include "xspice_damage.h"
#include "xspice_input.h"
#include "xspice_layout.h"

static void on_watched(void *data, bool watched) {
    xspice_damage_watch(data, watched);
}

static void on_key(void *data, uint16_t scancode, bool pressed) {
    (void)data;
    xspice_keyboard_key(scancode, pressed);
}

/* Whatever else the core has posted meanwhile is done, too. */
static CARD32 on_retry(OsTimerPtr timer, CARD32 now, void *data) {
    struct xspice_screen *xs = data;

    (void)timer;
    (void)now;
    xspice_core_dispatch(xs->core);
    mieqProcessInputEvents();
    return 0;
}

static bool on_keysym(void *data, uint32_t keysym, bool pressed) {
    struct xspice_screen *xs = data;
    unsigned wait = xspice_keyboard_keysym(keysym, pressed);

    if (wait)
        xs->retry_timer = TimerSet(xs->retry_timer, 0, wait, on_retry, xs);
    return wait == 0;
}

static bool on_monitors(void *data, const struct xspice_head *wanted, size_t count, char *refusal,
                        size_t size) {
    return xspice_layout_apply(data, wanted, count, refusal, size);
}

static void on_lock_keys(void *data, uint8_t locks) {
    (void)data;
    xspice_keyboard_set_locks(locks);
}

static void on_pointer_position(void *data, int x, int y) {
    (void)data;
    xspice_pointer_position(x, y);
}

static void on_pointer_motion(void *data, int dx, int dy) {
    (void)data;
    xspice_pointer_motion(dx, dy);
}

static void on_button(void *data, uint8_t button, bool pressed) {
    (void)data;
    xspice_keyboard_settle();
    xspice_pointer_button(button, pressed);
}

static void on_log(void *data, enum xspice_log_level level, const char *line) {
    static const struct {
        MessageType type;
        int verbosity;
    } kinds[] = {
        [XSPICE_LOG_DEBUG] = {X_DEBUG, 4},
        [XSPICE_LOG_INFO] = {X_INFO, 1},
        [XSPICE_LOG_WARNING] = {X_WARNING, 0},
        [XSPICE_LOG_ERROR] = {X_ERROR, 0},
    };
    const struct xspice_screen *xs = data;

    xf86DrvMsgVerb(xs->scrn->scrnIndex, kinds[level].type, kinds[level].verbosity, "%s\n", line);
}

static const struct xspice_handlers handlers = {
    .watched = on_watched,
    .key = on_key,
    .keysym = on_keysym,
    .lock_keys = on_lock_keys,
    .pointer_position = on_pointer_position,
    .pointer_motion = on_pointer_motion,
    .button = on_button,
    .monitors = on_monitors,
    .log = on_log,
};

static void on_readable(int fd, int ready, void *data) {
    struct xspice_screen *xs = data;

    (void)fd;
    (void)ready;
    xspice_core_dispatch(xs->core);
    /* WaitForSomething() serves no client while input is pending after a poll. A flood of it, with some more
     * at each poll, would keep all of them waiting: what one dispatch posts is dealt with at once instead. */
    mieqProcessInputEvents();
}

Bool xspice_wakeup_init(struct xspice_screen *xs) {
    xspice_core_set_handlers(xs->core, &handlers, xs);
    return SetNotifyFd(xspice_core_fd(xs->core), on_readable, X_NOTIFY_READ, xs);
}

void xspice_wakeup_fini(struct xspice_screen *xs) {
    RemoveNotifyFd(xspice_core_fd(xs->core));
    TimerFree(xs->retry_timer);
    xs->retry_timer = NULL;
}
