"""Figures for Prometheus, in its text format (version 0.0.4)."""
from collections.abc import Iterable
from typing import Any, NamedTuple

from .. import control
from ..errors import OperatorError
from .command import Call, Result, display_of


class Metric(NamedTuple):
    """`member` is where the answer of the control socket has it; it is multiplied by `scale`."""

    name: str
    kind: str
    help: str
    member: str
    scale: float = 1


OF_DISPLAY = (
    Metric("xspice_uptime_seconds", "gauge", "How long the display has been running.", "uptime"),
    Metric("xspice_screen_width_pixels", "gauge", "Width of the screen.", "width"),
    Metric("xspice_screen_height_pixels", "gauge", "Height of the screen.", "height"),
    Metric("xspice_clients", "gauge", "Clients that are connected.", "clients"),
    Metric("xspice_recordings", "gauge", "Programs that follow the screen through the control socket.", "recording"),
    Metric("xspice_commits_total", "counter", "New pictures that X has drawn.", "commits"),
)
OF_CLIENT = (
    Metric("xspice_client_connected_seconds", "gauge", "How long the client has been connected.", "connected"),
    Metric("xspice_client_view_only", "gauge", "1 when the client may only watch.", "view_only"),
    Metric("xspice_client_encrypted", "gauge", "1 when the client is connected with TLS.", "encrypted"),
    Metric("xspice_client_sent_bytes_total", "counter", "Bytes sent to the client, all channels.", "bytes_sent"),
    Metric("xspice_client_images_total", "counter", "Images sent to the client.", "images"),
    Metric("xspice_client_image_bytes_total", "counter", "Bytes of images sent to the client, by their compression.",
           "bytes_by_codec"),
    Metric("xspice_client_frames_total", "counter", "Pictures that the client was brought to.", "frames"),
    Metric("xspice_client_frames_skipped_total", "counter", "Pictures that the client was not told of because a newer "
           "one had come.", "frames_skipped"),
    Metric("xspice_client_encode_seconds_total", "counter", "Time spent on encoding images for the client.",
           "encode_ms", 0.001),
    Metric("xspice_client_rtt_seconds", "gauge", "Round trip to the client and back, as last estimated.", "rtt_ms",
           0.001),
    Metric("xspice_client_bandwidth_bytes_per_second", "gauge", "What the link to the client carries, as last "
           "estimated.", "bandwidth"),
)


class Sample(NamedTuple):
    metric: Metric
    labels: dict[str, str]
    value: float


def run(call: Call) -> Result:
    paths = control.running(call.environment).values() if call.flags["--all"] else \
        [control.find(call.display, call.environment)]
    samples: list[Sample] = []
    problem = None
    for path in paths:
        try:
            with control.connect(path) as display:
                samples += of_display(display_of(path), display.request("status"), display.request("clients"))
        except OperatorError as error:
            if not call.flags["--all"]:
                raise
            if not isinstance(error, control.Gone):
                problem = f":{display_of(path)}: {error}"  # and the others have their figures all the same
    value = [{"name": sample.metric.name, "labels": sample.labels, "value": sample.value} for sample in samples]
    return Result({"metrics": value}, exposition(samples).removesuffix("\n"), problem)


def of_display(number: int | None, status: dict[str, Any], clients: dict[str, Any]) -> list[Sample]:
    labels = {"display": "" if number is None else f":{number}"}
    samples = list(_samples(OF_DISPLAY, labels, status))
    samples.append(Sample(_INFO, {**labels, "version": str(status.get("version", ""))}, 1))
    for client in clients.get("clients", ()):
        samples += _samples(OF_CLIENT, {**labels, "client": str(client.get("id", "")),
                                        "address": str(client.get("address", "")),
                                        "user": str(client.get("user") or "")}, client)
    return samples


_INFO = Metric("xspice_info", "gauge", "Always 1; its labels tell what is running.", "")


def _samples(metrics: Iterable[Metric], labels: dict[str, str], found: dict[str, Any]) -> Iterable[Sample]:
    """What is not known is left out."""
    for metric in metrics:
        value = found.get(metric.member)
        if isinstance(value, dict):
            for codec, part in value.items():
                yield Sample(metric, {**labels, "codec": codec}, part * metric.scale)
        elif isinstance(value, (int, float)):
            yield Sample(metric, labels, value * metric.scale)


def exposition(samples: Iterable[Sample]) -> str:
    """All samples of a metric are together, after its HELP and TYPE."""
    lines: dict[Metric, list[str]] = {}
    for sample in samples:
        if sample.metric not in lines:
            lines[sample.metric] = [f"# HELP {sample.metric.name} {_escaped(sample.metric.help)}",
                                    f"# TYPE {sample.metric.name} {sample.metric.kind}"]
        labels = ",".join(f'{name}="{_label(value)}"' for name, value in sample.labels.items())
        lines[sample.metric].append(f"{sample.metric.name}{{{labels}}} {_number(sample.value)}")
    return "".join(line + "\n" for group in lines.values() for line in group)


def _number(value: float) -> str:
    return str(int(value)) if value == int(value) else repr(round(value, 9))


def _escaped(help_text: str) -> str:
    return help_text.replace("\\", "\\\\").replace("\n", "\\n")


def _label(value: str) -> str:
    return _escaped(value).replace('"', '\\"')
