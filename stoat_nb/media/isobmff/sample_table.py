"""Whether the tables of an ISO track agree with one another and with the file.

ISO/IEC 14496-12: ``stts`` and ``ctts`` 8.6.1, ``stss`` 8.6.2, ``dref`` 8.7.2, ``stsz`` 8.7.3,
``stsc`` 8.7.4, ``stco`` and ``co64`` 8.7.5, ``sgpd`` and ``sbgp`` 8.9.
"""

from __future__ import annotations

import struct

from stoat_nb.media.budgeted_reader import BudgetedReader
from stoat_nb.media.isobmff.boxes import Box
from stoat_nb.media.isobmff.structure import is_this_file
from stoat_nb.media.isobmff.tracks import Track
from stoat_nb.media.unsupported import UnsupportedLayout, require

_MOST_RUNS = 340  # of chunks, a page; more are believed
_RUN = 12  # bytes
_MOST_OFFSETS = 4096  # bytes; longer tables are believed
_FURTHEST_S = 4  # seconds from decoding to showing
_SIZES = struct.Struct(">4xII")
#: Bytes of a line, and the newest version that is understood.
_TABLES = {
    b"stts": (8, 0),
    b"ctts": (8, 1),
    b"stsc": (_RUN, 0),
    b"stss": (4, 0),
    b"stco": (4, 0),
    b"co64": (8, 0),
}


def require_sample_table(reader: BudgetedReader, track: Track, samples: int) -> None:
    """Raise ``UnsupportedLayout`` unless the tables fit together."""
    tables = track.stbl
    counts: dict[bytes, int] = {}
    for kind, (width, newest) in _TABLES.items():
        if box := tables.one(kind):
            head = reader.at(box.body, 8)
            counts[kind] = count = int.from_bytes(head[4:8], "big")
            require(box.end - box.body == 8 + width * count, "a table of odd length")
            require(head[0] <= newest, "a table of a new kind")
    box = tables.one(b"stsd")
    require(box and not reader.at(box.body, 1)[0], "a table of a new kind")
    _require_sizes(reader, tables.one(b"stsz"))
    for kind in (b"sgpd", b"sbgp"):
        for box in tables.all(kind):
            _require_groups(reader, box)
    _require_offsets(reader, tables.one(b"ctts"), samples, track.time_scale)
    source = track.mdia.below(b"minf", b"dinf", b"dref")
    require(source and is_this_file(reader, source), "samples in another file")
    require((b"stco" in counts) != (b"co64" in counts), "two tables")
    chunks = counts.get(b"stco") or counts.get(b"co64") or 0
    _require_chunks(reader, tables.one(b"stsc"), counts.get(b"stsc", 0), chunks, samples)


def _require_sizes(reader: BudgetedReader, box: Box | None) -> None:
    head = reader.at(box.body, 12) if box else b""
    if box is None or len(head) != 12:  # noqa: PLR2004 - version, size, count
        raise UnsupportedLayout("no table of sizes")
    require(not head[0], "a table of a new kind")
    same, count = _SIZES.unpack_from(head)
    require(box.end - box.body == 12 + (0 if same else 4 * count), "a table of odd length")


def _require_groups(reader: BudgetedReader, box: Box) -> None:
    """Prove that a box about groups of samples is as long as it says."""
    head = reader.at(box.body, 16)
    if box.kind == b"sgpd":
        require(head[:1] == b"\1", "groups of a new kind")
        return
    at = 12 if head[:1] == b"\1" else 8
    runs = int.from_bytes(head[at : at + 4], "big")
    require(head[0] <= 1 and box.end - box.body == at + 4 + 8 * runs, "groups of odd length")


def _require_offsets(reader: BudgetedReader, box: Box | None, samples: int, scale: int) -> None:
    """Prove that offsets are there for all samples, and that none is far away."""
    if box is None or box.end - box.body > _MOST_OFFSETS:
        return
    body = reader.at(box.body, box.end - box.body)
    numbers = struct.unpack_from(">" + "Ii" * int.from_bytes(body[4:8], "big"), body, 8)
    require(sum(numbers[::2]) == samples, "offsets of another number of samples")
    require(max(map(abs, numbers[1::2]), default=0) <= _FURTHEST_S * scale, "an offset far away")


def _require_chunks(
    reader: BudgetedReader, box: Box | None, runs: int, chunks: int, samples: int
) -> None:
    """Prove that the chunks have as many samples as the other tables count."""
    require(runs and chunks, "no table of chunks")
    if box is None or runs > _MOST_RUNS:
        return
    numbers = struct.unpack(f">{3 * runs}I", reader.at(box.body + 8, _RUN * runs))
    firsts, each, entries = [*numbers[::3], chunks + 1], numbers[1::3], set(numbers[2::3])
    require(
        firsts[0] == 1 and sorted(set(firsts)) == firsts and entries == {1}, "chunks in disorder"
    )
    held = sum([(after - at) * n for at, after, n in zip(firsts, firsts[1:], each, strict=False)])
    require(held == samples, "chunks that hold another number of samples")
