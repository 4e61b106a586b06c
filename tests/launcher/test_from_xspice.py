"""Command lines, variables and a configuration of Xspice work as they are: its README's, and others'."""

import os
import pathlib
import re

import pytest
from conftest import SOURCE, link, parse
from support import processes, procinfo
from test_converter import EVERY_OPTION, XORG_CONF
from xspice_launcher import errors, option_table, xorg_options

# Every option of Xspice's own help, with a value that it takes there.
COMMAND_LINE = [
    ("--xorg", "/usr/bin/Xorg"), ("--config", "/dev/null"), ("--auto", None), ("--xsession", "xterm"),
    ("--disable-ticketing", None), ("--password", "s3cret"), ("--sasl", None), ("--port", "5900"),
    ("--tls-port", "5901"), ("--x509-dir", "/pki"), ("--cacert-file", "/pki/ca"), ("--x509-key-file", "/pki/key"),
    ("--x509-key-password", "s3cret"), ("--x509-cert-file", "/pki/cert"), ("--dh-file", "/pki/dh"),
    ("--tls-ciphers", "HIGH"), ("--ipv4-only", None), ("--ipv6-only", None), ("--exit-on-disconnect", None),
    ("--numheads", "4"), ("--jpeg-wan-compression", "auto"), ("--zlib-glz-wan-compression", "never"),
    ("--image-compression", "auto_glz"), ("--deferred-fps", "10"), ("--streaming-video", "filter"),
    ("--video-codecs", "spice:mjpeg"), ("--vdagent", None), ("--vdagent-virtio-path", "/tmp/v"),
    ("--vdagent-uinput-path", "/tmp/u"), ("--vdagent-udcs-path", "/tmp/s"), ("--vdagentd-exec", "/bin/d"),
    ("--vdagent-exec", "/bin/a"), ("--vdagent-no-launch", None), ("--vdagent-uid", "0"), ("--vdagent-gid", "0"),
    ("--audio-fifo-dir", "/tmp"), ("--cgdb", None),
]
# The variables that its driver reads.
VARIABLES = [
    "XSPICE_PORT", "XSPICE_TLS_PORT", "XSPICE_DISABLE_TICKETING", "XSPICE_X509_DIR", "XSPICE_SASL",
    "XSPICE_X509_KEY_FILE", "XSPICE_X509_CERT_FILE", "XSPICE_TLS_CIPHERS", "XSPICE_CACERT_FILE", "XSPICE_ADDR",
    "XSPICE_IPV4_ONLY", "XSPICE_IPV6_ONLY", "XSPICE_DH_FILE", "XSPICE_EXIT_ON_DISCONNECT",
    "XSPICE_DISABLE_COPY_PASTE", "XSPICE_IMAGE_COMPRESSION", "XSPICE_JPEG_WAN_COMPRESSION",
    "XSPICE_STREAMING_VIDEO", "XSPICE_VIDEO_CODECS", "XSPICE_AGENT_MOUSE", "XSPICE_PLAYBACK_COMPRESSION",
    "XSPICE_ZLIB_GLZ_WAN_COMPRESSION", "XSPICE_VDAGENT_ENABLED", "XSPICE_VDAGENT_VIRTIO_PATH",
    "XSPICE_VDAGENT_UINPUT_PATH", "XSPICE_VDAGENT_UID", "XSPICE_VDAGENT_GID", "XSPICE_DEFERRED_FPS",
    "XSPICE_PLAYBACK_FIFO_DIR", "XSPICE_SMARTCARD_FILE", "XSPICE_PASSWORD", "XSPICE_X509_KEY_PASSWORD",
    "QXL_ENABLE_IMAGE_CACHE", "QXL_ENABLE_FALLBACK_CACHE", "QXL_ENABLE_SURFACES", "QXL_NUM_HEADS",
    "QXL_FRAME_BUFFER_SIZE", "QXL_SURFACE_BUFFER_SIZE", "QXL_COMMAND_BUFFER_SIZE",
]


