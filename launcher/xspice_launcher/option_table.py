"""Every option of xspice, once: its name, what it takes, how it is checked and what it says of itself.

The help text is made from OPTIONS; the man page and the generated xorg.conf are tested against it.
"""
from collections.abc import Callable
from typing import Any, NamedTuple

from . import values, xorg_options

DEFAULT_NAME = "xspice"
GROUPS = ("Connecting", "Encryption", "Access", "Pictures", "Screen", "Session", "Keyboard", "Files", "Other",
          "From Xspice")


class Option(NamedTuple):
    """One option: --some-name of the command line, XSPICE_SOME_NAME of the environment, some-name of xspice.toml.

    `value` is the placeholder of its argument in the help; None makes it a switch.
    `parse` turns the argument into the setting, or raises ValueError with what is wrong and the remedy.
    `driver` is the xorg.conf option that takes the setting (see xorg_conf.py), where there is one.
    `xspice_name` is what Xspice's spiceqxl.xorg.conf calls it, where that is no option of our driver.
    `variables` are further variables of the environment that stand for it.
    `in_environment` and `in_files`: whether it can be given there at all.

    Of Xspice's options that are not ours:
    `idle`: nothing is left for it to do, and this is why; it is accepted with a line that says so.
    `missing`: what it needs is not there (yet), and this is what; it is refused, but for the values `harmless`, which
    ask for what happens anyway.
    `secret`: what it takes is not for others to read; it is refused, and this option is the remedy.
    """

    name: str
    group: str
    help: str
    value: str | None = None
    parse: Callable[[str], Any] = str
    default: Any = None
    repeatable: bool = False
    driver: str | None = None
    xspice_name: str | None = None
    short: str | None = None
    variables: tuple[str, ...] = ()
    in_environment: bool = True
    in_files: bool = True
    idle: str | None = None
    missing: str | None = None
    harmless: tuple[str, ...] = ()
    secret: str | None = None

    @property
    def key(self) -> str:
        """Its attribute in Settings."""
        return self.file_key.replace("-", "_")

    @property
    def written_value(self) -> str:
        """For the help."""
        return f" {self.value}" if self.value else ""

    @property
    def file_key(self) -> str:
        """Its name in xspice.toml."""
        return self.name.removeprefix("--")

    @property
    def variable(self) -> str:
        return f"XSPICE_{self.key.upper()}"

    @property
    def is_list(self) -> bool:
        return isinstance(self.default, tuple) and not isinstance(self.default, values.Size)

    @property
    def is_path(self) -> bool:
        return self.parse in (values.path, values.written_path, values.socket_path, values.program, values.config_path)


def _asks(name: str, help: str, value: str | None = None, parse: Callable[[str], Any] = str,
          short: str | None = None) -> Option:
    """One that asks for something else than a display."""
    return Option(name, "Other", help, value, parse, None if value else False, short=short, in_environment=False,
                  in_files=False)


def _xspice(name: str, help: str, value: str | None = None, **others: Any) -> Option:
    """One of Xspice that is not ours."""
    return Option(name, "From Xspice", help, value, default=None if value else False, **others)


_MEMORY = "memory is taken as it is needed"
_AGENT = "agent"
_SOUND = "sound"

