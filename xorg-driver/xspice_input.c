#include "xspice_input.h"

#include <string.h>

#include <xf86.h>
#include <xf86Priv.h>
#include <xf86Xinput.h>

#include "xspice_keyboard.h"
#include "xspice_pointer.h"

#define DRIVER_NAME "xspice"
#define DEFAULT_ROLE "pointer"

static int pre_init(InputDriverPtr driver, InputInfoPtr info, int flags) {
    char *role = xf86SetStrOption(info->options, "Role", DEFAULT_ROLE);
    int result = BadValue;

    (void)driver;
    (void)flags;
    if (strcmp(role, "keyboard") == 0)
        result = xspice_keyboard_pre_init(info);
    else if (strcmp(role, "pointer") == 0)
        result = xspice_pointer_pre_init(info, true);
    else if (strcmp(role, "relative-pointer") == 0)
        result = xspice_pointer_pre_init(info, false);
    else
        xf86IDrvMsg(info, X_ERROR, "Option \"Role\" is \"%s\", not keyboard, pointer or relative-pointer\n",
                    role);
    free(role);
    return result;
}

/* Profile -1 does not accelerate: the client's own system already has. */
static const char *default_options[] = {"AccelerationProfile", "-1", NULL};

static InputDriverRec input_driver = {
    .driverVersion = 1,
    .driverName = DRIVER_NAME,
    .PreInit = pre_init,
    .default_options = default_options,
};

Bool xspice_input_register(void *module) {
    xf86AddInputDriver(&input_driver, module, 0);
    return TRUE;
}

void xspice_input_screen_init(void) {
    XF86OptionPtr options = NULL;

    /* The devices themselves are made after the screens and XKB's first keyboards, so the server's view of
     * the configuration is the only place to know their layout from now. */
    for (InputInfoPtr *info = xf86ConfigLayout.inputs; info && *info; info++) {
        const char *role = xf86FindOptionValue((*info)->options, "Role");
        if (strcmp((*info)->driver, DRIVER_NAME) == 0 && role && strcmp(role, "keyboard") == 0)
            options = (*info)->options;
    }
    xspice_keyboard_set_default_rules(options);
}