@pytest.mark.parametrize("name, value", COMMAND_LINE, ids=[name for name, _ in COMMAND_LINE])
def test_every_option_of_its_command_line_is_known(name, value):
    """Accepted, or refused with a line about just that."""
    option = option_table.BY_NAME[name]
    assert (option.value is None) == (value is None)
    partners = {"--tls-port": ["--tls-auto"], "--x509-dir": ["--tls-auto"], "--dh-file": ["--tls-auto"],
                "--tls-ciphers": ["--tls-auto"]}
    if name in ("--cacert-file", "--x509-key-file", "--x509-cert-file"):
        partners[name] = ["--tls-port", "5901", "--x509-dir", "/pki"]
    arguments = [*partners.get(name, []), name, *([value] if value else [])]
    if option.secret:
        with pytest.raises(errors.OperatorError, match=f"{name}: .*; .*{option.secret} FILE$"):
            parse(*arguments)
    elif option.missing:
        with pytest.raises(errors.OperatorError, match=f"^{name} .*: xspice has no {option.missing} yet; leave it out"):
            parse(*arguments)
    else:
        found = parse(*arguments)
        assert name in found.given
        assert [note.startswith(f"{name}: has nothing left to do: ") for note in found.notes()] == (
            [True] if option.idle else [])


def test_every_variable_of_its_driver_is_known():
    known = {name for option in option_table.OPTIONS for name in (option.variable, *option.variables)
             if option.in_environment}
    assert set(VARIABLES) <= known


@pytest.mark.parametrize("option", [option for option in option_table.OPTIONS if option.harmless],
                         ids=lambda option: option.name)
def test_asking_for_what_happens_anyway(option):
    for value in option.harmless:
        found = parse(f"{option.name}={value}")
        assert option.name in found.given and not list(found.notes())


def test_command_line_of_its_readme(launch, free_display):
    xspice = launch("--disable-ticketing", "--xorg", "/usr/bin/Xorg", f":{free_display}.0").ready()
    assert xspice.complained == ""
    assert xspice.display == free_display
    link(("127.0.0.1", xspice.port))
    assert "version number" in xspice.x("xdpyinfo")


def test_its_configuration_as_it_is_and_converted(launch, tmp_path):
    """As its README starts Xorg: the port comes from the environment, the rest from the file."""
    conf = tmp_path / "spiceqxl.xorg.conf"
    conf.write_text(XORG_CONF % """
        Option "SpiceDisableTicketing" "True"
        Option "SpiceAddr" "127.0.0.1"
        Option "NumHeads" "2"
        Option "SurfaceBufferSize" "128"
        Option "SpiceImageCompression" "auto_glz"
        Option "SpiceVdagentEnabled" "False" """)
    slot = processes.claim_port()
    try:
        xspice = launch("-noreset", "--config", conf, own_port=False, environment={"XSPICE_PORT": slot.number}).ready()
        notes = xspice.complained.splitlines()
        assert len(notes) == 2
        assert notes[0] == (f"xspice: {conf}: read as the configuration of an Xspice; --convert-config makes an "
                            "xspice.toml of it")
        assert notes[1].startswith(f"xspice: {conf}: SurfaceBufferSize: has nothing left to do: ")
        _assert_as_configured(xspice, slot.number)
        xspice.end()

        converted = launch("--convert-config", conf, own_port=False)
        assert converted.wait() == 0
        home = tmp_path / "home"
        (home / "xspice").mkdir(parents=True)
        (home / "xspice" / "xspice.toml").write_text(converted.said)
        xspice = launch("--port", slot.number, own_port=False, environment={"XDG_CONFIG_HOME": home}).ready()
        assert xspice.complained == ""
        _assert_as_configured(xspice, slot.number)
        xspice.end()
    finally:
        slot.release()


def _assert_as_configured(xspice, port):
    assert xspice.port == port
    link(("127.0.0.1", port))  # without a password
    assert len(re.findall(r"^\S+ connected", xspice.x("xrandr"), re.MULTILINE)) == 2


