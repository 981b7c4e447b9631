"""Whether the tables of an ISO track agree with one another and with the file."""

from __future__ import annotations

import struct

from stoat_nb.media.boxes import Box
from stoat_nb.media.headers.tracks import Track
from stoat_nb.media.headers.unproven import prove
from stoat_nb.media.window import Window

_MOST_RUNS = 340  # of chunks, a page; more are believed
_RUN = 12  # bytes
_MOST_OFFSETS = 4096  # bytes; longer tables are believed
_FURTHEST_S = 4  # seconds from decoding to showing
_SOURCE = 20  # bytes of a list that names this very file
_TABLES = {b"stts": 8, b"ctts": 8, b"stsc": _RUN, b"stss": 4, b"stco": 4, b"co64": 8}
_VERSIONS = {b"ctts": (0, 1)}


def prove_tables(window: Window, track: Track, samples: int) -> None:
    """Raise ``Unproven`` unless the tables fit together."""
    for kind, width in _TABLES.items():
        if box := track.tables.one(kind):
            head = window.at(box.body, 8)
            prove(box.end - box.body == 8 + width * _number(head), "a table of odd length")
            prove(head[0] in _VERSIONS.get(kind, (0,)), "a table of a new kind")
    for kind in (b"stsd", b"stsz"):
        box = track.tables.one(kind)
        prove(box and not window.at(box.body, 1)[0], "a table of a new kind")
    for kind in (b"sgpd", b"sbgp"):
        for node in track.tables.all(kind):
            _prove_groups(window, node)
    _prove_sizes(window, track)
    _prove_offsets(window, track.tables.one(b"ctts"), samples, track.time_scale)
    _prove_source(window, track.media.below(b"minf", b"dinf", b"dref"))
    narrow, wide = track.tables.one(b"stco"), track.tables.one(b"co64")
    offsets = narrow or wide
    prove(offsets and not (narrow and wide), "two tables")
    chunks = _number(window.at(offsets.body, 8)) if offsets else 0
    _prove_chunks(window, track.tables.one(b"stsc"), chunks, samples)


def _prove_sizes(window: Window, track: Track) -> None:
    box = track.tables.one(b"stsz")
    head = window.at(box.body, 12) if box else b""
    prove(box and len(head) == 12, "no table of sizes")  # noqa: PLR2004 - version, size, count
    same, count = struct.unpack_from(">II", head, 4)
    prove(box and box.end - box.body == 12 + (0 if same else 4 * count), "a table of odd length")


def _prove_groups(window: Window, box: Box) -> None:
    """Prove that a box about groups of samples is as long as it says."""
    head = window.at(box.body, 16)
    if box.kind == b"sgpd":
        prove(head[:1] == b"\1", "groups of a new kind")
        return
    at = 12 if head[:1] == b"\1" else 8
    runs = int.from_bytes(head[at : at + 4], "big")
    prove(head[0] <= 1 and box.end - box.body == at + 4 + 8 * runs, "groups of odd length")


def _prove_offsets(window: Window, box: Box | None, samples: int, scale: int) -> None:
    """Prove that offsets are there for all samples, and that none is far away."""
    if box is None or box.end - box.body > _MOST_OFFSETS:
        return
    body = window.at(box.body, box.end - box.body)
    numbers = struct.unpack_from(">" + "Ii" * _number(body), body, 8)
    prove(sum(numbers[::2]) == samples, "offsets of another number of samples")
    prove(max(map(abs, numbers[1::2]), default=0) <= _FURTHEST_S * scale, "an offset far away")


def _prove_source(window: Window, box: Box | None) -> None:
    body = window.at(box.body, min(box.end - box.body, 20)) if box else b""
    plain = box and box.end - box.body == _SOURCE and body[8:12] == b"\0\0\0\x0c"
    prove(plain and body[:8] == b"\0\0\0\0\0\0\0\1", "samples in another file")


def _prove_chunks(window: Window, box: Box | None, chunks: int, samples: int) -> None:
    """Prove that the chunks have as many samples as the other tables count."""
    count = _number(window.at(box.body, 8)) if box else 0
    prove(box and count and chunks, "no table of chunks")
    if box is None or count > _MOST_RUNS:
        return
    numbers = struct.unpack(f">{3 * count}I", window.at(box.body + 8, _RUN * count))
    firsts, each, entries = [*numbers[::3], chunks + 1], numbers[1::3], set(numbers[2::3])
    prove(firsts[0] == 1 and sorted(set(firsts)) == firsts and entries == {1}, "chunks in disorder")
    held = sum((after - at) * n for at, after, n in zip(firsts, firsts[1:], each, strict=False))
    prove(held == samples, "chunks that hold another number of samples")


def _number(head: bytes) -> int:
    return int.from_bytes(head[4:8], "big")
