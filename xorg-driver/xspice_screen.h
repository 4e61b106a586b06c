/* The screen of this driver: what belongs to it, in one place, and how its parts find each other.
 *
 * X thread only. There is one per server process, made in PreInit. Members are grouped by the file that owns
 * them; `saved` functions are what this driver wrapped. */
#ifndef XSPICE_SCREEN_H
#define XSPICE_SCREEN_H

#include <xorg-server.h>

#include <gcstruct.h>
#include <scrnintstr.h>
#include <xf86.h>
#include <xf86Cursor.h>

#include <damage.h> /* does not include what it needs */

#include "bridge.h"
#include "xspice_framebuffer.h"
#include "xspice_options.h"

struct xspice_screen {
    ScrnInfoPtr scrn;
    struct xspice_options options;
    struct xspice_core *core; /* NULL before the first ScreenInit; lives over server generations */

    /* xspice_screen.c */
    CloseScreenProcPtr saved_close_screen;
    CreateScreenResourcesProcPtr saved_create_screen_resources;
    ScreenBlockHandlerProcPtr saved_block_handler;

    struct xspice_framebuffer_memory framebuffer; /* xspice_framebuffer.c */

    /* xspice_crtc.c: what was last told to the core, to tell it only when it differs. */
    struct xspice_head published_heads[XSPICE_MAX_HEADS];
    int published_head_count; /* -1: nothing yet */

    /* xspice_damage.c: registered with the screen pixmap while somebody watches. */
    DamagePtr damage;
    bool damage_registered;

    OsTimerPtr retry_timer; /* xspice_wakeup.c: of input that could not be dealt with; NULL: never was */

    /* xspice_ops.c */
    CreateGCProcPtr saved_create_gc;
    CopyWindowProcPtr saved_copy_window;

    /* xspice_cursor.c */
    xf86CursorInfoPtr cursor_info;
    bool cursor_shown;
    int cursor_x, cursor_y; /* of the hot spot */
};

struct xspice_screen *xspice_screen_of(ScreenPtr screen);
struct xspice_screen *xspice_screen_of_scrn(ScrnInfoPtr scrn);

/* Fills in the functions of scrn that the server calls: PreInit, ScreenInit and their fellows. */
void xspice_screen_setup(ScrnInfoPtr scrn);

#endif
