"""Where options can be given besides the command line: the environment, and files; and what counts more."""

import os
import random
import re
import tomllib

import pytest
from conftest import ORDINARY_USER, link, parse
from xspice_launcher import config_file, errors, option_table, toml_text

# Every kind of value, as the environment and as a file have it, and what becomes of it.
KINDS = [
    ("--port", "5950", "5950", 5950),
    ("--disable-ticketing", "1", "true", True),
    ("--addr", "127.0.0.1,::1", '["127.0.0.1", "::1"]', ("127.0.0.1", "::1")),
    ("--addr", "::1", '"::1"', ("::1",)),
    ("--secure-channels", "main,inputs", '["main", "inputs"]', ("main", "inputs")),
    ("--size", "800x600", '"800x600"', (800, 600)),
    ("--name", "my desk", '"my desk"', "my desk"),
    ("--image-compression", "lz", '"lz"', "lz"),
    ("--numheads", "2", '"2"', 2),
    ("--log-file", "/tmp/log", '"/tmp/log"', "/tmp/log"),
]


@pytest.fixture
def files(tmp_path, monkeypatch):
    """Writes the user's or the system's file, and reads them with arguments and variables."""
    monkeypatch.setattr(config_file, "SYSTEM", str(tmp_path / "system.toml"))

    class Files:
        user = tmp_path / "xspice" / "xspice.toml"
        system = tmp_path / "system.toml"

        def write(self, text, path=None):
            path = path or self.user
            path.parent.mkdir(exist_ok=True)
            path.write_text(text)
            path.chmod(0o600)

        def parse(self, *arguments, **variables):
            return parse(*arguments, XDG_CONFIG_HOME=str(tmp_path), **variables)

        def refused(self, *arguments, **variables):
            with pytest.raises(errors.OperatorError) as caught:
                self.parse(*arguments, **variables)
            assert "\n" not in str(caught.value)
            return str(caught.value).replace(str(self.user), "USER").replace(str(self.system), "SYSTEM")

    return Files()


@pytest.mark.parametrize("name, in_environment, in_file, value", KINDS)
def test_every_kind_of_value_in_every_place(files, name, in_environment, in_file, value):
    option = option_table.BY_NAME[name]
    needed = ["--tls-auto"] if name == "--secure-channels" else []
    found = files.parse(*needed, **{option.variable: in_environment})
    assert getattr(found, option.key) == value
    for path in (files.user, files.system):
        files.write(f"{option.file_key} = {in_file}\n", path)
        assert getattr(files.parse(*needed), option.key) == value
        path.unlink()


def test_what_is_given_in_a_stronger_place_counts(files):
    files.write("name = 'of the system'\n", files.system)
    assert files.parse().name == "of the system"
    files.write("name = 'of the user'\n")
    assert files.parse().name == "of the user"
    assert files.parse(XSPICE_NAME="of the environment").name == "of the environment"
    assert files.parse("--name", "given", XSPICE_NAME="of the environment").name == "given"
    assert files.parse(XSPICE_NAME="").name == "of the user"


def test_a_list_of_a_stronger_place_replaces_the_weaker_one(files):
    files.write("addr = ['127.0.0.1']\n")
    assert files.parse("--addr", "::1").addr == ("::1",)


def test_switch_is_taken_back(files):
    files.write("tls-auto = true\nsasl = true\n")
    found = files.parse("--tls-auto=no", XSPICE_SASL="off")
    assert (found.tls_auto, found.sasl) == (False, False)


@pytest.mark.parametrize("word, value", [
    ("1", True), ("true", True), ("Yes", True), ("ON", True), ("0", False), ("false", False), ("no", False),
    ("Off", False)])
def test_how_switches_are_written(word, value):
    assert parse(XSPICE_DISABLE_TICKETING=word).disable_ticketing is value
    assert parse(f"--disable-ticketing={word}").disable_ticketing is value


