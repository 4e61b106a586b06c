#include "xspice_keyboard.h"

#include <X11/extensions/XI.h>
#include <mi.h>
#include <xf86Opt.h>
#include <xkbsrv.h>
#include <xserver-properties.h>

#include "keymap.h"
#include "xspice_input.h"
#include "xspice_keysyms.h"
#include "xspice_spare_keys.h"

/* The numbers of XKB's indicators, less one, in every keymap of the "evdev" rules: the order of the LEDs. */
enum { CAPS_LED, NUM_LED, SCROLL_LED, LED_COUNT };

/* SPICE's bit for each LED (SPICE_KEYBOARD_MODIFIER_FLAGS_*, repeated in xspice_input.h). */
static const uint8_t lock_of_led[LED_COUNT] = {[CAPS_LED] = 4, [NUM_LED] = 2, [SCROLL_LED] = 1};

/* Where key events go: the enabled keyboard, NULL while there is none. */
static DeviceIntPtr keyboard;
/* Which keys of it clients hold, by X keycode. */
static bool key_down[256];
/* What clients were last told, -1: nothing yet in this generation. */
static int locks_told = -1;

static void read_rules(XF86OptionPtr options, XkbRMLVOSet *rules) {
    rules->rules = xf86SetStrOption(options, "XkbRules", "evdev");
    rules->model = xf86SetStrOption(options, "XkbModel", "pc105");
    rules->layout = xf86SetStrOption(options, "XkbLayout", "us");
    rules->variant = xf86SetStrOption(options, "XkbVariant", "");
    rules->options = xf86SetStrOption(options, "XkbOptions", "");
}

void xspice_keyboard_set_default_rules(XF86OptionPtr options) {
    XkbRMLVOSet rules;

    /* Without AutoAddDevices the server's own default is "base", whose keycodes are others. The XTEST
     * keyboard would have those, and the master keyboard's map would change whenever xdotool and a client
     * take turns. */
    read_rules(options, &rules);
    XkbSetRulesDflts(&rules);
    XkbFreeRMLVOSet(&rules, FALSE);
}

/* SPICE has no message for the bell. */
static void ring_bell(int percent, DeviceIntPtr device, void *control, int class) {
    (void)percent;
    (void)device;
    (void)control;
    (void)class;
}

/* Comes whenever XKB changes the LEDs, by whichever keyboard: all slaves of a master share their locks. */
static void control_changed(DeviceIntPtr device, KeybdCtrl *control) {
    uint8_t locks = 0;

    (void)device;
    for (int led = 0; led < LED_COUNT; led++)
        if (control->leds & (1u << led))
            locks |= lock_of_led[led];
    /* It also comes for the bell, key clicks and repeats. */
    if (locks != locks_told) {
        locks_told = locks;
        xspice_screen_lock_keys_changed(locks);
    }
}

static Bool init_device(InputInfoPtr info) {
    XkbRMLVOSet rules;
    Bool ok;

    locks_told = -1;
    read_rules(info->options, &rules);
    ok = InitKeyboardDeviceStruct(info->dev, &rules, ring_bell, control_changed);
    XkbFreeRMLVOSet(&rules, FALSE);
    if (!ok)
        xf86IDrvMsg(info, X_ERROR, "cannot make a keyboard with these Xkb options\n");
    return ok;
}

static Bool control_device(DeviceIntPtr device, int what) {
    InputInfoPtr info = device->public.devicePrivate;

    switch (what) {
    case DEVICE_INIT:
        return init_device(info) ? Success : BadAlloc;
    case DEVICE_ON:
        memset(key_down, 0, sizeof(key_down));
        xspice_keysyms_init();
        keyboard = device;
        device->public.on = TRUE;
        return Success;
    case DEVICE_OFF:
    case DEVICE_CLOSE:
        if (keyboard == device) {
            xspice_spare_keys_take_back(device);
            keyboard = NULL;
        }
        device->public.on = FALSE;
        return Success;
    default: /* DEVICE_ABORT: there is no hardware to bring back to a sane state */
        return Success;
    }
}

