"""Film that is shown at the rate of television by repeating fields: it comes at its own rate."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from fractions import Fraction
from itertools import accumulate
from pathlib import Path

import av
import pytest

from stoat_nb.media.codecs.mpeg2 import pulldown
from stoat_nb.media.stream import Stream
from stoat_nb.media.video import Outcome

from .films import beat, film

FILM = Fraction(24_000, 1001)
EVEN, NONE, ONCE = (1, 0), (0,), (1, 0, 0, 0, 0, 0, 0, 0)


def telecined(path: Path, repeats: Sequence[int]) -> Path:
    """Say of a bare stream that it is shown at 29.97, and that some frames repeat a field."""
    data = bytearray(path.read_bytes())
    for head in re.finditer(b"\\x00\\x00\\x01\xb3", bytes(data)):
        data[head.start() + 7] = data[head.start() + 7] & 0xF0 | 4  # frame_rate_code
    extensions = re.finditer(b"\\x00\\x00\\x01\xb5(?=[\x80-\x8f])", bytes(data))
    for number, one in enumerate(extensions):
        at = one.start() + 7
        data[at] = data[at] & ~0x02 | repeats[number % len(repeats)] << 1
        data[at + 1] |= 0x80  # progressive_frame
    path.write_bytes(data)
    return path


def muxed(source: Path, path: Path, repeats: Sequence[int]) -> Path:
    """Write a bare stream into a container, each frame as long as its fields last."""
    with av.open(str(source)) as bare, av.open(str(path), "w") as container:
        stream = container.add_stream_from_template(bare.streams.video[0])
        packets = [packet for packet in bare.demux() if packet.size]
        fields = [2 + repeats[number % len(repeats)] for number in range(len(packets))]
        starts = accumulate(fields, initial=0)
        for packet, start in zip(packets, starts, strict=False):
            packet.stream, packet.time_base = stream, Fraction(1, 90_000)
            packet.pts = packet.dts = 90_000 + round(start * Fraction(90_000 * 1001, 60_000))
            container.mux(packet)
    return path


@pytest.mark.parametrize("name", ["bare.m2v", "a.ts", "b.mpg", "c.vob"])
@pytest.mark.parametrize(("repeats", "rate"), [(EVEN, FILM), (NONE, Fraction(30_000, 1001))])
def test_film_comes_at_its_own_rate_in_all_containers(
    tmp_path: Path,
    read: Callable[..., Outcome],
    name: str,
    repeats: Sequence[int],
    rate: Fraction,
) -> None:
    bare = film(
        tmp_path / "bare.m2v",
        beat(96, FILM),
        codec="mpeg2video",
        rate=FILM,
        encoding={"bf": "0"},
    )
    path = telecined(bare, repeats)
    if name != bare.name:
        path = muxed(path, tmp_path / name, repeats)
    stream = stream_of(read(path))
    assert Fraction(stream.fps_num or 0, stream.fps_den or 1) == rate
    assert stream.fps_nominal == pytest.approx(30_000 / 1001)


def stream_of(outcome: Outcome) -> Stream:
    assert outcome.video is not None
    found = outcome.video.main("video")
    assert found is not None
    return found


def picture(repeat: int, progressive: int = 1) -> bytes:
    flags = bytes([0x8F, 0xFF, 0xF7, 0x80 | repeat << 1, progressive << 7])
    return b"\0\0\1\xb5\x14\x8a\0\1\0\0\0\1\xb5" + flags + b"\0\0\1\1"


@pytest.mark.parametrize(
    ("pictures", "is_steady"),
    [
        ([picture(n % 2) for n in range(8)], True),
        ([picture((n + 1) % 2) for n in range(4)], True),
        ([picture(n % 2) for n in range(3)], False),
        ([picture(one) for one in ONCE], False),
        ([picture(n % 2, progressive=0) for n in range(8)], False),
        ([picture(n % 2)[:-6] for n in range(8)], False),
        ([], False),
    ],
)
def test_only_a_steady_pattern_of_whole_frames_is_pulldown(
    pictures: Sequence[bytes], *, is_steady: bool
) -> None:
    assert pulldown(pictures) == (Fraction(4, 5) if is_steady else None)
