"""What does exploring cost, and does it grow with the library? A million rows beside ten thousand.

Three tables, all of one run and medians of several rounds:

* the first page of fifty after a filter or a sort, at both sizes, and the count beside it, which a
  page does not wait for; also by a column that nobody has sorted by before, and of text that no
  path holds, for the first time and once there is an index for it;
* the counts of one facet beside the same ``GROUP BY`` in bare SQLite, on the same file;
* the same facets once more, as nothing has changed in between, and once a value is chosen.

Run it with ``python benchmarks/explore.py [--rows 1000000] [--rounds 5]``.
"""

from __future__ import annotations

import argparse
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
from stoat_nb.catalog.filters.facets import FACETS, facet
from stoat_nb.catalog.query import VideoQuery, selection

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
    "no match, of a column without an index": VideoQuery(where="channels == 7"),
}
FACET_COLUMNS = ("status", "codec", "container", "hdr", "audio_codec", "integrity")
NARROW = VideoQuery(where="fps > 25 and display_height >= 1080")


def median_ms(rounds: int, function: Callable[[], object], *, warm: bool = True) -> float:
    if warm:
        function()  # so that the file's pages are at hand for whoever comes first, too
    spent = []
    for _ in range(rounds):
        began = time.perf_counter()
        function()
        spent.append(time.perf_counter() - began)
    return statistics.median(spent) * 1000


def opened(path: Path) -> apsw.Connection:
    connection = apsw.Connection(str(path), flags=apsw.SQLITE_OPEN_READONLY)
    connection.execute("PRAGMA cell_size_check = ON; PRAGMA mmap_size = 0").fetchall()
    return connection


def pages(few: Path, many: Path, rounds: int) -> None:
    """Print what a page waits for, whose rows become a typed frame.

    The first time may be another: it is what has something made for the next ones.
    """
    print("| first page | few, ms | many, first time | many, ms | ratio | count of many, ms |")
    print("| --- " + "| ---: " * 5 + "|")
    with Library(few) as small, Library(many) as large:
        for name, query in PAGES.items():
            first = median_ms(1, partial(large.rows, query), warm=False)
            large.catalog.settle()
            spent = [median_ms(rounds, partial(one.rows, query)) for one in (small, large)]
            connection, chosen = opened(many), selection(query)
            count = median_ms(rounds, partial(chosen.count, connection))
            connection.close()
            print(
                f"| {name} | {spent[0]:.1f} | {first:.1f} | {spent[1]:.1f} | "
                f"{spent[1] / spent[0]:.1f} | {count:.0f} |",
                flush=True,
            )


def facets(many: apsw.Connection, rounds: int) -> None:
    print("\n| facet of many | bare GROUP BY, ms | ours, ms | ratio | of a third of them, ms |")
    print("| --- | ---: | ---: | ---: | ---: |")
    for column in FACET_COLUMNS:
        bare = f"SELECT {column}, count(*) FROM videos GROUP BY 1"  # noqa: S608 - our own words
        floor = median_ms(rounds, partial(fetch, many, bare))
        ours = median_ms(rounds, partial(facet, many, VideoQuery(), column, 20))
        narrow = median_ms(rounds, partial(facet, many, NARROW, column, 20))
        print(f"| {column} | {floor:.0f} | {ours:.0f} | {ours / floor:.2f} | {narrow:.0f} |")


def again(path: Path) -> None:
    chosen = VideoQuery(facets={"codec": ("hevc",)})
    with Library(path) as library:
        asked = {
            f"all {len(FACETS)} facets": library.facets,
            "once more": library.facets,
            f"{len(FACET_COLUMNS)} of them, of one codec": partial(
                library.facets, chosen, FACET_COLUMNS
            ),
            "how many videos those are": partial(library.count, chosen),
        }
        print()
        for name, ask in asked.items():
            print(f"{name}: {median_ms(1, ask, warm=False):.2f} ms")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rows", type=int, default=1_000_000)
    parser.add_argument("--rounds", type=int, default=5)
    asked = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        few, many = Path(folder) / "few.db", Path(folder) / "many.db"
        make(few, FEW)
        make(many, asked.rows)
        pages(few, many, asked.rounds)
        connection = opened(many)
        facets(connection, asked.rounds)
        connection.close()
        again(many)


if __name__ == "__main__":
    main()
