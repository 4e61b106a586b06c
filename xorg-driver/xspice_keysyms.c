#include "xspice_keysyms.h"

#include <string.h>

#include <X11/X.h>
#include <mi.h>
#include <xkbsrv.h>

#include "xspice_key_places.h"
#include "xspice_keyboard.h"
#include "xspice_spare_keys.h"

enum { MODIFIER_COUNT = 8 };

/* What is down by its keysym, for each keycode. */
static struct {
    KeySym keysym;      /* NoSymbol: up */
    unsigned modifiers; /* that the key is, if it is one */
} held[256];

/* What was changed for the key that is down. */
static struct {
    uint8_t keycode; /* 0: nothing is changed */
    unsigned base,
        master_base; /* modifiers that keys hold and that are hidden, on the keyboard and its master */
    unsigned locked; /* modifiers that are locked and hidden, on all of the master's keyboards */
    uint8_t pressed[MODIFIER_COUNT]; /* keys of modifiers that are held; 0: none */
} changed;

/* --- State --------------------------------------------------------------------------------------------- */

static DeviceIntPtr master_of(DeviceIntPtr keyboard) {
    DeviceIntPtr master = GetMaster(keyboard, MASTER_KEYBOARD);

    return master ? master : keyboard;
}

static XkbStatePtr state_of(DeviceIntPtr device) {
    return &device->key->xkbInfo->state;
}

static unsigned hide_base(DeviceIntPtr device, unsigned modifiers) {
    XkbStatePtr state = state_of(device);
    XkbStateRec before = *state;
    unsigned hidden = state->base_mods & modifiers;

    state->base_mods &= (unsigned char)~hidden;
    /* A latch ends with the next key in any case. */
    state->latched_mods &= (unsigned char)~modifiers;
    xspice_keyboard_state_changed(device, &before);
    return hidden;
}

static void show_base(DeviceIntPtr device, unsigned hidden) {
    XkbStatePtr state = state_of(device);
    XkbStateRec before = *state;

    for (int i = 0; i < MODIFIER_COUNT; i++)
        if ((hidden & (1u << i)) && device->key->modifierKeyCount[i] > 0) /* else released meanwhile */
            state->base_mods |= (unsigned char)(1u << i);
    xspice_keyboard_state_changed(device, &before);
}

static void set_locked(DeviceIntPtr keyboard, unsigned hide, unsigned show) {
    DeviceIntPtr master = master_of(keyboard);

    for (DeviceIntPtr device = inputInfo.devices; device; device = device->next) {
        XkbStateRec before;

        if (!device->key || !device->key->xkbInfo || (device != keyboard && master_of(device) != master))
            continue;
        before = *state_of(device);
        state_of(device)->locked_mods = (unsigned char)((before.locked_mods & ~hide) | show);
        xspice_keyboard_state_changed(device, &before);
    }
}

static unsigned own_modifiers(void) {
    unsigned modifiers = 0;

    for (int keycode = 0; keycode < 256; keycode++)
        if (held[keycode].keysym != NoSymbol)
            modifiers |= held[keycode].modifiers;
    return modifiers;
}

static void post(uint8_t keycode, bool pressed) {
    xspice_keyboard_post(keycode, pressed);
    mieqProcessInputEvents(); /* now, with the modifiers as they are now */
}

void xspice_keysyms_settle(DeviceIntPtr keyboard) {
    if (changed.keycode == 0)
        return;
    mieqProcessInputEvents();
    for (int i = MODIFIER_COUNT - 1; i >= 0; i--)
        if (changed.pressed[i] != 0)
            post(changed.pressed[i], false);
    show_base(keyboard, changed.base);
    show_base(master_of(keyboard), changed.master_base);
    set_locked(keyboard, 0, changed.locked);
    memset(&changed, 0, sizeof(changed));
}

