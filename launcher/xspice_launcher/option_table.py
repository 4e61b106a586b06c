"""Every option of xspice, once: its name, what it takes, how it is checked and what it says of itself.

The help text is made from OPTIONS; the man page and the generated xorg.conf are tested against it.
"""
import dataclasses
from collections.abc import Callable
from typing import Any

from . import values

DEFAULT_NAME = "xspice"
GROUPS = ("Connecting", "Encryption", "Access", "Pictures", "Screen", "Session", "Keyboard", "Files", "Other")


@dataclasses.dataclass(frozen=True)
class Option:
    """One option of the command line.

    `value` is the placeholder of its argument in the help; None makes it a switch.
    `parse` turns the argument into the setting, or raises ValueError with what is wrong and the remedy.
    `driver` is the xorg.conf option that takes the setting (see xorg_conf.py), where there is one.
    `environment` names a variable that is used when the option is not given.
    """

    name: str
    group: str
    help: str
    value: str | None = None
    parse: Callable[[str], Any] = str
    default: Any = None
    repeatable: bool = False
    driver: str | None = None
    short: str | None = None
    environment: str | None = None

    @property
    def key(self) -> str:
        """The name as an attribute and, one day, a key of a configuration file."""
        return self.name.removeprefix("--").replace("-", "_")

    @property
    def written_value(self) -> str:
        """For the help."""
        return f" {self.value}" if self.value else ""


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

    Option("--size", "Screen", "Size of each monitor in pixels. Default: 1920x1080.",
           "WIDTHxHEIGHT", values.size, default=values.Size(1920, 1080), driver="Size"),
    Option("--numheads", "Screen", "Number of monitors, 1 to 16, side by side. Default: 1.",
           "COUNT", values.integer(1, 16), default=1, driver="NumHeads"),
    Option("--dpi", "Screen", "Resolution told to programs, in dots per inch. Default: 96.",
           "DPI", values.integer(30, 600), default=96, driver="Dpi"),

    Option("--session", "Session",
           "What runs on the display: the name of an installed desktop (see --list-sessions), which is started as by "
           "a login, or a shell command. xspice ends when it ends, with its exit status. "
           '"-- COMMAND..." runs a command without a shell. Default: the display alone.',
           "SESSION", values.command_line, environment="XSPICE_SESSION"),
    Option("--session-bus", "Session",
           "Message bus (D-Bus) of the session: own, or shared with whoever starts xspice. Default: own for an "
           "installed desktop, shared for a command.",
           "WHICH", values.one_of("own", "shared")),

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
           "DIRECTORY", values.path, environment="XSPICE_MODULE_PATH"),
    Option("--xorg", "Files", "X server program. Default: /usr/lib/xorg/Xorg.",
           "FILE", values.path, default="/usr/lib/xorg/Xorg"),

    Option("--core-dumps", "Other",
           "Let debuggers and core dumps see the memory of the X server, which has keys and passwords in it.",
           default=False, driver="SpiceCoreDumps"),
    Option("--list-sessions", "Other", "List the installed desktops, and exit.", default=False),
    Option("--print-config", "Other", "Print the xorg.conf that would be used, and exit.", default=False),
    Option("--help", "Other", "Print this help, and exit.", default=False, short="-h"),
    Option("--version", "Other", "Print the version, and exit.", default=False),
)

# What others can read is no place for a secret: options and variables of other servers, and what to use instead.
TELLTALE_OPTIONS = {"--password": "--password-file", "--x509-key-password": "--x509-key-password-file"}
TELLTALE_VARIABLES = {"XSPICE_PASSWORD": "--password-file", "XSPICE_X509_KEY_PASSWORD": "--x509-key-password-file"}

BY_NAME = {name: option for option in OPTIONS for name in (option.name, option.short) if name}
