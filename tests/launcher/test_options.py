"""One table of options: the help, the manual, the generated xorg.conf and the driver agree with it."""

import re

import pytest
from conftest import SOURCE, TESTS, parse
from xspice_launcher import __version__, option_table, usage, values, xorg_conf
from xspice_launcher.settings import Settings

NAMES = [option.name for option in option_table.OPTIONS]
MANUAL = (SOURCE / "launcher" / "xspice.1.scd").read_text()


@pytest.mark.parametrize("option", option_table.OPTIONS, ids=NAMES)
def test_help_and_manual_describe_every_option(option):
    value = f" {option.value}" if option.value else ""
    if option.group == "From Xspice":  # many, and none of them does anything
        assert re.search(rf" {option.name}(,|\n\n)", usage.text().partition("From Xspice")[2])
    else:
        assert re.search(rf"^  (-\w, )?{option.name}{value}$", usage.text(), re.MULTILINE)
    in_manual = f" _{option.value}_" if option.value else ""
    assert re.search(rf"^(\*-\w\*, )?\*{option.name}\*{re.escape(in_manual)}\n\t\S", MANUAL, re.MULTILINE)


def test_manual_describes_no_other_option():
    assert set(re.findall(r"^(?:\*-\w\*, )?\*(--[a-z0-9-]+)\*", MANUAL, re.MULTILINE)) == set(NAMES)


def test_manual_groups_options_as_the_help_does():
    for group in option_table.GROUPS:
        section = re.search(rf"^## {group}\n(.*?)^#", MANUAL, re.MULTILINE | re.DOTALL)[1]
        expected = [option.name for option in option_table.OPTIONS if option.group == group]
        assert re.findall(r"^(?:\*-\w\*, )?\*(--[a-z0-9-]+)\*", section, re.MULTILINE) == expected


def test_every_option_is_in_a_group():
    assert {option.group for option in option_table.OPTIONS} == set(option_table.GROUPS)


def test_help_fits_a_terminal():
    assert max(map(len, usage.text().splitlines())) <= 80


def test_documentation_names_no_option_that_does_not_exist():
    for page in (SOURCE / "README.md", *(SOURCE / "docs").glob("*.md")):
        for line in page.read_text().splitlines():
            line = line.replace("/xspice ", "")  # a name of something that others have
            if "xspice " in line or "scripts/run" in line:
                command = line.split("xspice ", 1)[-1].split("scripts/run", 1)[-1].split(" -- ")[0]
                assert set(re.findall(r"(?<!\S)--[a-z0-9-]+", command)) <= set(NAMES), (page, line)


GIVEN = [
    ("--port", "5901", "5901"),
    ("--addr", "::1", "::1"),
    ("--ipv4-only", None, "true"),
    ("--ipv6-only", None, "true"),
    ("--unix", "/tmp/some socket", "/tmp/some socket"),
    ("--web-origin", "https://desk.example.org:8443", "https://desk.example.org:8443"),
    ("--tls-auto", None, "true"),
    ("--tls-port", "5902", "5902"),
    ("--x509-dir", "/some/directory", "/some/directory"),
    ("--cacert-file", "/some/file", "/some/file"),
    ("--x509-cert-file", "/some/file", "/some/file"),
    ("--x509-key-file", "/some/file", "/some/file"),
    ("--x509-key-password-file", "/some/file", "/some/file"),
    ("--dh-file", "/some/file", "/some/file"),
    ("--tls-ciphers", "ECDHE+AESGCM:!aNULL", "ECDHE+AESGCM:!aNULL"),
    ("--secure-channels", "main,inputs", "main,inputs"),
    ("--password-file", "/some/file", "/some/file"),
    ("--view-only-password-file", "/some/file", "/some/file"),
    ("--disable-ticketing", None, "true"),
    ("--sasl", None, "true"),
    ("--sasl-config-dir", "/some/directory", "/some/directory"),
    ("--sasl-hostname", "desk.example.org", "desk.example.org"),
    ("--sasl-user", "alice@EXAMPLE.ORG", "alice@EXAMPLE.ORG"),
    ("--core-dumps", None, "true"),
    ("--name", "my desktop", "my desktop"),
    ("--image-compression", "auto_glz", "auto_glz"),
    ("--jpeg-wan-compression", "never", "never"),
    ("--zlib-glz-wan-compression", "always", "always"),
    ("--deferred-fps", "25", "25"),
    ("--size", "801x601", "801x601"),
    ("--numheads", "4", "4"),
    ("--dpi", "120", "120"),
    ("--keyboard-layout", "us,de", "us,de"),
    ("--keyboard-variant", "intl", "intl"),
    ("--keyboard-model", "pc104", "pc104"),
    ("--keyboard-options", "compose:menu,grp:alt_shift_toggle", "compose:menu,grp:alt_shift_toggle"),
]


