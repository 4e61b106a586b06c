/* Where a keysym is on the keyboard: which key, and which modifiers it takes. Functions over XKB's map alone.
 */
#ifndef XSPICE_KEY_PLACES_H
#define XSPICE_KEY_PLACES_H

#include <stdbool.h>
#include <stdint.h>

#include <xorg-server.h>

#include <inputstr.h>
#include <xkbsrv.h>

struct xspice_key_place {
    uint8_t keycode;
    XkbAction action;   /* what else the key does, such as to be a modifier; type XkbSA_NoAction: nothing */
    unsigned of_type;   /* modifiers that decide about what the key means */
    unsigned modifiers; /* of them, those that must be on */
};

/* What can be done about modifiers. */
struct xspice_modifiers {
    unsigned kept;   /* are on and stay, whoever asks */
    unsigned locked; /* are on; better left alone */
};

/* The best place of `keysym` with this group: on the main part of the keyboard, on a low level, with few
 * changes of modifiers. When the kept modifiers are in the way, the key without regard to them: who holds
 * Shift and asks for "1" wants the key. False: nowhere. */
bool xspice_key_place_find(XkbDescPtr map, unsigned group, KeySym keysym, struct xspice_modifiers modifiers,
                           struct xspice_key_place *place);
/* A key that holds just this modifier, one bit. 0: none. */
uint8_t xspice_key_place_of_modifier(XkbDescPtr map, unsigned group, unsigned modifier);

#endif
