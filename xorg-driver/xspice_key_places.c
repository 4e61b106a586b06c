#include "xspice_key_places.h"

#include <limits.h>

#include <X11/keysym.h>
#include <xkbcommon/xkbcommon.h>

/* Beyond this come the keys of multimedia and the like: some have "(" or "+" on them, for X alone. */
#define LAST_MAIN_KEYCODE 135

#define UNICODE_KEYSYM 0x01000000u

static unsigned group_of_key(XkbDescPtr map, unsigned keycode, unsigned group) {
    unsigned groups = XkbKeyNumGroups(map, keycode);
    unsigned info = XkbKeyGroupInfo(map, keycode);

    if (groups == 0 || group < groups)
        return group;
    switch (XkbOutOfRangeGroupAction(info)) {
    case XkbClampIntoRange:
        return groups - 1;
    case XkbRedirectIntoRange:
        return XkbOutOfRangeGroupInfo(info) < groups ? XkbOutOfRangeGroupInfo(info) : 0;
    default:
        return group % groups;
    }
}

static unsigned count_bits(unsigned bits) {
    return (unsigned)__builtin_popcount(bits);
}

static unsigned level_of(const XkbKeyTypeRec *type, unsigned modifiers) {
    for (unsigned i = 0; i < type->map_count; i++)
        if (type->map[i].active && type->map[i].mods.mask == modifiers)
            return type->map[i].level;
    return 0;
}

/* A layout may have the name of a keysym or its Unicode form where we were asked for the other. */
static KeySym other_form(KeySym keysym) {
    uint32_t code_point;

    if (keysym >= UNICODE_KEYSYM) {
        KeySym named = xkb_utf32_to_keysym((uint32_t)keysym - UNICODE_KEYSYM);
        return named == NoSymbol ? keysym : named;
    }
    if (keysym >= XK_BackSpace &&
        keysym <= XK_Delete) /* function keys and keypad are more than a character */
        return keysym;
    code_point = xkb_keysym_to_utf32((uint32_t)keysym);
    return code_point == 0 ? keysym : UNICODE_KEYSYM + code_point;
}

/* --- Modifiers ----------------------------------------------------------------------------------------- */

/* Caps Lock is neither pressed nor held for a key, and what is on and kept stays. */
static bool is_possible(XkbDescPtr map, unsigned group, unsigned wanted, unsigned on, unsigned kept) {
    unsigned missing = wanted & ~on;

    if ((missing & LockMask) || (on & ~wanted & kept))
        return false;
    for (unsigned bit = 1; bit <= missing; bit <<= 1)
        if ((missing & bit) && xspice_key_place_of_modifier(map, group, bit) == 0)
            return false;
    return true;
}

/* Those modifiers of the type with which the key is on `level`, after the fewest changes. False: none can be.
 */
static bool find_modifiers(XkbDescPtr map, unsigned group, const XkbKeyTypeRec *type, unsigned level,
                           struct xspice_modifiers modifiers, unsigned *found) {
    unsigned on = (modifiers.kept | modifiers.locked) & type->mods.mask;
    unsigned fewest = UINT_MAX;

    if (level_of(type, on) == level) {
        *found = on;
        return true;
    }
    for (unsigned i = 0; i <= type->map_count; i++) {
        /* The first level has no entries in most types: it is what no entry tells. */
        unsigned wanted = i < type->map_count ? type->map[i].mods.mask : 0;
        unsigned changes = count_bits(wanted ^ on);

        if (level_of(type, wanted) == level && changes < fewest &&
            is_possible(map, group, wanted, on, modifiers.kept)) {
            fewest = changes;
            *found = wanted;
        }
    }
    return fewest != UINT_MAX;
}

uint8_t xspice_key_place_of_modifier(XkbDescPtr map, unsigned group, unsigned modifier) {
    /* From the end: AltGr comes before the key that XKB makes up for the same purpose. */
    for (unsigned keycode = map->max_key_code; keycode >= map->min_key_code; keycode--) {
        const XkbAction *action;

        if (XkbKeyNumGroups(map, keycode) == 0 || !XkbKeyHasActions(map, keycode))
            continue;
        action = XkbKeyActionEntry(map, keycode, 0, group_of_key(map, keycode, group));
        if (action->type == XkbSA_SetMods && action->mods.mask == modifier)
            return (uint8_t)keycode;
    }
    return 0;
}

/* --- Places -------------------------------------------------------------------------------------------- */

struct search {
    XkbDescPtr map;
    unsigned group;
    KeySym keysym, other;
    struct xspice_modifiers modifiers;
};

static bool is_there(const struct search *search, unsigned keycode, unsigned level,
                     struct xspice_key_place *place) {
    XkbDescPtr map = search->map;
    unsigned group = group_of_key(map, keycode, search->group);
    const XkbKeyTypeRec *type;
    const XkbAction *action;
    KeySym keysym;

    if (XkbKeyNumGroups(map, keycode) == 0)
        return false;
    type = XkbKeyKeyType(map, keycode, group);
    if (level >= type->num_levels)
        return false;
    keysym = XkbKeySymEntry(map, keycode, level, group);
    if (keysym != search->keysym && keysym != search->other)
        return false;
    action = XkbKeyActionEntry(map, keycode, level, group);
    place->keycode = (uint8_t)keycode;
    place->action = action ? *action : (XkbAction){.type = XkbSA_NoAction};
    place->of_type = type->mods.mask;
    return find_modifiers(map, search->group, type, level, search->modifiers, &place->modifiers);
}

static bool find(const struct search *search, unsigned first, unsigned last, struct xspice_key_place *place) {
    for (unsigned level = 0; level < XkbMaxShiftLevel; level++)
        for (unsigned keycode = max(first, search->map->min_key_code);
             keycode <= min(last, (unsigned)search->map->max_key_code); keycode++)
            if (is_there(search, keycode, level, place))
                return true;
    return false;
}

static bool find_anywhere(const struct search *search, struct xspice_key_place *place) {
    return find(search, 0, LAST_MAIN_KEYCODE, place) || find(search, LAST_MAIN_KEYCODE + 1, UINT8_MAX, place);
}

bool xspice_key_place_find(XkbDescPtr map, unsigned group, KeySym keysym, struct xspice_modifiers modifiers,
                           struct xspice_key_place *place) {
    struct search search = {map, group, keysym, other_form(keysym), modifiers};

    if (find_anywhere(&search, place))
        return true;
    search.modifiers.kept = 0;
    if (!find_anywhere(&search, place))
        return false;
    place->modifiers |= modifiers.kept & place->of_type;
    return true;
}
