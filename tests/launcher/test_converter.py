"""The configuration of an Xspice, spiceqxl.xorg.conf: made into an xspice.toml, and read as it is."""

import os
import re
import tomllib

import pytest
from conftest import parse
from xspice_launcher import converter, errors, settings

# As the file that comes with Xspice is divided and written; %s: options.
XORG_CONF = """\
Section "Device"
    Identifier "XSPICE"
    Driver "spiceqxl"

    # Do not require a client password.
    #Option "SpiceDisableTicketing" "False"
%s
EndSection

Section "InputDevice"
    Identifier "XSPICE POINTER"
    Driver     "xspice pointer"
EndSection

Section "InputDevice"
    Identifier "XSPICE KEYBOARD"
    Driver     "xspice keyboard"
EndSection

Section "Monitor"
    Identifier    "Configured Monitor"
EndSection

Section "Screen"
    Identifier     "XSPICE Screen"
    Monitor        "Configured Monitor"
    Device        "XSPICE"
    DefaultDepth    24
EndSection

Section "ServerLayout"
    Identifier "XSPICE Example"
    Screen "XSPICE Screen"
    InputDevice "XSPICE KEYBOARD"
    InputDevice "XSPICE POINTER"
EndSection

# Prevent udev from loading vmmouse in a vm and crashing.
Section "ServerFlags"
    Option "AutoAddDevices" "False"
EndSection
"""

# Every option of that file: a line, and what it becomes: settings, or the reason why there are none.
EVERY_OPTION = [
    ('Option "SpiceDisableTicketing" "True"', {"disable-ticketing": True}),
    ('Option "SpicePassword" "s3cret"', "a password is kept in a file of its own"),
    ('Option "SpiceSasl" "False"', {"sasl": False}),
    ('Option "SpicePort" "5950"', {"port": 5950}),
    ('Option "SpiceTlsPort" "5951"', {"tls-port": 5951}),
    ('Option "SpiceX509Dir" "/pki"', {"x509-dir": "/pki"}),
    ('Option "SpiceCacertFile" "/pki/ca.pem"', {"cacert-file": "/pki/ca.pem"}),
    ('Option "SpiceX509KeyFile" "/pki/key.pem"', {"x509-key-file": "/pki/key.pem"}),
    ('Option "SpiceX509KeyPassword" "s3cret"', "a password is kept in a file of its own"),
    ('Option "SpiceX509CertFile" "/pki/cert.pem"', {"x509-cert-file": "/pki/cert.pem"}),
    ('Option "SpiceDhFile" "/pki/dh.pem"', {"dh-file": "/pki/dh.pem"}),
    ('Option "SpiceTlsCiphers" "HIGH:!aNULL"', {"tls-ciphers": "HIGH:!aNULL"}),
    ('Option "SpiceAddr" "127.0.0.1"', {"addr": ["127.0.0.1"]}),
    ('Option "SpiceIPV4Only" "True"', {"ipv4-only": True}),
    ('Option "SpiceIPV6Only" "False"', {"ipv6-only": False}),
    ('Option "SpiceExitOnDisconnect" "True"', {"exit-on-disconnect": True}),
    ('Option "NumHeads" "4"', {"numheads": 4}),
    ('Option "SpiceZlibGlzWanCompression" "always"', {"zlib-glz-wan-compression": "always"}),
    ('Option "SpiceJpegWanCompression" "never"', {"jpeg-wan-compression": "never"}),
    ('Option "SpiceImageCompression" "auto_glz"', {"image-compression": "auto_glz"}),
    ('Option "SpiceDeferredFPS" "10"', {"deferred-fps": 10}),
    ('Option "SpiceStreamingVideo" "off"', {}),
    ('Option "SpiceStreamingVideo" "filter"', "xspice has no video streams yet"),
    ('Option "SpiceVideoCodecs" "spice:mjpeg;gstreamer:vp8"', "xspice has no video streams yet"),
    ('Option "EnableImageCache" "True"', "has nothing left to do"),
    ('Option "EnableFallbackCache" "True"', "has nothing left to do"),
    ('Option "EnableSurfaces" "True"', "has nothing left to do"),
    ('Option "SurfaceBufferSize" "128"', "has nothing left to do"),
    ('Option "CommandBufferSize" "128"', "has nothing left to do"),
    ('Option "FrameBufferSize" "16"', "has nothing left to do"),
    ('Option "SpiceVdagentEnabled" "True"', "xspice has no agent yet"),
    ('Option "SpiceVdagentEnabled" "False"', {}),
    ('Option "SpiceVdagentVirtioPath" "/tmp/xspice-virtio"', "xspice has no agent yet"),
    ('Option "SpiceVdagentUinputPath" "/tmp/xspice-uinput"', "xspice has no agent yet"),
    ('Option "SpiceVdagentUid" "0"', "xspice has no agent yet"),
    ('Option "SpiceVdagentGid" "0"', "xspice has no agent yet"),
    ('Option "SpiceAgentMouse" "True"', {}),
    ('Option "SpicePlaybackCompression" "True"', {}),
    ('Option "SpiceDisableCopyPaste" "False"', {}),
    ('Option "SpicePlaybackFIFODir" "/tmp/"', "xspice has no sound yet"),
    ('Option "SpiceSmartCardFile" "/tmp/spice.pcsc.comm"', "xspice has no smartcards yet"),
]


