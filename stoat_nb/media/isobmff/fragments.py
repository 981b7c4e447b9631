"""When the fragments of a movie begin (ISO/IEC 14496-12, clauses 8.8.7 and 8.8.12)."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from stoat_nb.media.budgeted_reader import BudgetedReader
from stoat_nb.media.derived_facts import restate_length
from stoat_nb.media.isobmff.boxes import Box
from stoat_nb.media.isobmff.movie import Movie
from stoat_nb.media.isobmff.tracks import Track

_ENOUGH = 4096  # bytes up to the first track's decode time


def likely_end_s(reader: BudgetedReader, movie: Movie, tracks: Sequence[Track]) -> float | None:
    """Return when the last fragment ends if it is as long as the others; None: nothing says."""
    fragments = [box for box in movie.tops if box.kind == b"moof"]
    if not fragments:
        return None
    first, last = (_decode_time(reader, box, tracks) for box in (fragments[0], fragments[-1]))
    if first is None or last is None:
        return None
    return last + (last - first) / max(1, len(fragments) - 1)


def subtract_starts(facts: dict[str, Any], end_s: float, size_bytes: int) -> None:
    """Make lengths of those that are ends: libav counts fragments that start late from 0."""
    for one in (facts, *facts["streams"]):
        start, length = one.get("start_s") or 0.0, one.get("duration_s") or 0.0
        if 0 < start < length and abs(length - end_s) < abs(length + start - end_s):
            one["duration_s"] = length - start
    if facts.get("duration_s"):
        restate_length(facts, facts["duration_s"], size_bytes)


def _decode_time(reader: BudgetedReader, moof: Box, tracks: Sequence[Track]) -> float | None:
    data = reader.exactly(moof.body, min(moof.end - moof.body, _ENOUGH))
    head, time = data.find(b"tfhd"), data.find(b"tfdt")
    if head < 0 or time < head:
        return None
    number = int.from_bytes(data[head + 8 : head + 12], "big")
    scale = next((track.time_scale for track in tracks if track.id == number), 0)
    width = 8 if data[time + 4 : time + 5] == b"\1" else 4
    return int.from_bytes(data[time + 8 : time + 8 + width], "big") / scale if scale else None
