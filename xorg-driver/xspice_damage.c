#include "xspice_damage.h"

#include <pixmapstr.h>
#include <regionstr.h>

#include "xspice_boxes.h"

Bool xspice_damage_init(struct xspice_screen *xs) {
    ScreenPtr screen = xf86ScrnToScreen(xs->scrn);

    xs->damage = DamageCreate(NULL, NULL, DamageReportNone, TRUE, screen, NULL);
    if (!xs->damage)
        return FALSE;
    /* So that inside a drawing operation DamageRegion() still means everything before it: xspice_ops.c. */
    DamageSetReportAfterOp(xs->damage, TRUE);
    xs->damage_registered = false;
    xspice_damage_watch(xs, xspice_core_watched(xs->core));
    return TRUE;
}

void xspice_damage_fini(struct xspice_screen *xs) {
    if (!xs->damage)
        return;
    DamageDestroy(xs->damage);
    xs->damage = NULL;
    xs->damage_registered = false;
}

void xspice_damage_watch(struct xspice_screen *xs, bool watched) {
    ScreenPtr screen = xf86ScrnToScreen(xs->scrn);

    if (!xs->damage || watched == xs->damage_registered)
        return;
    xs->damage_registered = watched;
    if (watched) {
        DamageRegister(&screen->GetScreenPixmap(screen)->drawable, xs->damage);
    } else {
        DamageUnregister(xs->damage);
        DamageEmpty(xs->damage);
    }
}

void xspice_damage_flush(struct xspice_screen *xs) {
    struct xspice_boxes boxes;
    RegionPtr region;

    if (!xs->damage_registered)
        return;
    region = DamageRegion(xs->damage);
    if (!RegionNotEmpty(region))
        return;
    xspice_boxes_init(&boxes, region);
    xspice_core_add_changed(xs->core, boxes.all, boxes.count);
    xspice_boxes_fini(&boxes);
    DamageEmpty(xs->damage);
}

void xspice_damage_discard(struct xspice_screen *xs) {
    if (xs->damage)
        DamageEmpty(xs->damage);
}
