"""Clips with every kind of timing and damage, and an editor of boxes to make more."""

from __future__ import annotations

import random
import struct
from collections.abc import Callable
from fractions import Fraction
from pathlib import Path
from typing import Any

import av
import numpy as np
import pytest

from stoat_nb.media.outcome import outcome
from stoat_nb.media.probe import probe
from stoat_nb.media.video import Failure, Found, Video

Said = Callable[..., Video]
Clip = Callable[..., bytes]

_CONTAINERS = {b"moov", b"trak", b"mdia", b"minf", b"dinf", b"stbl", b"edts"}


def box(kind: bytes, body: bytes) -> bytes:
    return struct.pack(">I4s", len(body) + 8, kind) + body


def place(content: bytes, *path: bytes) -> list[int]:
    """Return where each box of a path starts, the outermost first."""
    found: list[int] = []
    at, end = 0, len(content)
    for kind in path:
        while content[at + 4 : at + 8] != kind:
            at += struct.unpack_from(">I", content, at)[0]
            assert at < end, kind
        found.append(at)
        end = at + struct.unpack_from(">I", content, at)[0]
        at += 8
    return found


def replaced(content: bytes, path: tuple[bytes, ...], new: bytes) -> bytes:
    """Replace a box of an index that comes last; the boxes around it grow or shrink."""
    places = place(content, *path)
    [old] = struct.unpack_from(">I", content, places[-1])
    changed = bytearray(content)
    for at in places[:-1]:
        [size] = struct.unpack_from(">I", content, at)
        struct.pack_into(">I", changed, at, size + len(new) - old)
    changed[places[-1] : places[-1] + old] = new
    return bytes(changed)


@pytest.fixture(scope="session")
def clip(tmp_path_factory: pytest.TempPathFactory) -> Clip:
    """Encode noise, which no codec packs well, and a tone; return the file's bytes.

    They are the same on every machine, so that what a test does to them always meets the same part.
    """
    folder = tmp_path_factory.mktemp("noise")
    made: dict[tuple[object, ...], bytes] = {}

    def make(
        suffix: str,
        codec: str,
        sound: str | None = None,
        *,
        seconds: int = 2,
        start: int = 0,
        options: dict[str, str] | None = None,
        **codec_options: str,
    ) -> bytes:
        name = (suffix, codec, sound, seconds, start, str(options), str(codec_options))
        if name not in made:
            path = folder / f"{len(made)}.{suffix}"
            with av.open(str(path), "w", options=options or {}) as container:
                _fill(container, codec, sound, codec_options, (start, start + seconds))
            made[name] = path.read_bytes()
        return made[name]

    return make


def _fill(
    container: Any,
    codec: str,
    sound: str | None,
    options: dict[str, str],
    seconds: tuple[int, int],
) -> None:
    quick = {"preset": "veryfast", "x265-params": "log-level=none:pools=1"}
    if codec == "libvpx":
        # A speed below zero stays; one above would follow the time that each picture took.
        quick = {"deadline": "realtime", "cpu-used": "-8"}
    video = container.add_stream(codec, rate=25, options={**quick, **options})
    video.width, video.height, video.pix_fmt = 176, 144, "yuv420p"
    video.bit_rate, video.gop_size = 600_000, 12
    video.codec_context.thread_count = 1
    audio = container.add_stream(sound, rate=48_000, layout="stereo") if sound else None
    noise = np.random.default_rng(7)
    for number in range(25 * seconds[0], 25 * seconds[1]):
        pixels = noise.integers(0, 256, (216, 176), dtype=np.uint8)
        frame = av.VideoFrame.from_ndarray(pixels, format="yuv420p")
        frame.pts, frame.time_base = number, Fraction(1, 25)
        container.mux(video.encode(frame))
        if audio is not None:
            container.mux(audio.encode(_tone(noise, audio, number)))
    for stream in filter(None, (video, audio)):
        container.mux(stream.encode(None))


def _tone(noise: np.random.Generator, audio: Any, number: int) -> av.AudioFrame:
    planar = audio.codec_context.format.is_planar
    samples = noise.integers(-9000, 9000, (2, 1920) if planar else (1, 3840)).astype(np.int16)
    frame = av.AudioFrame.from_ndarray(samples, format="s16p" if planar else "s16", layout="stereo")
    frame.sample_rate, frame.pts, frame.time_base = 48_000, number * 1920, Fraction(1, 48_000)
    return frame


@pytest.fixture
def said(tmp_path: Path) -> Said:
    """Return what a scan says of some bytes, or, with ``packets``, what ``verify`` does."""

    def probe_bytes(content: bytes, *, packets: bool = False) -> Video | Failure:
        path = tmp_path / "clip"
        path.write_bytes(content)
        seen = path.stat()
        found = Found(
            folder=b"/", name=b"x", size_bytes=len(content), mtime_ns=1, inode=1, device=1
        )
        item = {
            "root": str(tmp_path),
            "relative": path.name,
            "size_bytes": seen.st_size,
            "mtime_ns": seen.st_mtime_ns,
        }
        told = outcome(found, probe({**item, "packets": packets}))
        answer = told.video or told.failure
        assert answer is not None
        return answer

    return probe_bytes  # type: ignore[return-value]


@pytest.fixture
def rng() -> random.Random:
    return random.Random(13)  # noqa: S311 - the same damage each time


@pytest.fixture(scope="session")
def many(clip: Clip, tmp_path_factory: pytest.TempPathFactory) -> bytes:
    """A film in Matroska with 69 sounds."""
    folder = tmp_path_factory.mktemp("many")
    source, target = folder / "one.mkv", folder / "many.mkv"
    source.write_bytes(clip("mkv", "libx264", "aac"))
    with av.open(str(source)) as film, av.open(str(target), "w") as copy:
        video, audio = film.streams.video[0], film.streams.audio[0]
        copies = {video: [copy.add_stream_from_template(video)]}
        copies[audio] = [copy.add_stream_from_template(audio) for _ in range(69)]
        for packet in film.demux():
            if packet.size:
                for stream in copies[packet.stream]:
                    again = av.Packet(bytes(packet))
                    again.pts, again.dts, again.time_base = packet.pts, packet.dts, packet.time_base
                    again.duration, again.is_keyframe = packet.duration, packet.is_keyframe
                    again.stream = stream
                    copy.mux(again)
    return target.read_bytes()
