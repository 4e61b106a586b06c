"""Every option has a test that it has its effect: here is which one."""

import ast
import functools

import pytest
from conftest import TESTS
from support import xserver
from xspice_launcher import option_table, toml_text

# file below tests/ :: function
EFFECTS = {
    "--port": "launcher/test_from_xspice.py::test_its_configuration_as_it_is_and_converted",
    "--addr": "launcher/test_ready.py::test_addresses_that_were_asked_for_and_no_other",
    "--ipv4-only": "clients/test_ways_in.py::test_ipv4_only",
    "--ipv6-only": "clients/test_ways_in.py::test_ipv6_only",
    "--unix": "launcher/test_unix.py::test_unix_socket_alone",
    "--web-origin": "clients/test_ways_in.py::test_browser_links_from_a_page_that_was_named",
    "--name": "launcher/test_ready.py::test_viewer_file",
    "--tls-auto": "launcher/test_encryption.py::test_automatic_certificate",
    "--tls-port": "launcher/test_encryption.py::test_certificate_of_ones_own",
    "--x509-dir": "launcher/test_encryption.py::test_certificate_of_ones_own",
    "--cacert-file": "launcher/test_encryption.py::test_single_files_and_a_key_with_a_password",
    "--x509-cert-file": "launcher/test_encryption.py::test_single_files_and_a_key_with_a_password",
    "--x509-key-file": "launcher/test_encryption.py::test_single_files_and_a_key_with_a_password",
    "--x509-key-password-file": "launcher/test_encryption.py::test_single_files_and_a_key_with_a_password",
    "--dh-file": "launcher/test_encryption.py::test_dh_parameters_are_used",
    "--tls-ciphers": "launcher/test_encryption.py::test_ciphers",
    "--secure-channels": "launcher/test_encryption.py::test_secure_channels",
    "--password-file": "launcher/test_ready.py::test_password_file",
    "--view-only-password-file": "launcher/test_privacy.py::test_no_secret_in_command_lines_environments_logs_or_files",
    "--disable-ticketing": "launcher/test_ready.py::test_disabled_ticketing",
    "--sasl": "launcher/test_sasl.py::test_nobody_is_told_of_a_password",
    "--sasl-config-dir": "launcher/test_sasl.py::test_nobody_is_told_of_a_password",
    "--sasl-hostname": "clients/test_sasl.py::test_gssapi_with_a_kerberos_realm",
    "--sasl-user": "clients/test_sasl.py::test_scram_over_tls",
    "--image-compression": "clients/test_compression.py::test_every_setting_is_exact_at_rest",
    "--jpeg-wan-compression": "clients/test_compression.py::test_every_setting_is_exact_at_rest",
    "--zlib-glz-wan-compression": "clients/test_compression.py::test_every_setting_is_exact_at_rest",
    "--deferred-fps": "clients/test_picture_rate.py::test_as_many_pictures_as_are_asked_for",
    "--size": "launcher/test_ready.py::test_screen_options",
    "--numheads": "launcher/test_ready.py::test_screen_options",
    "--dpi": "launcher/test_ready.py::test_screen_options",
    "--session": "launcher/test_session.py::test_exit_status_is_passed_on",
    "--xsession": "launcher/test_from_xspice.py::test_xsession_runs_and_its_end_is_not_the_end",
    "--session-bus": "launcher/test_desktops.py::test_own_bus_for_a_command",
    "--idle-timeout": "launcher/test_limits.py::test_idle_from_the_start",
    "--max-time": "launcher/test_limits.py::test_most_time_whoever_is_connected",
    "--exit-on-disconnect": "launcher/test_limits.py::test_last_one_leaves",
    "--keyboard-layout": "launcher/test_ready.py::test_keyboard_options",
    "--keyboard-variant": "launcher/test_ready.py::test_keyboard_options",
    "--keyboard-model": "launcher/test_ready.py::test_keyboard_options",
    "--keyboard-options": "launcher/test_ready.py::test_keyboard_options",
    "--log-file": "launcher/test_ready.py::test_log_file_stays",
    "--module-path": "launcher/test_effects.py::test_place_of_the_module",
    "--xorg": "launcher/test_refusals.py::test_server_that_does_not_start",
    "--core-dumps": "launcher/test_privacy.py::test_core_dumps_can_be_allowed",
    "--xorg-option": "launcher/test_from_xspice.py::test_options_of_the_x_server",
    "--config": "launcher/test_from_xspice.py::test_its_configuration_as_it_is_and_converted",
    "--convert-config": "launcher/test_from_xspice.py::test_its_configuration_as_it_is_and_converted",
    "--list-sessions": "launcher/test_desktops.py::test_list",
    "--check": "launcher/test_check.py::test_ok",
    "--print-config": "launcher/test_effects.py::test_print_config",
    "--print-xorg-conf": "launcher/test_options.py::test_print_xorg_conf_starts_and_leaves_nothing",
    "--help": "launcher/test_options.py::test_help_is_printed",
    "--version": "launcher/test_options.py::test_version_is_printed",
}


@functools.cache
def texts_of_tests(file):
    """The source of each test function in a file, with its decorators, and that of everything else."""
    source = (TESTS / file).read_text()
    functions = [node for node in ast.parse(source).body if isinstance(node, ast.FunctionDef)]
    lines = source.splitlines()
    found = {}
    for function in functions:
        first = min([function.lineno, *(decorator.lineno for decorator in function.decorator_list)])
        found[function.name] = "\n".join(lines[first - 1:function.end_lineno])
        if function.name.startswith("test_"):
            lines[first - 1:function.end_lineno] = [""] * (function.end_lineno - first + 1)
    return found, "\n".join(lines)


def test_every_option_has_one():
    """One that does nothing, or is refused: test_from_xspice.py."""
    assert set(EFFECTS) == {option.name for option in option_table.OPTIONS if toml_text.is_for_users(option)}


@pytest.mark.parametrize("name", EFFECTS)
def test_it_is_there_and_gives_the_option(name):
    """In its own text, or in that of what it shares with other tests of its file, such as its fixtures."""
    file, _, function = EFFECTS[name].partition("::")
    tests, shared = texts_of_tests(file)
    assert function in tests
    option = option_table.BY_NAME[name]
    assert any(word in text for text in (tests[function], shared)
               for word in (f'"{name}', f'"{option.short}"', option.variable, f'"{option.driver}"')), EFFECTS[name]


def test_place_of_the_module(launch, refused):
    modules = str(xserver.module_path())
    environment = {"XSPICE_MODULE_PATH": "/nonexistent"}
    launch("--module-path", modules, "--disable-ticketing", environment=environment).ready()
    assert refused(environment=environment).startswith("XSPICE_MODULE_PATH=/nonexistent: drivers/xspice_drv.so is not ")


def test_print_config(launch):
    xspice = launch("--print-config", "--name", "my desk")
    assert (xspice.wait(), xspice.complained) == (0, "")
    assert '\nname = "my desk"  # --name\n' in xspice.said
    assert f"\nport = {xspice.port_slot.number}  # --port\n" in xspice.said
    xspice.assert_nothing_left()
