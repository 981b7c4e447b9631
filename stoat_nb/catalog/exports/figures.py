"""What a report says of its videos as a whole, counted over exactly those that are exported."""

from __future__ import annotations

from collections import Counter
from typing import Any

from msgspec import Struct, field

from stoat_nb import words
from stoat_nb.catalog.exports.charts import Bars
from stoat_nb.catalog.exports.source import Source
from stoat_nb.catalog.filters.sizes import bytes_by_folder
from stoat_nb.catalog.filters.sql import where
from stoat_nb.catalog.filters.tree import AllOf
from stoat_nb.catalog.query import VideoQuery, condition

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
SELECT status, codec, display_width, display_height,
    CASE WHEN duration_s < 60 THEN 0 WHEN duration_s < 300 THEN 1 WHEN duration_s < 1200 THEN 2
    WHEN duration_s < 3600 THEN 3 WHEN duration_s < 7200 THEN 4 WHEN duration_s >= 7200 THEN 5 END,
    count(*), coalesce(sum(duration_s), 0)
FROM v {where} GROUP BY 1, 2, 3, 4, 5
"""
_FAILURES = """
SELECT path, error_class, error FROM (SELECT * FROM v {where}) WHERE status = 'failed'
ORDER BY path, video_id LIMIT {most}
"""


class Figures(Struct):
    """Counts over the videos of a report."""

    status: Counter[str] = field(default_factory=Counter)
    codecs: Counter[str] = field(default_factory=Counter)
    resolutions: Counter[str] = field(default_factory=Counter)
    lengths: Counter[int | None] = field(default_factory=Counter)
    n_bytes: int = 0  #: Of the files that are there, each once however many names it has.
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
    chosen = condition(source.wanted.query or VideoQuery())
    present = AllOf((chosen, condition(VideoQuery(facets={"status": ("ok", "failed")}))))
    folders = bytes_by_folder(source.selection.ask, present)
    found.n_bytes = sum(n_bytes for _, _, n_bytes, _ in folders)
    for status, codec, width, height, length, count, seconds in _fetched(source, _GROUPS):
        found.status[status] += count
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


def _fetched(source: Source, sql: str) -> list[Any]:
    query = source.wanted.query
    clause, bindings = ("", ()) if query is None else where(condition(query))
    return source.selection.ask(sql.format(where=clause, most=MOST_FAILURES), bindings)


def _most(counts: Counter[str]) -> list[tuple[str, int]]:
    ordered = sorted(counts.items(), key=lambda one: (-one[1], one[0]))
    if len(ordered) <= MOST_BARS + 1:
        return ordered
    rest = ordered[MOST_BARS:]
    return [*ordered[:MOST_BARS], (f"{len(rest)} others", sum(count for _, count in rest))]
