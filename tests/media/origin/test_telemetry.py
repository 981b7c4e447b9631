"""Where GoPro's cameras say that they were, in their track of telemetry."""

from __future__ import annotations

import copy
import struct
from collections.abc import Sequence
from typing import Any

import pytest

from .conftest import Edit, Film, Movie, Origin, box


def gpmf(key: bytes, kind: bytes, size: int, body: bytes) -> bytes:
    """Return one item of GoPro's telemetry."""
    return key + kind + struct.pack(">BH", size, len(body) // size) + body + bytes(-len(body) % 4)


def nested(key: bytes, *inside: bytes) -> bytes:
    return gpmf(key, b"\0", 1, b"".join(inside))


SCALES = gpmf(b"SCAL", b"l", 4, struct.pack(">5i", 10**7, 10**7, 1000, 1000, 100))
POINT = struct.pack(">5i", 472_695_123, 113_933_456, 574_000, 0, 0)
OLD = (gpmf(b"GPSF", b"L", 4, b"\0\0\0\3"), SCALES, gpmf(b"GPS5", b"l", 20, POINT))
NEW = (SCALES, gpmf(b"GPS9", b"?", 32, POINT + struct.pack(">2i2H", 9000, 1000, 120, 3)))
NO_FIX = (gpmf(b"GPSF", b"L", 4, bytes(4)), *OLD[1:])
BLIND = (SCALES, gpmf(b"GPS9", b"?", 32, POINT + bytes(12)))
OTHER = (gpmf(b"ACCL", b"s", 6, bytes(6)),)


def telemetry(movie: Movie, samples: Sequence[bytes]) -> None:
    """Add a track of telemetry whose samples stand at the end of the file."""
    [kind, body] = copy.deepcopy(movie.all(b"moov", b"trak")[0])
    movie.add(kind, body, b"moov")
    last(movie, b"moov", b"trak", b"tkhd")[1] = track_number(movie, 2)
    path = (b"moov", b"trak", b"mdia")
    last(movie, *path, b"hdlr")[1] = bytes(8) + b"meta" + bytes(12) + b"GoPro MET\0"
    tables = (*path, b"minf", b"stbl")
    entry = box(b"gpmd", bytes(6) + b"\0\1" + bytes(4))
    count = len(samples)
    told = {
        b"stsd": struct.pack(">II", 0, 1) + entry,
        b"stts": struct.pack(">IIII", 0, 1, count, 12800),
        b"stsc": struct.pack(">IIIII", 0, 1, 1, count, 1),
        b"stsz": struct.pack(">III", 0, 0, count)
        + b"".join(struct.pack(">I", len(one)) for one in samples),
        b"stco": bytes(12),
    }
    for kind, body in told.items():
        last(movie, *tables, kind)[1] = body
    at = len(movie.written()) + 8
    last(movie, *tables, b"stco")[1] = struct.pack(">III", 0, 1, at)
    movie.add(b"mdat", b"".join(samples))


def last(movie: Movie, *path: bytes) -> list[Any]:
    """Return the box at a path of the last track."""
    track: list[Any] = movie.all(b"moov", b"trak")[-1]
    for kind in path[2:]:
        track = next(one for one in track[1] if one[0] == kind)
    return track


def track_number(movie: Movie, number: int) -> bytes:
    body = movie.all(b"moov", b"trak", b"tkhd")[0][1]
    assert isinstance(body, bytes)
    return body[:12] + struct.pack(">I", number) + body[16:]


@pytest.mark.parametrize(
    ("samples", "is_known"),
    [
        ((OLD,), True),
        ((NEW,), True),
        ((NO_FIX, OTHER, OLD), True),  # the receiver has found its satellites by then
        ((BLIND, NEW), True),
        ((NO_FIX, BLIND), False),
        ((OTHER,), False),
        (((*OLD[:2], gpmf(b"GPS5", b"l", 20, bytes(20))),), False),  # 0, 0 is no place
    ],
)
def test_the_place_is_the_first_that_a_gopro_was_sure_of(
    film: Film,
    edited: Edit,
    origin: Origin,
    samples: Sequence[tuple[bytes, ...]],
    *,
    is_known: bool,
) -> None:
    made = [
        nested(b"DEVC", gpmf(b"DVID", b"L", 4, bytes(4)), nested(b"STRM", *one)) for one in samples
    ]
    told = origin(edited(film("GX010001.MP4", format="mp4"), lambda movie: telemetry(movie, made)))
    assert (told.get("gps_lat"), told.get("gps_lon")) == (
        (47.2695123, 11.3933456) if is_known else (None, None)
    )


def test_telemetry_that_is_cut_or_nonsense_tells_no_place(
    film: Film, edited: Edit, origin: Origin
) -> None:
    whole = nested(b"DEVC", nested(b"STRM", *OLD))
    for sample in (whole[:40], whole[:-22], b"DEVC\0\xff\xff\xff" * 9):
        path = film("GX010002.MP4", format="mp4")
        assert "gps_lat" not in origin(
            edited(path, lambda movie, one=sample: telemetry(movie, [one]))
        )
