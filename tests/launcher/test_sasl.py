"""--sasl, as far as the launcher has to do with it; tests/clients/test_sasl.py has clients that get in."""

import re

import pytest
from conftest import link, viewer_keys
from support import wire


def test_nobody_is_told_of_a_password(launch, tmp_path):
    (tmp_path / "xspice.conf").write_text("mech_list: scram-sha-256\nauxprop_plugin: sasldb\n"
                                          f"sasldb_path: {tmp_path}/xspice.db\n")
    xspice = launch("--sasl", "--sasl-config-dir", str(tmp_path)).ready()
    assert re.search("^  password      asked by SASL$", xspice.said, re.MULTILINE)
    assert "password" not in viewer_keys(xspice.viewer_file)
    for password in ("", "guess"):
        with pytest.raises((wire.Refused, wire.Closed)):
            link(("127.0.0.1", xspice.port), password)


def test_configuration_in_the_place_that_the_environment_names(launch, tmp_path):
    (tmp_path / "xspice.conf").write_text("mech_list: digest-md5\n")
    launch("--sasl", environment={"SASL_CONF_PATH": tmp_path}).ready()


@pytest.mark.parametrize("text", ["", "# mech_list: plain\n", "mech_list:\n", "pwcheck_method: saslauthd\n"])
def test_configuration_without_mechanisms_is_refused(refused, tmp_path, text):
    (tmp_path / "xspice.conf").write_text(text)
    said = refused("--sasl", "--sasl-config-dir", str(tmp_path))
    assert re.match(r"--sasl: .*mech_list; ", said), said


def test_no_configuration_at_all_is_refused(refused, tmp_path):
    said = refused("--sasl", environment={"SASL_CONF_PATH": tmp_path})
    assert re.match(r"--sasl: .*xspice\.conf.*; ", said), said
