"""The servers that are compared. Each runs in the server's namespace of a network.Network, with a screen of SIZE."""

import pathlib
import shutil

import network
import viewers
from viewers import SIZE

from support import procinfo, wire, xserver


class _Beside:
    """What they share, before an xserver.XServer in the order of bases."""

    needed = ()  # programs
    viewer = None  # of viewers.py, or None for a server that has none
    paints_pointer = False  # as pixels of what the viewer shows
    link = None  # the network.Network

    def __init__(self):
        super().__init__(size=SIZE)

    def words(self):
        return super().command()

    def command(self):
        return [*self.link.server.enter, *self.words()]

    @property
    def address(self):
        return network.SERVER, self.port

    def _answers(self):
        try:
            with self.link.server.connect(self.port) as connection:
                return self.greets(connection)
        except OSError:
            return False

    def greets(self, connection):
        """Whether it speaks its protocol."""
        connection.sendall(wire.LINK_HEADER.pack(wire.MAGIC, wire.MAJOR, wire.MINOR, wire.LINK_MESSAGE.size)
                           + wire.LINK_MESSAGE.pack(0, wire.constant("CHANNEL_MAIN"), 0, 0, 0, wire.LINK_MESSAGE.size))
        return connection.recv(4) == wire.MAGIC

    def processes(self):
        """Pids of the server with all that it started."""
        return [self.process.pid, *procinfo.descendants(self.process.pid)]

    def end(self):
        self.abandon()


class Xspice(_Beside, xserver.Launched):
    viewer = viewers.SpiceGtk
    added = ()

    def words(self):
        return [*super().words(), "--addr", network.SERVER, *self.added]

    def end(self):
        self.stop()


class XspiceDeferred(Xspice):
    added = ("--deferred-fps", "30")


_FASTER = {"EnableImageCache": True, "EnableFallbackCache": True, "EnableSurfaces": True, "SpiceAgentMouse": True,
           "NumHeads": 4, "SurfaceBufferSize": 128, "CommandBufferSize": 128, "FrameBufferSize": 16}


class Reference(_Beside, xserver.XServer):
    """Debian's Xspice with spice-server: its package's configuration, with all that makes it faster."""

    needed = ("Xspice",)
    viewer = viewers.SpiceGtk
    paints_pointer = True
    options = ()

    def words(self):
        given = pathlib.Path("/etc/X11/spiceqxl.xorg.conf").read_text()
        driver = 'Driver "spiceqxl"'
        assert driver in given, "the reference's configuration is another one than expected"
        config = self.directory / "xorg.conf"
        config.write_text(given.replace(driver, driver + "".join(
            f'\n    Option "{name}" "{value}"' for name, value in _FASTER.items())))
        return ["Xspice", "--config", config, "--port", str(self.port), "--disable-ticketing", *self.options, self.name]


class ReferenceDeferred(Reference):
    options = ("--deferred-fps", "30")


class TigerVnc(_Beside, xserver.XServer):
    needed = ("Xtigervnc", "xtigervncviewer", "openbox")
    viewer = viewers.TigerVnc
    paints_pointer = True

    def words(self):
        return ["Xtigervnc", self.name, "-geometry", SIZE, "-depth", "24", "-rfbport", str(self.port),
                "-SecurityTypes", "None", "-localhost=0", "-AlwaysShared", "-nolisten", "tcp", "-noreset"]

    def greets(self, connection):
        return connection.recv(4) == b"RFB "


class TigerVncExact(TigerVnc):
    viewer = viewers.TigerVncExact


class Xpra(_Beside, xserver.XServer):
    needed = ("xpra", "Xvfb", "openbox")
    viewer = viewers.Xpra

    def environment(self):
        # The package's settings start a session of their own.
        return {**super().environment(), "XPRA_SYSTEM_CONF_DIRS": self.directory / "none"}

    def words(self):
        screen = f"Xvfb +extension Composite -screen 0 {SIZE}x24+32 -nolisten tcp -noreset"
        without = [f"--{name}=no" for name in (
            "daemon", "mdns", "pulseaudio", "notifications", "clipboard", "webcam", "printing", "dbus-proxy",
            "file-transfer", "systemd-run", "exit-with-children", "resize-display")]
        return ["xpra", "start-desktop", self.name, f"--bind-tcp=0.0.0.0:{self.port}", "--html=off", "--dbus-launch=",
                *without, f"--xvfb={screen}"]

    def greets(self, connection):
        return True


class Xvfb(_Beside, xserver.Xvfb):
    """Drawing alone, for nobody to see."""

    needed = ("Xvfb",)


SERVERS = {
    "xspice": Xspice,
    "xspice-30": XspiceDeferred,  # 30 pictures a second, at most
    "reference": Reference,
    "reference-30": ReferenceDeferred,  # likewise
    "tigervnc": TigerVnc,
    "tigervnc-exact": TigerVncExact,  # without JPEG
    "xpra": Xpra,
    "xvfb": Xvfb,
}


def missing(name):
    """Programs that this server needs and that are not installed."""
    return [program for program in SERVERS[name].needed if not shutil.which(program)]
