/* What the server's loader sees: one module that holds a video driver and an input driver. */
#include <xorg-server.h>

#include <xf86.h>
#include <xf86Module.h>

#include "xspice_input.h"
#include "xspice_options.h"
#include "xspice_screen.h"

#define DRIVER_NAME "xspice"

static void identify(int flags) {
    (void)flags;
    xf86Msg(X_INFO, DRIVER_NAME ": virtual screen shown to SPICE clients\n");
}

static Bool probe(DriverPtr driver, int flags) {
    GDevPtr *devices;
    int count = xf86MatchDevice(DRIVER_NAME, &devices);

    if (count <= 0)
        return FALSE;
    if (count > 1)
        xf86Msg(X_WARNING,
                DRIVER_NAME ": one screen per X server; Device sections after \"%s\" are ignored\n",
                devices[0]->identifier);
    if (!(flags & PROBE_DETECT)) {
        int entity = xf86ClaimNoSlot(driver, 0, devices[0], TRUE);
        ScrnInfoPtr scrn = xf86AllocateScreen(driver, 0);

        xf86AddEntityToScreen(scrn, entity);
        xspice_screen_setup(scrn);
        scrn->Probe = probe;
    }
    free(devices);
    return TRUE;
}

/* No console and no VT: this driver has no hardware. */
static Bool driver_func(ScrnInfoPtr scrn, xorgDriverFuncOp op, void *data) {
    (void)scrn;
    if (op != GET_REQUIRED_HW_INTERFACES)
        return FALSE;
    *(xorgHWFlags *)data = HW_SKIP_CONSOLE;
    return TRUE;
}

static DriverRec driver_record = {
    .driverVersion = 1,
    .driverName = DRIVER_NAME,
    .Identify = identify,
    .Probe = probe,
    .AvailableOptions = xspice_options_available,
    .driverFunc = driver_func,
};

static void *setup(void *module, void *options, int *error_major, int *error_minor) {
    static bool done;

    (void)options;
    (void)error_minor;
    if (done) {
        if (error_major)
            *error_major = LDR_ONCEONLY;
        return NULL;
    }
    done = true;
    xf86AddDriver(&driver_record, module, 0);
    return xspice_input_register(module) ? module : NULL;
}

static XF86ModuleVersionInfo version = {
    .modname = DRIVER_NAME,
    .vendor = "xspice",
    ._modinfo1_ = MODINFOSTRING1,
    ._modinfo2_ = MODINFOSTRING2,
    .xf86version = XORG_VERSION_CURRENT,
    .majorversion = XSPICE_VERSION_MAJOR,
    .minorversion = XSPICE_VERSION_MINOR,
    .patchlevel = XSPICE_VERSION_PATCH,
    .abiclass = ABI_CLASS_VIDEODRV,
    .abiversion = ABI_VIDEODRV_VERSION,
    .moduleclass = MOD_CLASS_VIDEODRV,
    .checksum = {0, 0, 0, 0},
};

/* The loader looks this name up: "<module name>ModuleData". */
extern _X_EXPORT XF86ModuleData xspiceModuleData;
_X_EXPORT XF86ModuleData xspiceModuleData = {&version, setup, NULL};
