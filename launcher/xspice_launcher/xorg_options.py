"""Options of the X server that can be given to xspice: see Xserver(1) and Xorg(1)."""
import shlex

# How many arguments each takes. It is passed on.
_PASSED = {
    "-ac": 0, "-audit": 1, "-background": 1, "-br": 0, "-bs": 0, "-deferglyphs": 1, "-dpms": 0, "-dumbSched": 0,
    "-extension": 1, "+extension": 1, "-f": 1, "-fc": 1, "-fn": 1, "-fp": 1, "-iglx": 0, "+iglx": 0, "-ld": 1,
    "-lf": 1, "-logverbose": 1, "-ls": 1, "-maxbigreqsize": 1, "-maxclients": 1, "-nocursor": 0,
    "-p": 1, "-quiet": 0, "-r": 0, "r": 0, "-render": 1, "-retro": 0, "-s": 1, "-schedInterval": 1,
    "-t": 1, "-to": 1, "-tst": 0, "-v": 0, "v": 0, "-verbose": 1, "-wr": 0, "-xkbdir": 1,
}
# They are given to the X server anyway.
_GIVEN = {"-noreset": 0, "-novtswitch": 0, "-sharevts": 0, "-keeptty": 0}
# They stand for an option of ours.
OURS = {"-dpi": "--dpi", "-logfile": "--log-file"}
_REFUSED = {
    "-auth": "xspice makes a cookie of its own, which programs find through DISPLAY alone; leave it out",
    "-config": "xspice writes the xorg.conf itself; leave it out, or give --config FILE",
    "-configdir": "xspice writes the xorg.conf itself; leave it out",
    "-device": "names a section of an xorg.conf, which xspice writes itself; leave it out",
    "-displayfd": "xspice prints the display, and tells a service manager when it is ready; leave it out",
    "-layout": "names a section of an xorg.conf, which xspice writes itself; leave it out",
    "-modulepath": "needed by xspice; give --module-path DIRECTORY",
    "-reset": "the display would begin anew when its last program ends; leave it out",
    "-screen": "names a section of an xorg.conf, which xspice writes itself; leave it out",
    "-terminate": "give --session, --exit-on-disconnect or a command after \"--\" for a display that ends",
}
LISTEN_TO_TCP = "-listen tcp"
# Those whose one argument can be nothing else. xspice itself does what they ask for, and makes the sockets.
_ONLY = {"-depth": "24", "-fbbpp": "32", "-listen": "tcp", "-nolisten": "tcp"}
NAMES = tuple(sorted({*_PASSED, *_GIVEN, *OURS, *_ONLY}))


def arguments_of(name: str) -> int | None:
    """How many words belong to the option `name`; None: it is no option of the X server, as far as we know."""
    if name in OURS or name in _ONLY:
        return 1
    if name in _REFUSED:
        return 0
    return _PASSED.get(name, _GIVEN.get(name))


def parse(argument: str) -> str:
    """One option and its arguments, quoted as in a shell. Raises ValueError."""
    try:
        words = shlex.split(argument)
    except ValueError:
        raise ValueError("with a quotation mark that is not closed; close it") from None
    name, given = (words[0], words[1:]) if words else ("", [])
    if name in _REFUSED:
        raise ValueError(_REFUSED[name])
    if name in OURS:
        raise ValueError(f"xspice has an option of its own for that; give {OURS[name]}")
    count = arguments_of(name)
    if count is None:
        raise ValueError("not an option of the X server that xspice passes on; see xspice(1)")
    if len(given) != count:
        raise ValueError(f"takes {count or 'no'} argument{'' if count == 1 else 's'}; write it so")
    if name in _ONLY and given != [_ONLY[name]]:
        raise ValueError(f"only {_ONLY[name]} can be had; give that, or leave it out")
    return shlex.join(words)


def words(options: tuple[str, ...]) -> list[str]:
    """For the command line of the X server: of what parse() returned, all that it is not given anyway."""
    found = [shlex.split(option) for option in options]
    return [word for option in found if option[0] not in _GIVEN and option[0] not in _ONLY for word in option]