@pytest.mark.parametrize("weaker, stronger, dropped", [
    ("disable-ticketing = true", ["--password-file", "/dev/null"], "disable_ticketing"),
    ("password-file = '/dev/null'", ["--disable-ticketing"], "password_file"),
    ("disable-ticketing = true", ["--sasl"], "disable_ticketing"),
    ("view-only-password-file = '/dev/null'", ["--sasl"], "view_only_password_file"),
    ("tls-auto = true", ["--x509-cert-file", "/c", "--x509-key-file", "/k", "--tls-port", "5901"], "tls_auto"),
    ("x509-cert-file = '/dev/null'", ["--tls-auto"], "x509_cert_file"),
    ("ipv6-only = true", ["--ipv4-only"], "ipv6_only"),
    ("keyboard-layout = 'us,de'\nkeyboard-variant = ',nodeadkeys'", ["--keyboard-layout", "fr"], "keyboard_variant"),
    ("session = 'true'", ["--", "true"], "session"),
    ("session = 'true'", ["--xsession", "true"], "session"),
])
def test_the_stronger_of_two_that_contradict_each_other(files, weaker, stronger, dropped):
    files.write(weaker + "\n")
    found = files.parse(*stronger)
    assert not getattr(found, dropped)
    assert f"--{dropped.replace('_', '-')}" not in found.given


def test_what_files_have_for_other_starts_is_no_mistake(files, launch):
    files.write("x509-dir = '/nonexistent'\ntls-ciphers = 'HIGH'\nsasl-user = 'alice'\nsession-bus = 'own'\n")
    xspice = launch(environment={"XDG_CONFIG_HOME": str(files.user.parent.parent)}).ready()
    link(("127.0.0.1", xspice.port), xspice.ticket)
    assert files.parse("--tls-port", "5901").x509_dir == "/nonexistent"
    assert files.parse("--sasl").sasl_user == ("alice",)
    assert re.match("SYSTEM: secure-channels: has no effect without TLS; give", (
        files.write("secure-channels = 'all'\n", files.system), files.refused())[1])


# What is refused, by the place it stands in.
@pytest.mark.parametrize("variables, line", [
    ({"XSPICE_PORT": "99999"}, "XSPICE_PORT=99999: not a whole number from 1 to 65535; give"),
    ({"XSPICE_SASL": "maybe"}, "XSPICE_SASL=maybe: neither true nor false; write"),
    ({"XSPICE_ADDR": "127.0.0.1,"}, "XSPICE_ADDR=: not an address; use"),
    ({"QXL_NUM_HEADS": "17"}, "QXL_NUM_HEADS=17: .* from 1 to 16; give"),
    ({"XSPICE_TLS_PORT": "5901"}, "XSPICE_TLS_PORT=5901: needs a certificate; give"),
    ({"XSPICE_SASL": "1", "XSPICE_DISABLE_TICKETING": "1"}, "XSPICE_SASL: contradicts --disable-ticketing; give"),
    ({"XSPICE_PASSWORD": "s3cret"}, "XSPICE_PASSWORD: every program .* unset it, .* give --password-file FILE$"),
    ({"XSPICE_VDAGENT_ENABLED": "1"}, "XSPICE_VDAGENT_ENABLED=1: xspice has no agent yet; leave it out$"),
])
def test_mistake_in_the_environment(files, variables, line):
    assert re.match(line, files.refused(**variables))


@pytest.mark.parametrize("text, line", [
    ("port = 99999", "USER: port 99999: not a whole number from 1 to 65535; give"),
    ("port = true", "USER: port: must be a text or number; write it so"),
    ("port = [1, 2]", "USER: port: must be a text or number; write it so"),
    ("port = 1.5", "USER: port: must be a text or number; write it so"),
    ("sasl = 'yes'", "USER: sasl: must be true or false; write it so"),
    ("addr = [true]", "USER: addr: must be a text or number, or a list of them; write it so"),
    ("prot = 5900", "USER: 'prot': no such option; did you mean port"),
    ("zzzzz = 5900", r"USER: 'zzzzz': no such option; xspice.toml\(5\) lists all"),
    ("[net]\nport = 5900", "USER: 'net': no such option; "),
    ("help = true", "USER: help: can be given on the command line only; remove it here"),
    ("config = 'x'", "USER: config: can be given on the command line only; remove it here"),
    ("password = 's3cret'", "USER: password: passwords are kept apart .*give password-file in xspice.toml"),
    ("port = ", r"USER: not TOML: Invalid value \(at line 1, column 8\); see"),
    ("port = 1\nport = 2", "USER: not TOML: Cannot overwrite a value .*; see"),
    ("x = " + "[" * 5000, "USER: not TOML: nested too deeply; see"),
    ("tls-port = 5901", "USER: tls-port 5901: needs a certificate; give"),
    ("sasl = true\ndisable-ticketing = true", "USER: sasl: contradicts --disable-ticketing; give"),
    ("vdagent = true", "USER: vdagent true: xspice has no agent yet; leave it out"),
    ("streaming-video = 'all'", "USER: streaming-video all: xspice has no video streams yet; .*or give off"),
])
def test_mistake_in_a_file(files, text, line):
    files.write(text + "\n")
    said = files.refused()
    assert re.match(line, said), said
    assert "s3cret" not in said


