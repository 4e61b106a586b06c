"""Figures for Prometheus."""

from support.prometheus import parse, value
from test_requests import CLIENTS, STATUS
from xspice_launcher.ctl import metrics


def test_figures_of_a_display_and_its_clients():
    samples = parse(metrics.exposition(metrics.of_display(5, STATUS, {"clients": CLIENTS})))
    assert value(samples, "xspice_uptime_seconds", display=":5") == 3725.5
    assert value(samples, "xspice_info", version="0.1.0") == 1
    assert value(samples, "xspice_clients") == 2
    assert value(samples, "xspice_commits_total") == 99
    assert value(samples, "xspice_client_sent_bytes_total", client="3", address="192.0.2.7:5123",
                 user="alice") == 1_234_567
    assert value(samples, "xspice_client_image_bytes_total", client="3", codec="jpeg") == 7
    assert value(samples, "xspice_client_encode_seconds_total", client="3") == 0.0125
    assert value(samples, "xspice_client_rtt_seconds", client="3") == 0.00025
    assert value(samples, "xspice_client_encrypted", client="3") == 1
    assert value(samples, "xspice_client_view_only", client="12", user="") == 1
    # What is not known is left out.
    assert not [key for key in samples if key[0] == "xspice_client_rtt_seconds" and ("client", "12") in key[1]]


def test_several_displays_are_put_together():
    samples = metrics.of_display(5, STATUS, {"clients": CLIENTS}) + metrics.of_display(6, STATUS, {"clients": CLIENTS})
    assert len(parse(metrics.exposition(samples))) == len(samples)


def test_names_cannot_break_out():
    nasty = 'a"b\\c\nd} 7'
    samples = parse(metrics.exposition(metrics.of_display(5, {}, {"clients": [{**CLIENTS[0], "user": nasty}]})))
    (user,) = {dict(labels)["user"] for name, labels in samples if name == "xspice_client_frames_total"}
    assert user == 'a\\"b\\\\c\\nd} 7'


def test_no_figures():
    assert metrics.exposition([]) == ""
