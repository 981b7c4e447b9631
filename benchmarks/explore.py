"""What does exploring cost, and does it grow with the library? A million rows beside ten thousand.

Three tables, all of one run and medians of several rounds:

* the first page of fifty after a filter or a sort, at both sizes, and the count beside it, which a
  page does not wait for;
* the counts of one facet beside the same ``GROUP BY`` in bare SQLite, on the same file;
* the same facets once more, as nothing has changed in between.

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
    "no index: by bit rate": VideoQuery(sort="bitrate"),
    "no match at all": VideoQuery(where="channels == 7"),
}
FACET_COLUMNS = ("status", "codec", "container", "hdr", "audio_codec", "integrity")
NARROW = VideoQuery(where="fps > 25 and display_height >= 1080")


def median_ms(rounds: int, function: Callable[[], object]) -> float:
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


def pages(few: apsw.Connection, many: apsw.Connection, rounds: int) -> None:
    print("| first page | few, ms | many, ms | ratio | count of many, ms |")
    print("| --- | ---: | ---: | ---: | ---: |")
    for name, query in PAGES.items():
        chosen = selection(query)
        spent = [median_ms(rounds, partial(chosen.page, at, 50, 0)) for at in (few, many)]
        count = median_ms(rounds, partial(chosen.count, many))
        ratio = spent[1] / spent[0]
        print(f"| {name} | {spent[0]:.2f} | {spent[1]:.2f} | {ratio:.1f} | {count:.0f} |")


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
    with Library(path) as library:
        spent = []
        for _ in range(2):
            began = time.perf_counter()
            library.facets()
            spent.append((time.perf_counter() - began) * 1000)
    print(f"\nall {len(FACETS)} facets: {spent[0]:.0f} ms; once more: {spent[1]:.2f} ms")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rows", type=int, default=1_000_000)
    parser.add_argument("--rounds", type=int, default=5)
    asked = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        few, many = Path(folder) / "few.db", Path(folder) / "many.db"
        make(few, FEW)
        make(many, asked.rows)
        connections = opened(few), opened(many)
        pages(*connections, asked.rounds)
        facets(connections[1], asked.rounds)
        for connection in connections:
            connection.close()
        again(many)


if __name__ == "__main__":
    main()