def test_file_that_is_not_to_be_trusted_or_read(files):
    files.write("port = 5900\n")
    for mode in (0o620, 0o602):
        files.user.chmod(mode)
        assert re.match('USER: other users can write to it; "chmod go-w"', files.refused())
    files.write("")
    os.chown(files.user, ORDINARY_USER, -1)
    assert re.match("USER: other users can write to it; ", files.refused())
    os.chown(files.user, 0, -1)
    files.write("", files.system)
    os.chown(files.system, ORDINARY_USER, -1)  # as a file of root may look in a container
    files.parse()
    files.system.chmod(0o666)
    assert re.match("SYSTEM: other users can write to it; ", files.refused())
    files.system.unlink()
    files.user.write_bytes(b"name = '\xff'\n")
    assert files.refused() == "USER: not in UTF-8; write it so"
    files.user.write_bytes(b"#" * (1 << 20) + b"\n")
    assert re.match("USER: larger than 1 MiB", files.refused())
    files.user.unlink()
    files.user.mkdir()
    assert files.refused() == "USER: cannot be read: Is a directory; mend that, or remove it"


def test_file_that_its_user_cannot_read(refused, tmp_path):
    (tmp_path / "xspice").mkdir()
    (tmp_path / "xspice" / "xspice.toml").touch(mode=0)
    tmp_path.chmod(0o755)
    said = refused(uid=ORDINARY_USER, environment={"XDG_CONFIG_HOME": str(tmp_path)})
    assert re.match(f"{tmp_path}/xspice/xspice.toml: cannot be read: Permission denied; ", said)


def test_no_file_is_read_for_what_only_prints(files):
    files.write("nonsense")
    for word in ("--help", "--version", "--list-sessions", "--convert-config=/x"):
        files.parse(word)


def test_named_file_instead_of_the_usual_ones(files, tmp_path):
    files.write("name = 'usual'\nsize = '800x600'\n")
    other = tmp_path / "other.toml"
    other.write_text("name = 'other'\n")
    for found in (files.parse("--config", other), files.parse(XSPICE_CONFIG=str(other))):
        assert (found.name, found.size) == ("other", (1920, 1080))
    assert files.parse("--config", "/dev/null").name == "xspice"
    assert files.parse("--config", other, "--name", "given").name == "given"
    assert re.match("--config /nonexistent: cannot be read: No such file or directory; name",
                    files.refused("--config", "/nonexistent"))


def test_configuration_through_a_pipe(launch):
    """Which is read to its end, whenever that comes."""
    reader, writer = os.pipe()
    xspice = launch("--config", "/dev/stdin", "--print-config", stdin=reader)
    os.close(reader)
    os.write(writer, b"name = 'from ")
    os.write(writer, b"a pipe'\n")
    os.close(writer)
    assert (xspice.wait(), xspice.complained) == (0, "")
    assert '\nname = "from a pipe"  # /dev/stdin: name\n' in xspice.said


def test_hostile_files(files):
    """Whatever is in them: settings, or one line."""
    generator = random.Random(5)
    pieces = ["port", "addr", "=", "[", "]", "{", "}", "'", '"', "\n", "5900", "true", "-", "\\", "\x00", "é",
              "Section",
              "EndSection", '"Device"', "Option", "Driver", '"spiceqxl"', "#", ".", "SpicePort", "size", "640x480", " "]
    refused = 0
    for _ in range(3000):
        files.write("".join(generator.choice(pieces) for _ in range(generator.randrange(30))))
        for arguments in ([], ["--config", files.user]):
            try:
                files.parse(*arguments)
            except errors.OperatorError as error:
                refused += 1
                assert "\n" not in str(error).replace(str(files.user), "")
    assert 1000 < refused < 6000


