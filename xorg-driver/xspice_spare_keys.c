#include "xspice_spare_keys.h"

#include <string.h>

#include <os.h>
#include <xkbsrv.h>

/* An X client is given this long to look a key up before its place may get another meaning, ... */
#define KEPT_MS 1000
/* ... and this long when nothing needs the place. */
#define KEPT_IDLE_MS 20000

/* A lent key has two levels: without and with Shift. Keymaps leave some twenty keycodes unused. */
enum { LEVELS = 2 };

struct place {
    KeySym keysym; /* NoSymbol: not lent */
    CARD32 used;   /* when, by GetTimeInMillis() */
};

static struct {
    bool lent, down;
    struct place places[LEVELS];
} keys[256];

static OsTimerPtr give_back_timer; /* NULL: nothing was lent yet */

/* --- The map ------------------------------------------------------------------------------------------- */

static bool is_unused(XkbDescPtr map, unsigned keycode) {
    return XkbKeyNumGroups(map, keycode) == 0 && map->map->modmap[keycode] == 0 &&
           !XkbKeyHasActions(map, keycode) && map->server->explicit[keycode] == 0;
}

static bool is_as_lent(XkbDescPtr map, unsigned keycode) {
    if (XkbKeyNumGroups(map, keycode) != 1 || XkbKeyGroupsWidth(map, keycode) != LEVELS)
        return false;
    for (int level = 0; level < LEVELS; level++)
        if (XkbKeySymsPtr(map, keycode)[level] != keys[keycode].places[level].keysym)
            return false;
    return true;
}

/* As keys[keycode] says. */
static void set_meaning(DeviceIntPtr device, uint8_t keycode) {
    XkbDescPtr map = device->key->xkbInfo->desc;
    int groups = keys[keycode].lent ? 1 : 0;
    int type = XkbTwoLevelIndex;
    XkbChangesRec changes;
    XkbEventCauseRec cause;

    memset(&changes, 0, sizeof(changes));
    if (XkbChangeTypesOfKey(map, keycode, groups, XkbGroup1Mask, &type, &changes.map) != Success)
        return;
    for (int level = 0; groups != 0 && level < LEVELS; level++)
        XkbKeySymsPtr(map, keycode)[level] = keys[keycode].places[level].keysym;
    changes.map.changed |= XkbKeySymsMask;
    changes.map.first_key_sym = keycode;
    changes.map.num_key_syms = 1;
    XkbSetCauseUnknown(&cause);
    XkbUpdateActions(device, keycode, 1, &changes, NULL, &cause);
    XkbSendNotification(device, &changes, &cause);
}

/* The master's map is what X clients see, and it becomes that of whichever slave is used: they stay alike. */
static void set_meaning_everywhere(DeviceIntPtr keyboard, uint8_t keycode) {
    DeviceIntPtr master = GetMaster(keyboard, MASTER_KEYBOARD);

    for (DeviceIntPtr device = inputInfo.devices; device; device = device->next) {
        if (!device->key || !device->key->xkbInfo)
            continue;
        if (device == keyboard || (master && GetMaster(device, MASTER_KEYBOARD) == master))
            set_meaning(device, keycode);
    }
}

/* --- Lending ------------------------------------------------------------------------------------------- */

static void forget(unsigned keycode) {
    memset(&keys[keycode], 0, sizeof(keys[keycode]));
}

/* Another layout may have been loaded meanwhile. */
static void forget_overwritten(XkbDescPtr map) {
    for (unsigned keycode = map->min_key_code; keycode <= map->max_key_code; keycode++)
        if (keys[keycode].lent && !is_as_lent(map, keycode))
            forget(keycode);
}

/* Ms until it may mean something else, if it may `kept` ms after it was used. */
static CARD32 wait_for(unsigned keycode, const struct place *place, CARD32 kept, CARD32 now) {
    CARD32 age = now - place->used;

    if (place->keysym == NoSymbol)
        return 0;
    if (keys[keycode].down)
        return kept;
    return age >= kept ? 0 : kept - age;
}

static CARD32 give_back(OsTimerPtr timer, CARD32 now, void *data) {
    DeviceIntPtr keyboard = data;
    CARD32 next = 0;

    (void)timer;
    forget_overwritten(keyboard->key->xkbInfo->desc);
    for (unsigned keycode = 0; keycode < 256; keycode++) {
        CARD32 longest = 0;

        if (!keys[keycode].lent)
            continue;
        for (int level = 0; level < LEVELS; level++)
            longest = max(longest, wait_for(keycode, &keys[keycode].places[level], KEPT_IDLE_MS, now));
        if (longest == 0) {
            forget(keycode);
            set_meaning_everywhere(keyboard, (uint8_t)keycode);
        } else if (next == 0 || longest < next) {
            next = longest;
        }
    }
    return next; /* ms until it is called again; 0: not */
}

/* An unused place before all others, then the one that has not been used for the longest time. */
static bool is_better(const struct place *place, CARD32 wait, const struct place *best, CARD32 best_wait,
                      CARD32 now) {
    if (!best || wait != best_wait)
        return !best || wait < best_wait;
    if (best->keysym == NoSymbol || place->keysym == NoSymbol)
        return best->keysym != NoSymbol;
    return now - place->used > now - best->used;
}

bool xspice_spare_keys_lend(DeviceIntPtr keyboard, KeySym keysym, unsigned *wait) {
    XkbDescPtr map = keyboard->key->xkbInfo->desc;
    CARD32 now = GetTimeInMillis();
    struct place *best = NULL;
    unsigned best_keycode = 0;

    *wait = 0;
    forget_overwritten(map);
    /* All keys without Shift come first. */
    for (int level = 0; level < LEVELS; level++) {
        for (unsigned keycode = map->min_key_code; keycode <= map->max_key_code; keycode++) {
            struct place *place = &keys[keycode].places[level];
            CARD32 place_wait;

            /* The release of one that is down may come after this key: that would be waiting for ever. */
            if (keys[keycode].down || (!keys[keycode].lent && !is_unused(map, keycode)))
                continue;
            place_wait = wait_for(keycode, place, KEPT_MS, now);
            if (is_better(place, place_wait, best, *wait, now)) {
                best = place;
                best_keycode = keycode;
                *wait = place_wait;
            }
        }
    }
    if (!best || *wait > 0)
        return false;
    best->keysym = keysym;
    best->used = now;
    keys[best_keycode].lent = true;
    set_meaning_everywhere(keyboard, (uint8_t)best_keycode);
    give_back_timer = TimerSet(give_back_timer, 0, KEPT_IDLE_MS, give_back, keyboard);
    return true;
}

void xspice_spare_keys_used(uint8_t keycode, KeySym keysym, bool pressed) {
    keys[keycode].down = pressed;
    for (int level = 0; level < LEVELS; level++)
        if (keys[keycode].places[level].keysym == keysym)
            keys[keycode].places[level].used = GetTimeInMillis();
}

void xspice_spare_keys_take_back(DeviceIntPtr keyboard) {
    forget_overwritten(keyboard->key->xkbInfo->desc);
    for (unsigned keycode = 0; keycode < 256; keycode++) {
        if (!keys[keycode].lent)
            continue;
        forget(keycode);
        set_meaning_everywhere(keyboard, (uint8_t)keycode);
    }
    memset(keys, 0, sizeof(keys)); /* nothing is down any more, either */
    TimerFree(give_back_timer);
    give_back_timer = NULL;
}
