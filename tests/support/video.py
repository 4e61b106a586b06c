"""Video files, as ffprobe and ffmpeg see them."""

import dataclasses
import json
import subprocess

import numpy


@dataclasses.dataclass(frozen=True)
class Video:
    """What ffprobe says. `duration` is None for a file that does not say it; `times` are those of its packets."""

    codec: str
    width: int
    height: int
    duration: float | None
    times: list[float]


def probe(path):
    said = json.loads(subprocess.run(
        ["ffprobe", "-v", "error", "-of", "json", "-show_entries",
         "stream=codec_name,width,height:format=duration:packet=pts_time", path],
        check=True, capture_output=True, text=True, timeout=60).stdout)
    (stream,) = said["streams"]
    duration = said["format"].get("duration")
    return Video(stream["codec_name"], stream["width"], stream["height"], float(duration) if duration else None,
                 [float(packet["pts_time"]) for packet in said["packets"]])


def decode(path):
    """Every frame, as bytes (frame, height, width, R G B). Fails on whatever the decoder complains about."""
    video = probe(path)
    decoded = subprocess.run(
        ["ffmpeg", "-v", "error", "-i", path, "-fps_mode", "passthrough", "-enc_time_base", "1/1000",
         "-sws_flags", "accurate_rnd+full_chroma_int", "-f", "rawvideo", "-pix_fmt", "rgb24", "-"], check=True, capture_output=True, timeout=120)
    assert not decoded.stderr, decoded.stderr.decode()
    return numpy.frombuffer(decoded.stdout, dtype=numpy.uint8).reshape(-1, video.height, video.width, 3)


def channels(picture):
    """A picture of 0x00RRGGBB pixels as decode() gives them."""
    return numpy.stack([picture >> shift & 0xFF for shift in (16, 8, 0)], axis=-1).astype(numpy.uint8)


def psnr(frame, picture):
    """How like they are, in dB. Over 40 nobody sees a difference; under 25 everybody does."""
    error = numpy.mean((frame.astype(numpy.float32) - picture.astype(numpy.float32)) ** 2)
    return float("inf") if error == 0 else 10 * numpy.log10(255**2 / error)