int xspice_keyboard_pre_init(InputInfoPtr info) {
    info->type_name = XI_KEYBOARD;
    info->device_control = control_device;
    info->fd = -1;
    return Success;
}

bool xspice_keyboard_is_down(uint8_t keycode) {
    return key_down[keycode];
}

void xspice_keyboard_post(uint8_t keycode, bool pressed) {
    key_down[keycode] = pressed;
    input_lock();
    xf86PostKeyEvent(keyboard, keycode, pressed);
    input_unlock();
}

void xspice_keyboard_key(uint16_t scancode, bool pressed) {
    uint8_t keycode = xspice_keymap_keycode(scancode);

    if (!keyboard || keycode == 0)
        return;
    /* The server repeats held keys itself. A repeat of a client would still be seen as a raw event. */
    if (key_down[keycode] == pressed)
        return;
    xspice_keysyms_settle(keyboard);
    xspice_keyboard_post(keycode, pressed);
}

unsigned xspice_keyboard_keysym(uint32_t keysym, bool pressed) {
    return keyboard ? xspice_keysyms_key(keyboard, keysym, pressed) : 0;
}

void xspice_keyboard_settle(void) {
    if (keyboard)
        xspice_keysyms_settle(keyboard);
}

unsigned xspice_keyboard_state_changed(DeviceIntPtr device, XkbStatePtr before) {
    XkbSrvInfoPtr xkb = device->key->xkbInfo;
    xkbStateNotify notify = {0};

    XkbComputeDerivedState(xkb);
    notify.changed = (CARD16)XkbStateChangedFlags(before, &xkb->state);
    if (notify.changed)
        XkbSendStateNotify(device, &notify);
    return notify.changed;
}

/* The modifiers that light an LED when they are locked. Layouts may have none, as for Scroll Lock. */
static unsigned modifiers_of_led(DeviceIntPtr device, int led) {
    XkbSrvLedInfoPtr leds = XkbFindSrvLedInfo(device, XkbDfltXIClass, XkbDfltXIId, 0);

    if (!leds || !leds->maps || !(leds->mapsPresent & (1u << led)))
        return 0;
    if (!(leds->maps[led].which_mods & (XkbIM_UseLocked | XkbIM_UseEffective)))
        return 0;
    return leds->maps[led].mods.mask;
}

static void lock_modifiers(DeviceIntPtr device, unsigned affected, unsigned locked) {
    XkbSrvInfoPtr xkb = device->key->xkbInfo;
    XkbStateRec before = xkb->state;
    XkbEventCauseRec cause;
    unsigned changed;
    CARD32 leds;

    xkb->state.locked_mods = (unsigned char)((xkb->state.locked_mods & ~affected) | locked);
    changed = xspice_keyboard_state_changed(device, &before);
    if (!changed)
        return;
    leds = XkbIndicatorsToUpdate(device, changed, FALSE);
    if (leds) {
        XkbSetCauseUnknown(&cause);
        XkbUpdateIndicators(device, leds, TRUE, NULL, &cause);
    }
}

void xspice_keyboard_set_locks(uint8_t locks) {
    unsigned affected = 0, locked = 0;
    DeviceIntPtr master;

    if (!keyboard)
        return;
    xspice_keysyms_settle(keyboard);
    /* A Caps Lock key on its way through the server's queue came before this and must not toggle it later. */
    mieqProcessInputEvents();
    for (int led = 0; led < LED_COUNT; led++) {
        unsigned modifiers = modifiers_of_led(keyboard, led);
        affected |= modifiers;
        if (locks & lock_of_led[led])
            locked |= modifiers;
    }
    /* As for XkbLockModifiers: the master, which the X clients look at, and each of its slaves. */
    master = GetMaster(keyboard, MASTER_KEYBOARD);
    for (DeviceIntPtr device = inputInfo.devices; device; device = device->next) {
        if (!device->key || !device->key->xkbInfo)
            continue;
        if (device == keyboard || (master && GetMaster(device, MASTER_KEYBOARD) == master))
            lock_modifiers(device, affected, locked);
    }
}