def test_variables_of_the_display_are_not_for_its_session(launch):
    xspice = launch("--", "env", environment={"XSPICE_NAME": "desk", "XSPICE_SESSION": "x", "QXL_NUM_HEADS": "2"})
    assert xspice.wait() == 0
    assert "\nXSPICE_MODULE_PATH=" in xspice.said
    assert not re.search("^(XSPICE_(NAME|SESSION)|QXL_NUM_HEADS)=", xspice.said, re.MULTILINE)


def test_paths_in_files(files, monkeypatch):
    monkeypatch.setenv("HOME", "/home/alice")
    files.write("log-file = '~/log'\npassword-file = 'secret'\n")
    found = files.parse()
    assert found.log_file == "/home/alice/log"
    assert found.password_file == str(files.user.parent / "secret")


def test_where_the_user_s_file_is(monkeypatch):
    monkeypatch.setenv("HOME", "/home/alice")
    for value in ({}, {"XDG_CONFIG_HOME": ""}, {"XDG_CONFIG_HOME": "relative"}):
        assert config_file.user_file(value) == "/home/alice/.config/xspice/xspice.toml"
    assert config_file.SYSTEM == "/etc/xspice/xspice.toml"


def test_variable_that_is_mistyped_is_told(capfd):
    parse(XSPICE_PROT="5900", XSPICE_CONTROL="/run/x", XSPICE_WHATEVER="1")
    assert capfd.readouterr().err == "xspice: warning: XSPICE_PROT: stands for no option; did you mean XSPICE_PORT?\n"


def test_print_config_is_a_file_that_says_the_same(files, tmp_path):
    files.write("numheads = 2\n")
    arguments = ["--port", "5950", "--addr", "::1", "--addr", "127.0.0.1", "--name", "a\\b 'é'", "--size", "800x600",
                 "--disable-ticketing", "--secure-channels", "main,inputs", "--tls-auto", "--xorg-option",
                 "-maxclients 512", "--streaming-video", "off", "--auto", "--session", "echo \t'x'\u2028"]
    before = files.parse(":7", *arguments, XSPICE_DPI="120")
    printed = toml_text.of_settings(before)
    assert f"numheads = 2  # {files.user}: numheads\n" in printed
    assert "dpi = 120  # XSPICE_DPI\n" in printed and "port = 5950  # --port\n" in printed
    assert '#keyboard-layout = "us"\n' in printed and "# Display, which only the command line can tell: :7\n" in printed
    again = tmp_path / "again.toml"
    again.write_text(printed)
    after = parse("--config", again)
    assert after.given.keys() == before.given.keys() | {"--config"}
    for option in option_table.OPTIONS:
        if option.name != "--config":
            assert getattr(after, option.key) == getattr(before, option.key), option.name
    default = toml_text.of_settings(parse())
    assert tomllib.loads(default) == {}
    assert set(tomllib.loads(re.sub("(?m)^#(?=[a-z])", "", default))) == {
        option.file_key for option in option_table.OPTIONS if option.in_files and toml_text.is_for_users(option)}


def test_system_s_file_and_what_check_says(launch, tmp_path):
    """In a mount namespace, for the real path."""
    script = ('mount -t tmpfs none "$0" && mkdir "$0/upper" "$0/work" && mount -t overlay overlay -o '
              'lowerdir=/etc,upperdir="$0/upper",workdir="$0/work" /etc && mkdir -p /etc/xspice && '
              'echo \'name = "of the system"\' >/etc/xspice/xspice.toml && exec "$@"')
    unshare = ["unshare", "-m" if os.getuid() == 0 else "-rm", "sh", "-c", script, str(tmp_path)]
    xspice = launch("--check", "--disable-ticketing", prefix=unshare, looked_into=False)
    assert xspice.wait() == 0, xspice.complained
    lines = xspice.said.splitlines()
    assert lines[0] == "xspice: ok"
    assert '  name = "of the system"  (/etc/xspice/xspice.toml)' in lines
    assert "  disable-ticketing = true  (command line)" in lines
    assert any(re.match(r"  module-path = .*  \(environment: XSPICE_MODULE_PATH\)", line) for line in lines)
