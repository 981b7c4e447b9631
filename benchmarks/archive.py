"""Outcomes of an archive of any size, made from those of real clips."""

from __future__ import annotations

import random
import tempfile
from collections.abc import Iterator, Sequence
from pathlib import Path

from msgspec.structs import replace

from stoat_nb.media.demo_clips import make_samples
from stoat_nb.media.outcome import outcome
from stoat_nb.media.probe import probe
from stoat_nb.media.video import Found, Outcome, Video

ROOT = b"/archive"
#: Files of one folder, and of every hundred those that cannot be read.
FILES_A_FOLDER, FAILED_OF_100 = 40, 2
_LENGTHS_S = (4, 5400)
_PLACES = ("Lisbon", "Zürich", "Oslo", "Kyoto", "Reykjavík", "Porto", "Gdańsk", "Graz")


def templates() -> tuple[list[Outcome], list[Outcome]]:
    """Probe real clips of all kinds; return what came of those that are whole, and of others."""
    with tempfile.TemporaryDirectory() as scratch:
        probed = [_probed(path) for path in make_samples(Path(scratch))]
    whole = [one for one in probed if one.video is not None]
    return whole, [one for one in probed if one.video is None]


def _probed(path: Path) -> Outcome:
    seen = path.stat()
    item = {"root": str(path.parent), "relative": path.name}
    answer = probe({**item, "size_bytes": seen.st_size, "mtime_ns": seen.st_mtime_ns})
    found = Found(
        folder=bytes(path.parent),
        name=path.name.encode(),
        size_bytes=seen.st_size,
        mtime_ns=seen.st_mtime_ns,
        inode=seen.st_ino,
        device=seen.st_dev,
    )
    return outcome(found, answer)


def batches(count: int, size: int, *, seed: int = 1) -> Iterator[list[Outcome]]:
    """Yield so many outcomes in batches, the same for the same seed, folder by folder."""
    whole, broken = templates()
    draw = random.Random(seed)  # noqa: S311 - figures, no secrets
    for first in range(0, count, size):
        last = min(first + size, count)
        yield [_drawn(number, draw, whole, broken) for number in range(first, last)]


def _drawn(
    number: int, draw: random.Random, whole: Sequence[Outcome], broken: Sequence[Outcome]
) -> Outcome:
    failed = draw.randrange(100) < FAILED_OF_100
    one = draw.choice(broken if failed else whole)
    length = draw.uniform(*_LENGTHS_S)
    rate = draw.randrange(800_000, 60_000_000)
    ending = one.found.name.rpartition(b".")[2]
    found = Found(
        folder=_folder_of(number // FILES_A_FOLDER),
        name=b"clip %06d.%s" % (number, ending),
        size_bytes=int(length * rate / 8),
        mtime_ns=1_500_000_000_000_000_000 + draw.randrange(250_000_000_000_000_000),
        inode=1_000_000 + number,
        device=2049,
    )
    video = one.video and _varied(one.video, length, rate, number)
    return replace(one, found=found, video=video)


def _folder_of(number: int) -> bytes:
    place = _PLACES[number % len(_PLACES)]
    return ROOT + f"/{2000 + number % 25}/{place} {number // 25:04d}".encode()


def _varied(video: Video, length: float, rate: int, number: int) -> Video:
    streams = tuple(
        replace(
            stream,
            duration_s=stream.duration_s and length,
            bitrate=stream.bitrate and rate + stream.idx,
            frame_count=stream.frame_count and int(length * 25),
        )
        for stream in video.streams
    )
    return replace(
        video,
        streams=streams,
        duration_s=length,
        bitrate=rate,
        title=f"Film {number}" if video.title else None,
    )