OPTIONS: tuple[Option, ...] = (
    Option("--port", "Connecting",
           "TCP port for SPICE clients; 0 for none. Default: 5900, or the next free one; none when --tls-port, "
           "--tls-auto or --unix is given.",
           "PORT", values.port, driver="SpicePort"),
    Option("--addr", "Connecting",
           "Address to listen on; may be given several times. 0.0.0.0 and :: mean all of this machine. "
           "Default: 127.0.0.1, so only this machine can connect.",
           "ADDRESS", values.address, default=("127.0.0.1",), repeatable=True, driver="SpiceAddr"),
    Option("--ipv4-only", "Connecting", "Use no IPv6 address.", default=False, driver="SpiceIPV4Only"),
    Option("--ipv6-only", "Connecting", "Use no IPv4 address. --addr is ::1 then unless given.", default=False,
           driver="SpiceIPV6Only"),
    Option("--unix", "Connecting",
           "Unix socket to listen on, for clients of the same user on this machine, or through ssh.",
           "PATH", values.socket_path, driver="SpiceUnix"),
    Option("--web-origin", "Connecting",
           "Web site whose pages may connect with a WebSocket, such as https://desk.example.org; may be given "
           "several times.",
           "ORIGIN", values.web_origin, default=(), repeatable=True, driver="SpiceWebOrigins"),
    Option("--name", "Connecting", f"Name of this desktop, shown by clients. Default: {DEFAULT_NAME}.",
           "NAME", values.text, default=DEFAULT_NAME, driver="SpiceName"),

    Option("--tls-auto", "Encryption",
           "Encrypt. The certificate is made at the first start; the .vv file has what clients check it with.",
           default=False, driver="SpiceTlsAuto"),
    Option("--tls-port", "Encryption",
           "TCP port where clients connect with TLS. Default with --tls-auto: 5900, or the next free one.",
           "PORT", values.port, driver="SpiceTlsPort"),
    Option("--x509-dir", "Encryption",
           "Directory with ca-cert.pem, server-cert.pem and server-key.pem. Default with --tls-auto: one of your "
           "own.",
           "DIRECTORY", values.written_path, driver="SpiceX509Dir"),
    Option("--cacert-file", "Encryption", "Certificate of the authority that signed the server's, in PEM.",
           "FILE", values.written_path, driver="SpiceCacertFile"),
    Option("--x509-cert-file", "Encryption", "The server's certificate, and its chain, in PEM.",
           "FILE", values.written_path, driver="SpiceX509CertFile"),
    Option("--x509-key-file", "Encryption", "The private key of the server's certificate, in PEM.",
           "FILE", values.written_path, driver="SpiceX509KeyFile"),
    Option("--x509-key-password-file", "Encryption", "File whose first line is the password of the private key.",
           "FILE", values.path, driver="SpiceX509KeyPasswordFile"),
    Option("--dh-file", "Encryption", "Diffie-Hellman parameters, in PEM. Default: those of OpenSSL.",
           "FILE", values.written_path, driver="SpiceDhFile"),
    Option("--tls-ciphers", "Encryption", "Ciphers for TLS 1.2, as in openssl-ciphers(1). Default: strong ones.",
           "CIPHERS", values.ciphers, driver="SpiceTlsCiphers"),
    Option("--secure-channels", "Encryption",
           f"Channels that clients must encrypt when there is a plain port, too: all, or some of "
           f"{','.join(values.CHANNELS)}.",
           "CHANNELS", values.channels, default=(), driver="SpiceSecureChannels"),

    Option("--password-file", "Access",
           "File whose first line is the password that clients must give. Default: a random password, "
           "printed once.",
           "FILE", values.path, driver="SpicePasswordFile"),
    Option("--view-only-password-file", "Access",
           "Another password, for those who may only watch.",
           "FILE", values.path, driver="SpiceViewOnlyPasswordFile"),
    Option("--disable-ticketing", "Access", "Let clients in without a password.", default=False,
           driver="SpiceDisableTicketing"),
    Option("--sasl", "Access", "Let in who SASL says is allowed (passwords of the system, Kerberos), and nobody else.",
           default=False, driver="SpiceSasl"),
    Option("--sasl-config-dir", "Access",
           "Directory of the file xspice.conf that configures SASL. Default: $SASL_CONF_PATH, or /etc/sasl2.",
           "DIRECTORY", values.written_path, driver="SpiceSaslConfigDir"),
    Option("--sasl-hostname", "Access", "Name of this machine in Kerberos. Default: its host name.",
           "NAME", values.host_name, driver="SpiceSaslHostname"),
    Option("--sasl-user", "Access",
           "Who may come in; may be given several times. Default: the user who starts xspice.",
           "USER", values.sasl_user, default=(), repeatable=True, driver="SpiceSaslUsers"),

    Option("--image-compression", "Pictures",
           "How pictures are compressed: auto (as suits each picture, client and link), off, auto_glz, auto_lz, "
           "quic, glz, lz or lz4. Default: auto.",
           "METHOD", values.one_of("auto", "off", "auto_glz", "auto_lz", "quic", "glz", "lz", "lz4"),
           default="auto", driver="SpiceImageCompression"),
    Option("--jpeg-wan-compression", "Pictures",
           "When photographs are sent as JPEG until their exact pixels follow: auto (when these would take too "
           "long), never or always. Default: auto.",
           "WHEN", values.one_of("auto", "never", "always"), default="auto", driver="SpiceJpegWanCompression"),
    Option("--zlib-glz-wan-compression", "Pictures",
           "When pictures compressed with GLZ go through zlib, too: auto (when it pays), never or always. "
           "Default: auto.",
           "WHEN", values.one_of("auto", "never", "always"), default="auto",
           driver="SpiceZlibGlzWanCompression"),
    Option("--deferred-fps", "Pictures",
           "Send at most so many pictures of the screen in a second; 0: as many as a screen shows. Default: 0.",
           "RATE", values.integer(0, 1000), default=0, driver="SpiceDeferredFPS"),

    Option("--size", "Screen", "Size of each monitor in pixels. Default: 1920x1080.",
           "WIDTHxHEIGHT", values.size, default=values.Size(1920, 1080), driver="Size"),
    Option("--numheads", "Screen", "Number of monitors, 1 to 16, side by side. Default: 1.",
           "COUNT", values.integer(1, 16), default=1, driver="NumHeads", variables=("QXL_NUM_HEADS",)),
    Option("--dpi", "Screen", "Resolution told to programs, in dots per inch. Default: 96.",
           "DPI", values.integer(30, 600), default=96, driver="Dpi"),

    Option("--session", "Session",
           "What runs on the display: the name of an installed desktop (see --list-sessions), which is started as by "
           "a login, or a shell command. xspice ends when it ends, with its exit status. "
           '"-- COMMAND..." runs a command without a shell. Default: the display alone.',
           "SESSION", values.command_line),
    Option("--xsession", "Session",
           "Program, without arguments, to start on the display, which goes on when it ends.",
           "PROGRAM", values.command_line),
    Option("--session-bus", "Session",
           "Message bus (D-Bus) of the session: own, or shared with whoever starts xspice. Default: own for an "
           "installed desktop, shared for a command.",
           "WHICH", values.one_of("own", "shared")),
    Option("--idle-timeout", "Session",
           "End when no client has been connected for so long: seconds, or such as 10m, 2h or 1d. Default: never.",
           "TIME", values.duration),
    Option("--max-time", "Session", "End so long after the start, whoever is connected. Default: never.",
           "TIME", values.duration),
    Option("--exit-on-disconnect", "Session", "End when the last client has left.", default=False,
           xspice_name="SpiceExitOnDisconnect"),

    Option("--keyboard-layout", "Keyboard",
           "XKB layouts, separated by commas, such as us, de or us,ru. Default: us.",
           "LAYOUT", values.keyboard_layout, default="us", driver="XkbLayout"),
    Option("--keyboard-variant", "Keyboard", "XKB variants, one for each layout, such as nodeadkeys.",
           "VARIANT", values.keyboard_name, driver="XkbVariant"),
    Option("--keyboard-model", "Keyboard", "XKB model. Default: pc105.",
           "MODEL", values.keyboard_name, default="pc105", driver="XkbModel"),
    Option("--keyboard-options", "Keyboard", "XKB options, such as compose:menu,grp:alt_shift_toggle.",
           "OPTIONS", values.keyboard_name, driver="XkbOptions"),

    Option("--log-file", "Files",
           "Where the X server's log goes, and stays. Default: a file that is removed at the end.",
           "FILE", values.path),
    Option("--module-path", "Files", "Directory that holds drivers/xspice_drv.so. Default: where it was installed.",
           "DIRECTORY", values.path),
    Option("--xorg", "Files", "X server program. Default: /usr/lib/xorg/Xorg.",
           "FILE", values.program, default="/usr/lib/xorg/Xorg"),

    Option("--core-dumps", "Other",
           "Let debuggers and core dumps see the memory of the X server, which has keys and passwords in it.",
           default=False, driver="SpiceCoreDumps"),
    Option("--xorg-option", "Other",
           "Option for the X server, such as \"-maxclients 512\"; may be given several times. On the command line the "
           "option can stand by itself, too.",
           "OPTION", xorg_options.parse, default=(), repeatable=True, in_environment=False),
    Option("--config", "Other",
           "Configuration to read instead of ~/.config/xspice/xspice.toml and /etc/xspice/xspice.toml: another "
           "xspice.toml, or the spiceqxl.xorg.conf of an Xspice. /dev/null: none.",
           "FILE", values.config_path, in_files=False),
    _asks("--convert-config", "Print an xspice.toml that says what an Xspice's spiceqxl.xorg.conf says, and exit.",
          "FILE", values.config_path),
    _asks("--list-sessions", "List the installed desktops, and exit."),
    _asks("--check", "Check everything that can be checked without a start, tell where settings come from, and exit."),
    _asks("--print-config", "Print all settings as an xspice.toml, and exit."),
    _asks("--print-xorg-conf", "Print the xorg.conf that would be used, and exit."),
    _asks("--help", "Print this help, and exit.", short="-h"),
    _asks("--version", "Print the version, and exit."),

    _xspice("--password", "Password of clients.", "PASSWORD", xspice_name="SpicePassword", secret="--password-file"),
    _xspice("--x509-key-password", "Password of the private key.", "PASSWORD", xspice_name="SpiceX509KeyPassword",
            secret="--x509-key-password-file"),
    _xspice("--auto", "Make the configuration.", idle="the configuration is made at every start"),
    _xspice("--cgdb", "Run the X server in a debugger.",
            idle="start the debugger yourself; --core-dumps lets it attach to the X server"),
    _xspice("--enable-image-cache", "Cache images.", idle="what clients keep is chosen picture by picture",
            xspice_name="EnableImageCache", variables=("QXL_ENABLE_IMAGE_CACHE",)),
    _xspice("--enable-fallback-cache", "Cache images made otherwise.",
            idle="what clients keep is chosen picture by picture",
            xspice_name="EnableFallbackCache", variables=("QXL_ENABLE_FALLBACK_CACHE",)),
    _xspice("--enable-surfaces", "Draw off-screen surfaces at the client.",
            idle="pictures are drawn here, and clients get what is seen",
            xspice_name="EnableSurfaces", variables=("QXL_ENABLE_SURFACES",)),
    _xspice("--surface-buffer-size", "Memory for surfaces.", "MEGABYTES", idle=_MEMORY,
            xspice_name="SurfaceBufferSize", variables=("QXL_SURFACE_BUFFER_SIZE",)),
    _xspice("--command-buffer-size", "Memory for commands.", "MEGABYTES", idle=_MEMORY,
            xspice_name="CommandBufferSize", variables=("QXL_COMMAND_BUFFER_SIZE",)),
    _xspice("--frame-buffer-size", "Memory for the screen.", "MEGABYTES", idle=_MEMORY,
            xspice_name="FrameBufferSize", variables=("QXL_FRAME_BUFFER_SIZE",)),
    _xspice("--vdagent", "Start the agent.", missing=_AGENT, harmless=("false",),
            xspice_name="SpiceVdagentEnabled", variables=("XSPICE_VDAGENT_ENABLED",)),
    _xspice("--vdagent-no-launch", "Do not start the agent.", idle="no agent is started"),
    _xspice("--vdagent-virtio-path", "Socket of the agent.", "PATH", missing=_AGENT,
            xspice_name="SpiceVdagentVirtioPath"),
    _xspice("--vdagent-uinput-path", "Input pipe of the agent.", "PATH", missing=_AGENT,
            xspice_name="SpiceVdagentUinputPath"),
    _xspice("--vdagent-udcs-path", "Socket between both parts of the agent.", "PATH", missing=_AGENT),
    _xspice("--vdagentd-exec", "Program of the agent's daemon.", "FILE", missing=_AGENT),
    _xspice("--vdagent-exec", "Program of the agent.", "FILE", missing=_AGENT),
    _xspice("--vdagent-uid", "User of the agent.", "UID", missing=_AGENT, xspice_name="SpiceVdagentUid"),
    _xspice("--vdagent-gid", "Group of the agent.", "GID", missing=_AGENT, xspice_name="SpiceVdagentGid"),
    _xspice("--agent-mouse", "Let the agent move the pointer.", missing=_AGENT, harmless=("true",),
            xspice_name="SpiceAgentMouse"),
    _xspice("--disable-copy-paste", "No clipboard.", missing=_AGENT, harmless=("true", "false"),
            xspice_name="SpiceDisableCopyPaste"),
    _xspice("--audio-fifo-dir", "Directory of pipes that sound comes from.", "DIRECTORY", missing=_SOUND,
            xspice_name="SpicePlaybackFIFODir", variables=("XSPICE_PLAYBACK_FIFO_DIR",)),
    _xspice("--playback-compression", "Compress sound.", missing=_SOUND, harmless=("true",),
            xspice_name="SpicePlaybackCompression"),
    _xspice("--streaming-video", "Send films as video streams: off, all or filter.", "WHICH",
            missing="video streams", harmless=("off",), xspice_name="SpiceStreamingVideo"),
    _xspice("--video-codecs", "Codecs of video streams.", "CODECS", missing="video streams",
            xspice_name="SpiceVideoCodecs"),
    _xspice("--smartcard-file", "Socket of a smartcard driver.", "PATH", missing="smartcards",
            xspice_name="SpiceSmartCardFile"),
)

BY_NAME = {name: option for option in OPTIONS for name in (option.name, option.short) if name}
