"""What a report says of its videos as a whole, counted over exactly those that are exported."""

from __future__ import annotations

import json
from collections import Counter

from msgspec import Struct, field

from stoat_nb import words
from stoat_nb.catalog.database import fetch
from stoat_nb.catalog.exports.charts import Bars
from stoat_nb.catalog.exports.source import Source
from stoat_nb.catalog.rows import Row

#: Bars of a chart; the rest is one more.
MOST_BARS = 7
#: Failures that are listed.
MOST_FAILURES = 200

_LENGTHS = (
    (60, "under 1 min"),
    (300, "1 to 5 min"),
    (1200, "5 to 20 min"),
    (3600, "20 to 60 min"),
    (7200, "1 to 2 h"),
    (float("inf"), "over 2 h"),
)
_UNKNOWN = "unknown"

_GROUPS = """
SELECT v.status, v.codec, v.display_width, v.display_height,
    CASE WHEN v.duration_s < 60 THEN 0 WHEN v.duration_s < 300 THEN 1
    WHEN v.duration_s < 1200 THEN 2 WHEN v.duration_s < 3600 THEN 3
    WHEN v.duration_s < 7200 THEN 4 WHEN v.duration_s >= 7200 THEN 5 END,
    count(*), total(v.size_bytes), total(v.duration_s)
FROM videos v {where} GROUP BY 1, 2, 3, 4, 5
"""
_FAILURES = """
SELECT v.path, x.error_class, x.error FROM videos v JOIN failures x ON x.video_id = v.id
WHERE v.status = 'failed' AND v.id IN (SELECT v.id FROM videos v {where})
ORDER BY v.path, v.id LIMIT {most}
"""


class Figures(Struct):
    """Counts over the videos of a report."""

    status: Counter[str] = field(default_factory=Counter)
    codecs: Counter[str] = field(default_factory=Counter)
    resolutions: Counter[str] = field(default_factory=Counter)
    lengths: Counter[int | None] = field(default_factory=Counter)
    n_bytes: float = 0.0  #: Of the files that are there.
    seconds: float = 0.0  #: Of those that could be read.

    def numbers(self) -> list[tuple[str, str]]:
        """Return what stands at the top."""
        return [
            ("Videos", f"{self.status.total():,}"),
            ("Running time", words.total_length(self.seconds)),
            ("Size", words.size(self.n_bytes)),
            ("Could not be read", f"{self.status['failed']:,}"),
            ("Missing or offline", f"{self.status['missing'] + self.status['offline']:,}"),
            *([("Excluded", f"{excluded:,}")] if (excluded := self.status["excluded"]) else []),
        ]

    def charts(self) -> list[Bars]:
        """Return the charts, those with nothing to show left out."""
        known = [(name, self.lengths[at]) for at, (_, name) in enumerate(_LENGTHS)]
        unknown = [(_UNKNOWN, self.lengths[None])] if self.lengths[None] else []
        charts = [
            Bars(title="Codecs", counts=_most(self.codecs)),
            Bars(title="Resolutions", counts=_most(self.resolutions)),
            Bars(title="Lengths", counts=known + unknown if self.lengths else []),
        ]
        return [chart for chart in charts if chart.counts]


def figures_of(source: Source) -> Figures:
    """Count the videos that are exported."""
    found = Figures()
    for status, codec, width, height, length, count, n_bytes, seconds in _fetched(source, _GROUPS):
        found.status[status] += count
        if status in ("ok", "failed"):
            found.n_bytes += n_bytes
        if status != "ok":
            continue
        found.seconds += seconds
        found.codecs[codec or _UNKNOWN] += count
        size = f"{width} {words.TIMES} {height}" if width and height else _UNKNOWN
        found.resolutions[size] += count
        found.lengths[length] += count
    return found


def failures_of(source: Source) -> list[tuple[str, str, str]]:
    """Return path, class and reason of the first files that could not be read."""
    clean = source.redaction
    return [
        (clean.path(path), kind, clean.text(error))
        for path, kind, error in _fetched(source, _FAILURES)
    ]


def _fetched(source: Source, sql: str) -> list[Row]:
    if source.ids is None:
        return fetch(source.connection, sql.format(where="", most=MOST_FAILURES))
    where = "WHERE v.id IN (SELECT value FROM json_each(?))"
    text = sql.format(where=where, most=MOST_FAILURES)
    return fetch(source.connection, text, (json.dumps(source.ids),))


def _most(counts: Counter[str]) -> list[tuple[str, int]]:
    ordered = sorted(counts.items(), key=lambda one: (-one[1], one[0]))
    if len(ordered) <= MOST_BARS + 1:
        return ordered
    rest = ordered[MOST_BARS:]
    return [*ordered[:MOST_BARS], (f"{len(rest)} others", sum(count for _, count in rest))]
