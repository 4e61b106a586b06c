"""Every command of xspicectl, once: help is made from it, and the manual tested against it."""
from .. import values
from . import access, display, inputs, metrics, parse, screen
from .command import Call, Command, Flag, Result

_ALL_DAY = parse.seconds(0.001)
_EXPIRY = parse.seconds(1, 10 * 365 * 86400)


def _vv(call: Call) -> Result:
    from . import vv  # here: it takes much of the launcher that the others do not need

    return vv.run(call)


COMMANDS: tuple[Command, ...] = (
    Command("list", "", (0, 0), "which displays of yours are running",
            "Shows all displays of this user: the size of the screen, how many clients are connected, how long it "
            "has been running, and the process of the X server.",
            display.list_displays,
            examples=(("list", "which displays are there"),)),
    Command("status", "", (0, 0), "what one display is doing",
            "Shows the screen, its monitors, how many clients are connected, which keyboard locks are on, how many "
            "pictures X has drawn, and how many programs are recording.",
            display.status,
            examples=(("status", "the only display there is"), (":1 status --json", "display :1, for a program"))),
    Command("clients", "", (0, 0), "who is connected",
            "Shows every client: its number, where it comes from, who it is (if that is known), since when, whether "
            "it may use the desktop or only watch, whether it is encrypted, what it was sent, and the round trip to "
            "it. The other commands take its number.",
            display.clients,
            examples=(("clients", "who is looking"),)),
    Command("kick", "CLIENT|all", (1, 1), "disconnect a client",
            "Disconnects the client of that number, or all of them. They may come back if they have a ticket that "
            "is still good.",
            access.kick,
            examples=(("kick 3", 'client 3 of "xspicectl clients"'), ("kick all", "everybody"))),
    Command("view-only", "CLIENT [on|off]", (1, 2), "let a client only watch, or use the desktop again",
            "With on, or without a word, keys and clicks of the client of that number count no more; with off they "
            "do again. Whoever connects anew has what his ticket gives.",
            access.view_only,
            examples=(("view-only 3", "client 3 only watches"), ("view-only 3 off", "and works again"))),
    Command("tickets", "add|set|off", (1, 1), "change the passwords that let clients in",
            "A ticket is a password that clients give when they connect. add lets clients in with one more ticket, "
            "beside those there are. set makes it the only one: passwords of before, and that of the display's own "
            ".vv file, are good no longer; vv makes files that open the display. off lets everybody in who reaches the "
            "port, without a password.\n\n"
            "Without --password-file a random password is made and printed. Passwords are never taken from the "
            "command line, which other users can read. Who is connected stays so unless --connected says otherwise.",
            access.tickets,
            flags=(
                Flag("--password-file", "File whose first line is the password; - is standard input.", "FILE",
                     values.path_or_dash),
                Flag("--expires", "The ticket is good for so long. Default: while the display runs.", "SECONDS",
                     _EXPIRY),
                Flag("--one-shot", "The ticket lets one client in."),
                Flag("--view-only", "Who comes in with it may only watch."),
                Flag("--connected", "With set and off, what becomes of clients that are connected: keep; disconnect "
                     "them; or fail, which changes nothing when there is one. Default: keep.", "WHAT",
                     values.one_of("keep", "disconnect", "fail")),
            ),
            examples=(("tickets add --one-shot --expires 120", "a password for one guest, for two minutes"),
                      ("tickets set --password-file - --connected disconnect <secret", "another password for all"))),
    Command("resize", "WIDTHxHEIGHT[+X+Y]...", (1, 16), "change the size of the screen",
            "Gives the screen another size. With several sizes there are that many monitors, from left to right, or "
            "each where +X+Y says. Returns when programs see the new size.",
            screen.resize,
            examples=(("resize 1280x1024", "one monitor"), ("resize 1920x1080+0+0 1280x1024+1920+0", "two monitors"))),
    Command("screenshot", "[FILE|-]", (0, 1), "write what the screen shows into a PNG file",
            "Writes the screen, pixel for pixel, into a PNG file; without FILE, or with -, to standard output. "
            "Everything that programs had drawn before is in it. It takes no client and no X program.",
            screen.screenshot,
            flags=(Flag("--cursor", "With the pointer in it."),),
            examples=(("screenshot screen.png", "what the screen shows"),
                      (":1 screenshot --cursor | display -", "with the pointer, into a program"))),
    Command("type", "[TEXT]", (0, 1), "type a text",
            "Types the text as if on the keyboard, whatever layout it has; without TEXT what comes from standard "
            "input. A new line is the Return key. A text that begins with - goes after --, and :N stands before "
            "the command.",
            inputs.type_text,
            examples=(("type 'Hello, world'", "a line of text"), ("type <file", "the contents of a file")),
            literal=True),
    Command("key", "KEY...", (1, None), "press keys",
            "Presses keys one after another. A key is named as xev shows it, such as a, Return, F1 or Page_Up; as "
            "people do, such as ctrl, alt, shift, super, enter, esc or del; or by its character, such as U+20AC. "
            "Keys that are joined by + are held together.",
            inputs.key,
            examples=(("key ctrl+alt+F1", "keys together"), ("key ctrl+a ctrl+c Escape", "keys one after another"))),
    Command("mouse", "ACTION...", (1, None), "move the pointer and press its buttons",
            "Does one action after another: move X Y; by DX DY (from where it is); click, double-click, press or "
            "release, and which button (left, middle, right, or a number; without one, left); scroll up, down, left "
            "or right, and how far. What is still pressed at the end is released.",
            inputs.mouse,
            examples=(("mouse move 200 100 click", "click there"), ("mouse scroll down 3", "turn the wheel"),
                      ("mouse move 10 10 press move 200 100 release", "drag"))),
    Command("wait-still", "[SECONDS]", (0, 1), "wait until nothing on the screen changes",
            "Waits until the screen has not changed for so long; without SECONDS for half a second. The exit status "
            "is 1 when that did not happen in time.",
            screen.wait_still,
            flags=(Flag("--timeout", "How long to wait at most. Default: 30.", "SECONDS", _ALL_DAY, 30.0),),
            examples=(("wait-still 1 --timeout 60", "a second without changes, within a minute"),)),
    Command("record", "FILE", (1, 1), "record the screen into a video file",
            "Writes what the screen shows into a video file, whose name ends in .webm, .mkv or .mp4, until the time "
            "is up, the display ends, or it is interrupted (Ctrl-C). A recording that was cut short still plays.",
            screen.record,
            flags=(
                Flag("--fps", "Pictures per second at most. Default: 30.", "COUNT", values.integer(1, 60)),
                Flag("--duration", "How long to record. Default: until it is interrupted.", "SECONDS",
                     parse.seconds(0.1, 10_000_000)),
                Flag("--no-cursor", "Without the pointer."),
                Flag("--codec", "vp8, vp9 or h264. Default: vp8 in .webm files, h264 in others.", "CODEC",
                     values.one_of("vp8", "vp9", "h264")),
            ),
            examples=(("record session.webm --duration 60", "a minute"),)),
    Command("vv", "[FILE|-]", (0, 1), "write a file that opens the display in remote-viewer",
            "Writes a .vv file for somebody who is to connect; without FILE, or with -, to standard output. It has "
            "all that remote-viewer needs: where the display is, the certificate to know it by, and a ticket made "
            "for it, which lets one client in and expires. remote-viewer deletes the file when it has read it.",
            _vv,
            flags=(
                Flag("--host", "Name or address of this machine as clients reach it. Default: the address that the "
                     "display listens on, so the file is for this machine when it listens everywhere.", "NAME",
                     parse.host),
                Flag("--port", "Port that leads to the display's, as through a tunnel. Default: the display's.", "PORT",
                     values.integer(1, 65535)),
                Flag("--expires", "How long the ticket is good. Default: 120; with --keep, while the display runs.",
                     "SECONDS", _EXPIRY),
                Flag("--keep", "The file and its ticket may be used again and again."),
                Flag("--view-only", "Who opens it may only watch."),
                Flag("--title", "Title of the window. Default: the name of the display.", "TEXT", values.text),
                Flag("--fullscreen", "Begin with the whole screen."),
                Flag("--hotkeys", "Keys that the viewer keeps for itself, such as "
                     "toggle-fullscreen=shift+f11,release-cursor=ctrl+alt.", "ACTION=KEYS,...", parse.hotkeys),
                Flag("--username", "Who connects, for displays that ask SASL.", "NAME", values.text),
                Flag("--proxy", "HTTP proxy that leads to this machine.", "URL", parse.proxy),
                Flag("--usbredir", "on or off: whether the viewer offers its USB devices.", "WHETHER",
                     values.one_of("on", "off")),
                Flag("--smartcard", "on or off: whether the viewer offers its smartcards.", "WHETHER",
                     values.one_of("on", "off")),
                Flag("--disable-channels", "Channels that the viewer leaves out, such as playback,record.", "CHANNELS",
                     parse.dispensable_channels),
                Flag("--needs-version", "Older viewers refuse the file and say so.", "VERSION", parse.version),
            ),
            examples=(("vv guest.vv --host desk.example.org --expires 600", "to send to somebody"),
                      ("vv | remote-viewer -", "look at it from here"))),
    Command("metrics", "", (0, 0), "figures for Prometheus",
            "Prints figures of the display and of each client in the text format of Prometheus.",
            metrics.run,
            flags=(Flag("--all", "Of all displays of this user."),),
            examples=(("metrics --all", "for node_exporter's textfile collector"),)),
    Command("quit", "", (0, 0), "end the display",
            "Ends the display with everything that runs on it, as if xspice had been sent SIGTERM.",
            display.end_display,
            examples=((":1 quit", "the end of display :1"),)),
)