def test_xsession_runs_and_its_end_is_not_the_end(launch, tmp_path):
    program = tmp_path / "session"
    ran = tmp_path / "ran"
    program.write_text(f"#!/bin/sh\nxdpyinfo >/dev/null && echo $DISPLAY >{ran}.new && mv {ran}.new {ran}\n")
    program.chmod(0o755)
    xspice = launch("--auto", "--disable-ticketing", "--xsession", str(program)).ready()
    assert xspice.complained == ("xspice: --auto: has nothing left to do: the configuration is made at every "
                                 "start\n")
    processes.wait_for(ran.exists, 20, "the session")
    assert ran.read_text() == f":{xspice.display}\n"
    processes.wait_for(lambda: not any(procinfo.name(pid) in ("session", "sh")
                                       for pid in procinfo.descendants(xspice.process.pid)), 10, "its end")
    link(("127.0.0.1", xspice.port))
    assert "version number" in xspice.x("xdpyinfo")


def test_options_of_the_x_server(launch, tmp_path):
    log = tmp_path / "log"
    xspice = launch("--disable-ticketing", "-noreset", "-nolisten", "tcp", "-depth", "24", "-dpi", "120", "-logfile",
                    log, "-extension", "XTEST", "--xorg-option", "-maxclients 512").ready()
    argv = pathlib.Path(f"/proc/{xspice.xorg}/cmdline").read_text().split("\0")
    assert argv[argv.index("-maxclients") + 1] == "512"
    assert argv.count("-noreset") == argv.count("-dpi") == argv.count("-logfile") == 1 and "-depth" not in argv
    told = xspice.x("xdpyinfo")
    assert "120x120 dots per inch" in told and not re.search(r"^ +XTEST$", told, re.MULTILINE)
    assert "xspice" in log.read_text()


def test_listening_to_tcp_is_only_asked_for():
    assert not parse("-nolisten", "tcp").listen_tcp
    found = parse("-listen", "tcp")
    assert found.listen_tcp and xorg_options.words(found.xorg_option) == []


@pytest.mark.parametrize("arguments, line", [
    (["-config", "xorg.conf"], "--xorg-option -config.*: xspice writes the xorg.conf itself; .*give --config FILE"),
    (["-auth", "/x"], "--xorg-option -auth.*: xspice makes a cookie of its own"),
    (["-modulepath", "/x"], "--xorg-option -modulepath.*; give --module-path"),
    (["-layout", "x"], "--xorg-option -layout.*: names a section of an xorg.conf"),
    (["-depth", "16"], "--xorg-option -depth 16: only 24 can be had; "),
    (["-nolisten", "unix"], "--xorg-option -nolisten unix: only tcp can be had; "),
    (["-maxclients"], "--xorg-option -maxclients: takes 1 argument; write it so"),
    (["-logfile"], "-logfile: needs a value; give --log-file"),
    (["-dpi", "x"], "-dpi x: not a whole number from 30 to 600; give"),
    (["--xorg-option", "-dpi 96"], "--xorg-option -dpi 96: xspice has an option of its own .*; give --dpi"),
    (["--xorg-option", "-frobnicate"], "--xorg-option -frobnicate: not an option of the X server that"),
    (["--xorg-option", "-fp '/x"], "--xorg-option -fp '/x: with a quotation mark that is not closed; "),
    (["-maxclient", "1"], "-maxclient: no such option; did you mean -maxclients"),
])
def test_options_that_the_x_server_does_not_get(arguments, line):
    with pytest.raises(errors.OperatorError, match=line):
        parse(*arguments)


def test_paths_of_x_servers_are_looked_up(monkeypatch):
    monkeypatch.setenv("PATH", "/nonexistent:/usr/bin")
    assert parse("--xorg", "Xorg").xorg == "/usr/bin/Xorg"
    assert parse("--xorg", "./Xorg").xorg == f"{os.getcwd()}/Xorg"


def test_guide_names_every_option_of_xspice():
    guide = (SOURCE / "docs" / "migrating-from-xspice.md").read_text()
    named = set(re.findall(r"`(--[a-z0-9-]+)", guide))
    assert {name for name, _ in COMMAND_LINE} <= named
    assert {line.split('"')[1] for line, _ in EVERY_OPTION} <= set(re.findall(r"`(\w+)`", guide))
