"""Small bar charts as SVG: readable without a script, without colour and without seeing them."""

from __future__ import annotations

import html
from collections.abc import Sequence

from msgspec import Struct

from stoat_nb.names import shown

#: Units of the drawing; on a phone one of them is about one pixel.
WIDTH, ROW, LABEL, COUNT = 360, 24, 128, 56
#: Characters of a label that fit in front of its bar.
LABEL_CHARS = 18


class Bars(Struct, frozen=True, kw_only=True):
    """A title and how often each thing occurs, in the order they are drawn in."""

    title: str
    counts: Sequence[tuple[str, int]]


def drawn(bars: Bars) -> str:
    """Return a chart. What it shows is said in words as well."""
    most = max((count for _, count in bars.counts), default=0) or 1
    rows = "".join(_row(at, label, count, most) for at, (label, count) in enumerate(bars.counts))
    words = "; ".join(f"{shown(label)}: {count:,}" for label, count in bars.counts)
    height = ROW * len(bars.counts)
    return (
        f'<figure><figcaption>{html.escape(bars.title)}</figcaption><svg role="img" '
        f'viewBox="0 0 {WIDTH} {height}" aria-label="{html.escape(f"{bars.title}: {words}")}">'
        f"{rows}</svg></figure>"
    )


def _row(at: int, label: str, count: int, most: int) -> str:
    room = WIDTH - LABEL - COUNT
    # Even one of a million is there.
    length = max(2.0, room * count / most) if count else 0.0
    middle = at * ROW + ROW / 2
    return (
        f"<g><title>{html.escape(shown(label))}: {count:,}</title>"
        f'<text x="{LABEL - 8}" y="{middle:g}" class="label">{html.escape(_short(label))}</text>'
        f'<rect x="{LABEL}" y="{middle - 7:g}" width="{length:.1f}" height="14" rx="3"/>'
        f'<text x="{LABEL + length + 6:.1f}" y="{middle:g}">{count:,}</text></g>'
    )


def _short(label: str) -> str:
    text = shown(label)
    return text if len(text) <= LABEL_CHARS else f"{text[: LABEL_CHARS - 1]}…"