@pytest.mark.parametrize("line, becomes", EVERY_OPTION, ids=[line.split('"', 1)[1] for line, _ in EVERY_OPTION])
def test_every_option_of_xspice(line, becomes, capfd):
    text = XORG_CONF % f"    {line}"
    made = converter.toml(text, "/some/spiceqxl.xorg.conf")
    found = tomllib.loads(made)
    read = settings.Settings()
    if isinstance(becomes, dict):
        assert found == becomes
        converter.read(text, "/some/x.conf", read)
        for key, value in becomes.items():
            now = getattr(read, key.replace("-", "_"))
            assert (list(now) if isinstance(now, tuple) else now) == value
        assert not list(read.notes())
    else:
        name = line.split('"')[1]
        assert found == {}
        (comment,) = [comment for comment in made.splitlines()
                      if re.match(rf'# {name}( ".*")? \(line 7\): ', comment)]
        assert becomes in comment
        if becomes == "has nothing left to do":
            converter.read(text, "/some/x.conf", read)
            assert [note for note in read.notes() if note.startswith(f"/some/x.conf: {name}: {becomes}: ")]
        else:
            with pytest.raises(errors.OperatorError, match=f"/some/x.conf: {name}.*: (passwords|xspice has no)"):
                converter.read(text, "/some/x.conf", read)
    assert "s3cret" not in made and capfd.readouterr().err == ""


def test_usual_file_needs_no_line_but_the_hint():
    made = converter.toml(XORG_CONF % "", "/x")
    assert made == ('# Made by "xspice --convert-config" from /x.\n\n# Xspice let clients of other machines in, too. '
                    'xspice does so with this line only:\n#addr = ["0.0.0.0"]\n')
    assert "#addr" not in converter.toml(XORG_CONF % 'Option "SpiceAddr" "::1"', "/x")


def test_names_and_values_are_read_as_xorg_reads_them():
    text = '''section "DEVICE" # a comment
      DRIVER "spiceqxl"
      option "spice_port" "5950" # another
      OPTION "Spice Sasl"
      Option "NoSpiceDisableTicketing"
      Option "SpiceX509Dir" ""
      Option "SpicePassword" ""
      Option "SpiceDhFile" "a # b"
      Option "SpiceTlsPort" "1"
      Option "SpiceTlsPort" "5951"
    endsection'''
    assert tomllib.loads(converter.toml(text, "/x")) == {
        "port": 5950, "sasl": True, "disable-ticketing": False, "dh-file": f"{os.getcwd()}/a # b",
        "tls-port": 5951}


def test_size_of_the_screen():
    text = XORG_CONF.replace("DefaultDepth    24", 'DefaultDepth 24\nSubSection "Display"\nDepth 24\nModes "nope" '
                             '"1280x1024"\nEndSubSection') % ""
    assert tomllib.loads(converter.toml(text, "/x")) == {"size": "1280x1024"}
    read = settings.Settings()
    converter.read(text, "/x", read)
    assert read.size == (1280, 1024)


def test_what_is_not_taken_over_is_told(capfd):
    text = XORG_CONF % '  Option "Frobnicate" "1"\n  Option "SpicePort" "spice\x1b"'
    text += 'Section "Module"\n Load "glx"\nEndSection\n'
    made = converter.toml(text, "/x\ny")
    assert "# Frobnicate (line 7): no option of Xspice\n" in made
    assert re.search(r'^# SpicePort "spice\?" \(line 8\): not a whole number', made, re.MULTILINE)
    assert re.search(r'# Not taken over:\n#   line \d+: Load glx\n', made)
    assert tomllib.loads(made) == {} and "from /x?y.\n" in made
    converter.read(XORG_CONF % 'Option "Frobnicate"', "/x", settings.Settings())
    assert capfd.readouterr().err == "xspice: warning: /x: Frobnicate: no option of Xspice; ignored\n"


@pytest.mark.parametrize("text, line", [
    ("", "/x: no Device section with Driver \"spiceqxl\""),
    ('Section "Device"\nDriver "qxl"\nEndSection', "/x: no Device section with Driver \"spiceqxl\""),
    ("Driver", "/x: line 1 is in no section; name the spiceqxl.xorg.conf"),
    ('Section "Device"\nEndSection\nOption "a" "b"', "/x: line 3 is in no section; name"),
    ('Section\nSection\n"', "/x: no Device section"),
    ("Section \"" * 10000, "/x: no Device section"),
])
def test_what_is_no_such_file(text, line):
    for convert in (converter.toml, lambda text, path: converter.read(text, path, settings.Settings())):
        with pytest.raises(errors.OperatorError, match=line):
            convert(text, "/x")


def test_convert_config_prints_it(launch, refused, tmp_path):
    conf = tmp_path / "spiceqxl.xorg.conf"
    conf.write_text(XORG_CONF % 'Option "SpicePort" "5950"')
    xspice = launch("--convert-config", str(conf), own_port=False, environment={"XSPICE_PORT": "nonsense"})
    assert (xspice.wait(), xspice.complained) == (0, "")
    assert xspice.said == converter.toml(conf.read_text(), str(conf))
    said = refused("--convert-config", "/nonexistent")
    assert re.match("--convert-config /nonexistent: cannot be read: No such file", said)


def test_complaints_name_the_file_and_its_option(tmp_path):
    conf = tmp_path / "x.conf"
    conf.write_text(XORG_CONF % 'Option "SpicePort" "99999"')
    with pytest.raises(errors.OperatorError, match=f"{conf}: SpicePort 99999: not a whole number from"):
        parse("--config", conf)
    assert parse("--config", conf, "--port", "5950").port == 5950
