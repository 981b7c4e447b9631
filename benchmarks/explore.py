"""What does exploring cost, and does it grow with the library? A million rows beside ten thousand.

Three tables, all of one run and medians of several rounds:

* the first page of fifty after a filter or a sort, at both sizes, as a typed frame;
* every facet, slider and map of cells of a page, with no filter, under a text search and under an
  expression, and six of the facets beside the same ``GROUP BY`` in bare SQLite on the same file;
* what following costs: making the read model anew, opening it from its file, and the next answer
  after a change of one row and of a thousand, and the memory of a process that looked at all.

Answers are kept for as long as nothing changes; each is asked of a state of its own here. Run it
with ``python benchmarks/explore.py [--rows 1000000] [--rounds 5]``.
"""

from __future__ import annotations

import argparse
import os
import statistics
import tempfile
import time
from collections.abc import Callable
from functools import partial
from pathlib import Path

import apsw
from million import make

from stoat_nb import Library
from stoat_nb.catalog.database import fetch
from stoat_nb.catalog.filters.facets import FACETS
from stoat_nb.catalog.query import VideoQuery
from stoat_nb.components.explorer_counts import BINS, CELLS, RANGES

FEW = 10_000
PAGES = {
    "by path": VideoQuery(),
    "largest first": VideoQuery(sort="size_bytes", descending=True),
    "status ok": VideoQuery(facets={"status": ("ok",)}),
    "status failed (1 in 64)": VideoQuery(facets={"status": ("failed",)}),
    "codec and height, longest first": VideoQuery(
        where="height >= 2160",
        facets={"codec": ("hevc", "av1")},
        sort="duration_s",
        descending=True,
    ),
    "size over 1 MB, newest first": VideoQuery(
        where="size_bytes > 1_000_000", sort="mtime", descending=True
    ),
    "path holds '77 1'": VideoQuery(search="77 1"),
    "by bit rate": VideoQuery(sort="bitrate"),
    "by name, last first": VideoQuery(sort="name", descending=True),
    "by codec, of those that are HDR": VideoQuery(sort="codec", facets={"hdr": ("hdr10",)}),
    "path holds what no path does": VideoQuery(search="nowhere"),
    "no match": VideoQuery(where="channels == 7"),
}
FILTERS = {
    "no filter": VideoQuery(),
    "path holds '77 1'": VideoQuery(search="77 1"),
    "an expression": VideoQuery(where="fps > 25 and display_height >= 1080"),
}
FACET_COLUMNS = ("status", "codec", "container", "hdr", "audio_codec", "integrity")


def ms(function: Callable[[], object]) -> float:
    began = time.perf_counter()
    function()
    return (time.perf_counter() - began) * 1000


def median_ms(library: Library, rounds: int, function: Callable[[], object]) -> float:
    """Return the median of what a question takes that nobody has asked yet."""
    function()  # so that the file's pages are at hand for whoever comes first, too
    spent = []
    for _ in range(rounds):
        library.catalog.reader._state().answers.clear()  # noqa: SLF001 - nobody has asked yet
        spent.append(ms(function))
    return statistics.median(spent)


def pages(small: Library, large: Library, rounds: int) -> None:
    print("| first page | few, ms | many, ms | ratio |")
    print("| --- " + "| ---: " * 3 + "|")
    for name, query in PAGES.items():
        spent = [median_ms(one, rounds, partial(one.rows, query)) for one in (small, large)]
        print(
            f"| {name} | {spent[0]:.1f} | {spent[1]:.1f} | {spent[1] / spent[0]:.1f} |", flush=True
        )


def counts(library: Library, path: Path, rounds: int) -> None:
    """Print what facets, sliders and the map of cells cost together."""
    connection = apsw.Connection(str(path), flags=apsw.SQLITE_OPEN_READONLY)

    def bare() -> None:
        for column in FACET_COLUMNS:
            fetch(connection, f"SELECT {column}, count(*) FROM videos GROUP BY 1")  # noqa: S608 - our own words

    def sliders(query: VideoQuery) -> None:
        for column in RANGES:
            library.histogram(query, column, BINS)

    print(f"\n| of many, ms | {' | '.join(FILTERS)} |")
    print("| --- " + "| ---: " * len(FILTERS) + "|")
    asked: dict[str, Callable[[VideoQuery], object]] = {
        f"all {len(FACETS)} facets": library.facets,
        f"{len(FACET_COLUMNS)} of them": lambda query: library.facets(query, FACET_COLUMNS),
        f"{len(RANGES)} histograms": sliders,
        "the map of cells": lambda query: library.heatmap(
            query, "bitrate", "display_height", CELLS
        ),
        "how many": library.count,
        "sizes by folder": library.sizes_by_folder,
    }
    for name, ask in asked.items():
        took = [median_ms(library, rounds, partial(ask, query)) for query in FILTERS.values()]
        print(f"| {name} | {' | '.join(f'{one:.0f}' for one in took)} |", flush=True)
    bare()
    print(f"| {len(FACET_COLUMNS)} GROUP BY of bare SQLite | {ms(bare):.0f} | | |")


def following(path: Path, rounds: int) -> None:
    with Library(path) as library:
        opened = ms(lambda: library.count(VideoQuery()))
        took = {1: [0.0] * rounds, 1000: [0.0] * rounds}
        for n_rows, spent in took.items():
            for at in range(rounds):
                first = 1 + 1000 * at
                library.catalog._database.write(  # noqa: SLF001 - as a scan would
                    lambda one, first=first, n_rows=n_rows: fetch(
                        one,
                        "UPDATE videos SET title = 'new' WHERE id BETWEEN ? AND ?",
                        (first, first + n_rows - 1),
                    )
                )
                spent[at] = ms(lambda: library.count(VideoQuery()))
    print(f"\nopened from its file and counted: {opened:.0f} ms")
    for n_rows, spent in took.items():
        print(f"counted after {n_rows:,} rows had changed: {statistics.median(spent):.0f} ms")


def memory_mb() -> float:
    status = Path("/proc/self/status").read_text("utf-8")
    return int(status.partition("RssAnon:")[2].split()[0]) / 1024


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rows", type=int, default=1_000_000)
    parser.add_argument("--rounds", type=int, default=5)
    asked = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        os.environ["XDG_CACHE_HOME"] = str(Path(folder) / "cache")
        few, many = Path(folder) / "few.db", Path(folder) / "many.db"
        make(few, FEW)
        make(many, asked.rows)
        with Library(few) as small, Library(many) as large:
            small.count(VideoQuery())
            idle = memory_mb()
            made = ms(lambda: large.count(VideoQuery()))
            large.catalog.settle()
            pages(small, large, asked.rounds)
            counts(large, many, asked.rounds)
            print(f"\nmade anew: {made / 1000:.1f} s")
            print(f"of its own after all this: {memory_mb() - idle:.0f} MiB more than before")
        following(many, asked.rounds)


if __name__ == "__main__":
    main()
