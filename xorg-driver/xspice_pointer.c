#include "xspice_pointer.h"

#include <X11/Xatom.h>
#include <X11/extensions/XI.h>
#include <exevents.h>
#include <xserver-properties.h>

#include "xspice_input.h"

#define BUTTON_COUNT 16
#define AXIS_COUNT 2

enum kind { ABSOLUTE, RELATIVE, KIND_COUNT };

/* The enabled devices, NULL where there is none. */
static DeviceIntPtr pointers[KIND_COUNT];
/* The one that moved last; buttons come from the device that the user is moving. */
static enum kind moved_last = ABSOLUTE;
/* Which device holds each button, by button number: it has to be the one that releases it. */
static DeviceIntPtr holders[BUTTON_COUNT + 1];

static const char *const button_labels[BUTTON_COUNT] = {
    BTN_LABEL_PROP_BTN_LEFT,
    BTN_LABEL_PROP_BTN_MIDDLE,
    BTN_LABEL_PROP_BTN_RIGHT,
    BTN_LABEL_PROP_BTN_WHEEL_UP,
    BTN_LABEL_PROP_BTN_WHEEL_DOWN,
    BTN_LABEL_PROP_BTN_HWHEEL_LEFT,
    BTN_LABEL_PROP_BTN_HWHEEL_RIGHT,
    BTN_LABEL_PROP_BTN_SIDE,
    BTN_LABEL_PROP_BTN_EXTRA,
    BTN_LABEL_PROP_BTN_FORWARD,
    BTN_LABEL_PROP_BTN_BACK,
    BTN_LABEL_PROP_BTN_TASK,
    BTN_LABEL_PROP_BTN_0,
    BTN_LABEL_PROP_BTN_1,
    BTN_LABEL_PROP_BTN_2,
    BTN_LABEL_PROP_BTN_3,
};

static const char *const axis_labels[KIND_COUNT][AXIS_COUNT] = {
    [ABSOLUTE] = {AXIS_LABEL_PROP_ABS_X, AXIS_LABEL_PROP_ABS_Y},
    [RELATIVE] = {AXIS_LABEL_PROP_REL_X, AXIS_LABEL_PROP_REL_Y},
};

/* The feedback is acceleration, which the server applies by itself. */
static void control_changed(DeviceIntPtr device, PtrCtrl *control) {
    (void)device;
    (void)control;
}

static Bool init_device(DeviceIntPtr device, enum kind kind) {
    CARD8 map[BUTTON_COUNT + 1];
    Atom buttons[BUTTON_COUNT], axes[AXIS_COUNT];

    for (int i = 0; i <= BUTTON_COUNT; i++)
        map[i] = (CARD8)i;
    for (int i = 0; i < BUTTON_COUNT; i++)
        buttons[i] = XIGetKnownProperty(button_labels[i]);
    for (int i = 0; i < AXIS_COUNT; i++)
        axes[i] = XIGetKnownProperty(axis_labels[kind][i]);
    if (!InitPointerDeviceStruct(&device->public, map, BUTTON_COUNT, buttons, control_changed,
                                 GetMotionHistorySize(), AXIS_COUNT, axes))
        return FALSE;
    for (int i = 0; i < AXIS_COUNT; i++) {
        /* Without limits the server takes an absolute value for what it is: a pixel of the screen, exact for
         * each size that the screen will have. */
        if (!xf86InitValuatorAxisStruct(device, i, axes[i], NO_AXIS_LIMITS, NO_AXIS_LIMITS, 0, 0, 0,
                                        kind == ABSOLUTE ? Absolute : Relative))
            return FALSE;
        xf86InitValuatorDefaults(device, i);
    }
    return TRUE;
}

static void forget_device(DeviceIntPtr device, enum kind kind) {
    /* The server itself releases the buttons of a device that goes away. */
    for (int button = 0; button <= BUTTON_COUNT; button++)
        if (holders[button] == device)
            holders[button] = NULL;
    if (pointers[kind] == device)
        pointers[kind] = NULL;
}

static Bool control_device(DeviceIntPtr device, int what, enum kind kind) {
    switch (what) {
    case DEVICE_INIT:
        return init_device(device, kind) ? Success : BadAlloc;
    case DEVICE_ON:
        pointers[kind] = device;
        device->public.on = TRUE;
        return Success;
    case DEVICE_OFF:
    case DEVICE_CLOSE:
        forget_device(device, kind);
        device->public.on = FALSE;
        return Success;
    default: /* DEVICE_ABORT: there is no hardware to bring back to a sane state */
        return Success;
    }
}

static Bool control_absolute(DeviceIntPtr device, int what) {
    return control_device(device, what, ABSOLUTE);
}

static Bool control_relative(DeviceIntPtr device, int what) {
    return control_device(device, what, RELATIVE);
}

int xspice_pointer_pre_init(InputInfoPtr info, bool absolute) {
    info->type_name = XI_MOUSE;
    info->device_control = absolute ? control_absolute : control_relative;
    info->fd = -1;
    return Success;
}

static void post_motion(enum kind kind, int x, int y) {
    const int values[AXIS_COUNT] = {x, y};

    if (!pointers[kind])
        return;
    moved_last = kind;
    input_lock();
    xf86PostMotionEventP(pointers[kind], kind == ABSOLUTE, 0, AXIS_COUNT, values);
    input_unlock();
}

void xspice_pointer_position(int x, int y) {
    post_motion(ABSOLUTE, x, y);
}

void xspice_pointer_motion(int dx, int dy) {
    post_motion(RELATIVE, dx, dy);
}

void xspice_pointer_button(uint8_t button, bool pressed) {
    DeviceIntPtr device;

    if (button < 1 || button > BUTTON_COUNT || pressed == (holders[button] != NULL))
        return;
    device = pressed ? pointers[moved_last] : holders[button];
    if (!device) /* one kind of pointer alone is configured */
        device = pointers[moved_last == ABSOLUTE ? RELATIVE : ABSOLUTE];
    if (!device)
        return;
    holders[button] = pressed ? device : NULL;
    input_lock();
    xf86PostButtonEventP(device, Relative, button, pressed, 0, 0, NULL);
    input_unlock();
}
