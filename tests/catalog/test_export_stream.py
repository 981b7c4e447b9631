"""An export that is read while it is written."""

from __future__ import annotations

import csv
import gc
import io
import threading
import tracemalloc
import weakref
from collections.abc import Callable
from pathlib import Path
from typing import Any, BinaryIO

import apsw
import pytest

from stoat_nb.catalog.catalog import Catalog
from stoat_nb.catalog.exports import source, stream, workbook
from stoat_nb.catalog.exports.formats import FORMATS
from stoat_nb.catalog.exports.stream import Stream
from stoat_nb.catalog.query import VideoQuery
from stoat_nb.errors import ExportError, FilterError

PATIENCE_S = 30.0
#: Of this process, what is open.
OPEN = Path("/proc/self/fd")


@pytest.fixture
def many(catalog: Catalog, filling: Any, monkeypatch: pytest.MonkeyPatch) -> Catalog:
    filling.record(*(filling.ok(b"/videos/%03d.mp4" % number) for number in range(300)))
    monkeypatch.setattr(source, "PIECE", 50)
    monkeypatch.setattr(stream, "CHUNK", 4096)
    return catalog


def writer(*steps: bytes | Callable[[], object]) -> Callable[[BinaryIO, threading.Event], None]:
    """Return an export that writes and does these things."""

    def write(file: BinaryIO, _stop: threading.Event) -> None:
        for step in steps:
            if isinstance(step, bytes):
                file.write(step)
                file.flush()
            else:
                step()

    return write


def test_the_first_bytes_are_there_before_the_last_are_written() -> None:
    go_on = threading.Event()
    chunks = Stream(writer(b"first", lambda: go_on.wait(PATIENCE_S), b"last"))
    assert next(chunks) == b"first"
    go_on.set()
    assert b"".join(chunks) == b"last"


def test_a_stream_thrown_away_in_a_circle_lets_go_of_its_file() -> None:
    gone = threading.Event()
    chunks = Stream(writer(b"first", b"last"))
    circle: list[Any] = [chunks]
    circle.append(circle)
    weakref.finalize(chunks, gone.set)
    for thread in threading.enumerate():
        if thread.name == "stoat-export":
            thread.join(PATIENCE_S)
    open_before = len(list(OPEN.iterdir()))
    del chunks, circle
    gc.collect()
    assert gone.is_set()
    assert len(list(OPEN.iterdir())) == open_before - 1


@pytest.mark.parametrize("kind", ["csv", "json", "jsonl", "parquet", "xlsx", "html"])
def test_a_stream_is_the_same_as_a_file(many: Catalog, kind: str, tmp_path: Path) -> None:
    whole = b"".join(many.export_stream(kind, columns=["name"]))
    assert len(whole) > 1000
    if kind in ("csv", "json", "jsonl"):
        assert many.export(tmp_path / f"out.{kind}", columns=["name"]).read_bytes() == whole


def test_rows_that_land_meanwhile_are_not_in_it(many: Catalog, filling: Any) -> None:
    chunks = many.export_stream("csv")
    text = next(chunks)
    filling.record(filling.ok(b"/videos/late.mp4"))
    text += b"".join(chunks)
    names = [row["name"] for row in csv.DictReader(io.StringIO(text.decode()))]
    assert names == [f"{number:03d}.mp4" for number in range(300)]


def test_what_cannot_be_written_is_refused_before_anything_is_sent(
    many: Catalog, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(workbook, "XLSX_ROWS", 1)
    with pytest.raises(ExportError, match="holds 1 rows"):
        many.export_stream("xlsx")
    with pytest.raises(ExportError, match="no format"):
        many.export_stream("exe")
    with pytest.raises(ExportError, match="no column"):
        many.export_stream("csv", columns=["nothing"])
    with pytest.raises(FilterError):
        many.export_stream("csv", query=VideoQuery(sort="nothing"))


def test_what_fails_later_fails_the_reading() -> None:
    def full() -> None:
        raise OSError(28, "No space left on device")

    chunks = Stream(writer(b"first", full))
    assert next(chunks) == b"first"
    with pytest.raises(OSError, match="No space left"):
        next(chunks)


@pytest.mark.parametrize("is_closed", [True, False])
def test_who_stops_reading_stops_the_writing_and_lets_go_of_the_catalog(
    many: Catalog, path: Path, filling: Any, is_closed: bool
) -> None:
    chunks = many.export_stream("csv")
    next(chunks)
    if is_closed:
        chunks.close()
    del chunks
    for thread in threading.enumerate():
        if thread.name == "stoat-export":
            thread.join(PATIENCE_S)
            assert not thread.is_alive()
    filling.record(filling.ok(b"/videos/late.mp4"))
    other = apsw.Connection(str(path))
    ((busy, *_),) = other.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchall()
    other.close()
    assert busy == 0


def test_memory_does_not_grow_with_the_rows(
    catalog: Catalog, filling: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(source, "PIECE", 50)
    video = filling.video(title="x" * 1000)

    def grown(kind: str) -> int:
        tracemalloc.start()
        catalog.export(tmp_path / f"out.{kind}", columns=["path", "title", "size_bytes"])
        _, peak = tracemalloc.get_traced_memory()
        tracemalloc.stop()
        return peak

    filling.record(*(filling.ok(b"/v/%04d.mp4" % number, video) for number in range(300)))
    # The first one also loads what it needs.
    few = {kind: min(grown(kind), grown(kind)) for kind in FORMATS}
    filling.record(*(filling.ok(b"/v/%04d.mp4" % number, video) for number in range(300, 2000)))
    catalog.reader.count(VideoQuery())  # the read model follows
    # All of the titles would be 2 MB.
    assert [kind for kind in FORMATS if grown(kind) > few[kind] + 500_000] == []
