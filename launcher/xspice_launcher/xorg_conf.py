"""The xorg.conf of one display."""
from . import values
from .option_table import OPTIONS
from .settings import Settings

_TEMPLATE = """\
# Made by xspice.
Section "ServerFlags"
    # No device of this machine belongs to this display.
    Option "AutoAddDevices" "false"
    Option "AutoAddGPU" "false"
    Option "DontVTSwitch" "true"
    Option "DontZap" "true"
    # A screen that nobody sits at must not go dark.
    Option "BlankTime" "0"
    Option "StandbyTime" "0"
    Option "SuspendTime" "0"
    Option "OffTime" "0"
EndSection

Section "Device"
    Identifier "xspice"
    Driver "xspice"
{device}EndSection

Section "InputDevice"
    Identifier "xspice keyboard"
    Driver "xspice"
    Option "Role" "keyboard"
    Option "XkbRules" "evdev"
{keyboard}EndSection

Section "InputDevice"
    Identifier "xspice pointer"
    Driver "xspice"
    Option "Role" "pointer"
EndSection

Section "InputDevice"
    Identifier "xspice relative pointer"
    Driver "xspice"
    Option "Role" "relative-pointer"
EndSection

Section "Screen"
    Identifier "xspice"
    Device "xspice"
    DefaultDepth 24
EndSection

Section "ServerLayout"
    Identifier "xspice"
    Screen "xspice"
    InputDevice "xspice keyboard" "CoreKeyboard"
    InputDevice "xspice pointer" "CorePointer"
    InputDevice "xspice relative pointer" "SendCoreEvents"
EndSection
"""


def text(settings: Settings, found: dict[str, object], control: str | None = None) -> str:
    """`found`: values that are known at the start only, by the names of their options; None takes one away.
    `control`: where the control socket is made.
    """
    device, keyboard = [], []
    for option in OPTIONS:
        if option.driver:
            value = found[option.name] if option.name in found else getattr(settings, option.key)
            if value is not None and value is not False and value != ():
                lines = keyboard if option.group == "Keyboard" else device
                lines.append(_line(option.driver, value))
    if settings.inherited:
        device.append(_line("SpiceListenFds", tuple(str(passed.descriptor) for passed in settings.inherited)))
    if control:
        device.append(_line("SpiceControl", control))
    device.append(_line("MaxSize", values.screen_limit(settings.size, settings.numheads)))
    return _TEMPLATE.format(device="".join(device), keyboard="".join(keyboard))


def _line(name: str, value: object) -> str:
    return f'    Option "{name}" "{_written(value)}"\n'


def _written(value: object) -> str:
    if value is True:
        return "true"
    if isinstance(value, tuple) and not isinstance(value, values.Size):
        return ",".join(value)
    return str(value)