@pytest.mark.parametrize("name, argument, written", GIVEN)
def test_option_reaches_the_driver(name, argument, written):
    settings = Settings()  # not parsed: many of them need others
    option = option_table.BY_NAME[name]
    value = option.parse(argument) if argument else True
    setattr(settings, option.key, (value,) if option.repeatable else value)
    config = xorg_conf.text(settings, {})
    assert f'Option "{option_table.BY_NAME[name].driver}" "{written}"' in config


def test_every_option_of_the_driver_is_tried_above():
    assert {name for name, _, _ in GIVEN} == {option.name for option in option_table.OPTIONS if option.driver}


def test_driver_knows_every_device_option_and_has_no_other():
    table = set(re.findall(r'\{OPTION_\w+, "(\w+)"', (SOURCE / "xorg-driver" / "xspice_options.c").read_text()))
    written = {option.driver for option in option_table.OPTIONS if option.driver and option.group != "Keyboard"}
    assert table == written | {"MaxSize", "SpiceListenFds", "SpiceControl"}


COMPRESSIONS = {
    "--image-compression": ("auto", "off", "auto_glz", "auto_lz", "quic", "glz", "lz", "lz4"),
    "--jpeg-wan-compression": ("auto", "never", "always"),
    "--zlib-glz-wan-compression": ("auto", "never", "always"),
}


@pytest.mark.parametrize("name", COMPRESSIONS)
def test_compression_is_left_to_the_server_unless_told(name):
    option = option_table.BY_NAME[name]
    assert f'Option "{option.driver}" "auto"' in xorg_conf.text(parse(), {})
    for value in COMPRESSIONS[name]:
        assert f'Option "{option.driver}" "{value}"' in xorg_conf.text(parse(name, value), {})


@pytest.mark.parametrize("name", COMPRESSIONS)
def test_help_and_manuals_tell_every_compression(name):
    option = option_table.BY_NAME[name]
    in_manual = re.search(rf"^\*{name}\* .*\n((?:\t.*\n)+)", MANUAL, re.MULTILINE)[1]
    for value in COMPRESSIONS[name]:
        assert re.search(rf"\b{value}\b", option.help) and f"*{value}*" in in_manual, value
    taken = "|".join(f'"{value}"' for value in COMPRESSIONS[name])
    assert f"\n*{option.driver}* {taken}\n" in (SOURCE / "xorg-driver" / "xspice.4.scd").read_text()


@pytest.mark.parametrize("size, heads, limit", [
    ("1920x1080", 1, "8192x8192"), ("1920x1080", 16, "8192x8192"), ("8192x8192", 1, "8192x8192"),
    ("8193x100", 1, "16384x16384"), ("8192x8192", 4, "16384x16384"),
])
def test_reserved_screen_is_large_enough_for_the_monitors(size, heads, limit):
    settings = parse("--size", size, "--numheads", str(heads))
    assert f'Option "MaxSize" "{limit}"' in xorg_conf.text(settings, {})


def test_values_and_command():
    settings = parse(":7", "--size=640x480", "--addr", "::1", "--addr", "127.0.0.1", "--addr=::1",
                     "--", "prog", "--port", "--", ":9")
    assert (settings.display, settings.size, settings.addr) == (7, values.Size(640, 480), ("::1", "127.0.0.1"))
    assert (settings.port, settings.command) == (None, ["prog", "--port", "--", ":9"])


def test_version_is_that_of_the_project():
    assert f"version: '{__version__}'" in (TESTS.parent / "meson.build").read_text()


@pytest.mark.parametrize("arguments", [["--help"], ["-h"], [":1", "--help", "--disable-ticketing", "--session", "x"]])
def test_help_is_printed(launch, arguments):
    xspice = launch(*arguments, own_port=False)
    assert xspice.wait() == 0
    assert xspice.said == usage.text() and xspice.complained == ""


def test_version_is_printed(launch):
    xspice = launch("--version", own_port=False)
    assert (xspice.wait(), xspice.said) == (0, f"xspice {__version__}\n")


def test_print_xorg_conf_starts_and_leaves_nothing(launch):
    xspice = launch(":5", "--print-xorg-conf", "--port", "5901", "--disable-ticketing", own_port=False)
    assert xspice.wait() == 0
    assert xspice.said == xorg_conf.text(parse("--disable-ticketing"), {"--port": 5901})
    xspice.assert_nothing_left()


def test_manual_of_the_driver_describes_every_option_and_no_other():
    table = set(re.findall(r'\{OPTION_\w+, "(\w+)"', (SOURCE / "xorg-driver" / "xspice_options.c").read_text()))
    manual = (SOURCE / "xorg-driver" / "xspice.4.scd").read_text()
    section = re.search(r"^# DEVICE OPTIONS\n(.*?)^# ", manual, re.MULTILINE | re.DOTALL)[1]
    heads = [line for line in section.splitlines() if line.startswith("*")]
    assert {name for line in heads for name in re.findall(r'\*(\w+)\* "', line)} == table