/* Makes the effective modifiers those that the place takes and `own`. */
static void change_modifiers(DeviceIntPtr keyboard, const struct xspice_key_place *place, unsigned own) {
    DeviceIntPtr master = master_of(keyboard);
    const XkbStateRec *state = state_of(master);
    unsigned wanted = place->modifiers | own;
    unsigned missing;

    changed.keycode = place->keycode;
    changed.locked = state->locked_mods & (LockMask | (place->of_type & ~wanted));
    if (changed.locked)
        set_locked(keyboard, changed.locked, 0);
    changed.base = hide_base(keyboard, ~wanted);
    if (master != keyboard)
        changed.master_base = hide_base(master, ~wanted);
    missing = wanted & ~(unsigned)state->mods;
    for (int i = 0; i < MODIFIER_COUNT; i++) {
        uint8_t keycode;

        if (!(missing & (1u << i)))
            continue;
        keycode = xspice_key_place_of_modifier(keyboard->key->xkbInfo->desc, state->group, 1u << i);
        if (keycode != 0 && !xspice_keyboard_is_down(keycode)) {
            changed.pressed[i] = keycode;
            post(keycode, true);
        }
    }
}

/* --- Keys ---------------------------------------------------------------------------------------------- */

static void release(DeviceIntPtr keyboard, uint8_t keycode) {
    if (xspice_keyboard_is_down(keycode))
        post(keycode, false);
    xspice_spare_keys_used(keycode, held[keycode].keysym, false);
    memset(&held[keycode], 0, sizeof(held[keycode]));
    if (keycode == changed.keycode)
        xspice_keysyms_settle(keyboard);
}

/* Whether the key changes the state, and so looks at it, and at all of it. */
static bool changes_state(const XkbAction *action) {
    switch (action->type) {
    case XkbSA_SetMods:
    case XkbSA_LatchMods:
    case XkbSA_LockMods:
    case XkbSA_SetGroup:
    case XkbSA_LatchGroup:
    case XkbSA_LockGroup:
    case XkbSA_ISOLock:
        return true;
    default:
        return false;
    }
}

static void press(DeviceIntPtr keyboard, KeySym keysym, const struct xspice_key_place *place, unsigned own) {
    uint8_t keycode = place->keycode;

    /* Somebody may hold it, with this meaning or another. */
    release(keyboard, keycode);
    if (!changes_state(&place->action))
        change_modifiers(keyboard, place, own);
    else if (place->action.type == XkbSA_SetMods || place->action.type == XkbSA_LatchMods)
        held[keycode].modifiers = place->action.mods.mask;
    held[keycode].keysym = keysym;
    post(keycode, true);
    xspice_spare_keys_used(keycode, keysym, true);
}

static unsigned press_keysym(DeviceIntPtr keyboard, KeySym keysym) {
    XkbDescPtr map = keyboard->key->xkbInfo->desc;
    struct xspice_key_place place;
    struct xspice_modifiers modifiers;
    const XkbStateRec *state = state_of(master_of(keyboard));

    xspice_keysyms_settle(keyboard);
    mieqProcessInputEvents(); /* what was posted before may change the state */
    modifiers.kept = own_modifiers();
    modifiers.locked = state->locked_mods & ~(unsigned)LockMask;
    if (!xspice_key_place_find(map, state->group, keysym, modifiers, &place)) {
        unsigned wait;

        if (!xspice_spare_keys_lend(keyboard, keysym, &wait) ||
            !xspice_key_place_find(map, state->group, keysym, modifiers, &place))
            return wait;
    }
    press(keyboard, keysym, &place, modifiers.kept);
    return 0;
}

unsigned xspice_keysyms_key(DeviceIntPtr keyboard, KeySym keysym, bool pressed) {
    if (keysym == NoSymbol)
        return 0;
    if (pressed)
        return press_keysym(keyboard, keysym);
    for (int keycode = 0; keycode < 256; keycode++)
        if (held[keycode].keysym == keysym)
            release(keyboard, (uint8_t)keycode);
    return 0;
}

void xspice_keysyms_init(void) {
    memset(held, 0, sizeof(held));
    memset(&changed, 0, sizeof(changed));
}
