"""A library as a cell shows it: what it holds, at a glance, without a script."""

from __future__ import annotations

import html
from collections.abc import Mapping
from itertools import islice
from pathlib import Path

from stoat_nb import words
from stoat_nb.catalog.query import Summary
from stoat_nb.names import shown

#: Values that are named; the others are counted.
NAMED = 4
CLOSED = "Closed. Open it again to see what it holds."


def library_card(path: Path, told: list[str]) -> str:
    """Return a library as HTML, with what there is to say of it."""
    lines = "".join(f'<div style="margin-top:6px">{html.escape(line)}</div>' for line in told)
    return (
        '<div style="font:14px/1.5 system-ui,sans-serif;border:1px solid rgba(128,128,128,.3);'
        'border-radius:12px;padding:14px 18px;max-width:720px;overflow-wrap:anywhere">'
        f"<div><b>Library</b> {html.escape(shown(path))}</div>{lines}</div>"
    )


def said(summary: Summary) -> list[str]:
    """Return what there is to say of a library, a line each."""
    if not summary.n_videos:
        return ["Nothing here yet. Scan a folder: library.scan('~/Videos')"]
    counts = [
        words.count(summary.n_videos, "file"),
        words.total_length(summary.total_duration_s),
        words.size(summary.total_bytes),
    ]
    troubles = [
        f"{number:,} {what}"
        for number, what in (
            (summary.n_failed, "could not be read: library.failures()"),
            (summary.n_missing, "missing or out of reach"),
            (summary.n_excluded, "excluded"),
        )
        if number
    ]
    lines = (" · ".join(counts), most_frequent(summary.codecs), " · ".join(troubles))
    return [line for line in lines if line]


def most_frequent(counts: Mapping[str, int]) -> str:
    """Return the first few values with their counts, and how many others there are.

    Examples
    --------
    >>> most_frequent({"hevc": 1200, "h264": 7})
    'hevc 1,200 · h264 7'
    """
    named = [f"{shown(name)} {number:,}" for name, number in islice(counts.items(), NAMED)]
    others = sum(islice(counts.values(), NAMED, None))
    return " · ".join([*named, *([f"others {others:,}"] if others else [])])
