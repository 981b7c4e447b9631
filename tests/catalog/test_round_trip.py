"""Any name, any text, any number: in through a scan, out of every frame and export the same."""

from __future__ import annotations

import json
import math
import re
from pathlib import Path
from typing import Any

import openpyxl
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hypothesis import HealthCheck, given, settings, strategies as st
from pyarrow import csv

from stoat_nb.catalog.catalog import Catalog
from stoat_nb.catalog.columns import TABLES
from stoat_nb.catalog.values import as_stored_text, moment_text
from stoat_nb.media.video import Found, Outcome, Stream, Video
from stoat_nb.names import as_text

from .looking import frame_of_videos

names = st.binary(min_size=1, max_size=20).filter(
    lambda name: not set(name) & set(b"\0/") and name not in (b".", b"..")
)
#: Any characters at all, half surrogate pairs among them.
texts = st.text(st.characters(codec=None, exclude_categories=()), max_size=20) | st.sampled_from(
    [
        "=1+1",
        "'=1",
        "<r>a</r>",
        "<r>",
        "_x0041_",
        "\ud800",
        '"',
        "\r\n",
        "'",
        "\\N",
        "NA",
        "",
        "null",
        "\0",
        "\ufeff",
    ]
)
numbers = st.integers(-(2**70), 2**70)
floats = st.floats() | st.integers(-(2**70), 2**70).map(float)


@st.composite
def outcomes(draw: st.DrawFn) -> Outcome:
    stream = Stream(
        idx=0,
        kind="video",
        codec=draw(st.none() | texts),
        width=draw(numbers),
        height=draw(st.integers(1, 2**31)),
        sar=draw(st.none() | st.floats(0.01, 100)),
        fps_num=draw(numbers),
        fps_den=draw(numbers),
        language=draw(st.none() | texts),
    )
    sound = Stream(idx=1, kind="audio", language=draw(st.none() | texts))
    video = Video(
        container=draw(texts),
        format_name="",
        streams=(stream, sound),
        duration_s=draw(st.none() | floats),
        bitrate=draw(st.none() | numbers),
        created_at=draw(st.none() | st.datetimes().map(str) | texts),
        title=draw(st.none() | texts),
        tool=draw(texts),
    )
    found = Found(
        folder=b"/" + draw(names),
        name=draw(names),
        size_bytes=draw(numbers),
        mtime_ns=draw(numbers),
        inode=draw(st.integers(0, 2**64)),
        device=draw(st.integers(0, 2**64)),
    )
    return Outcome(found=found, video=video)


def clamped(number: int | None) -> int | None:
    return None if number is None else max(-(2**63), min(2**63 - 1, number))


def stored(text: str | None) -> str | None:
    return None if text is None else as_stored_text(text)


def words_of(outcome: Outcome) -> dict[str, str | None]:
    """Return the text that every table must show of a file."""
    found, video = outcome.found, outcome.video
    assert video is not None
    path = as_text(found.folder + b"/" + found.name)
    return {
        "path": path,
        "relative_path": path[1:],
        "folder": as_text(found.folder),
        "name": as_text(found.name),
        "title": stored(video.title),
        "codec": stored(video.streams[0].codec),
        "container": stored(video.container),
        "tool": stored(video.tool),
    }


def numbers_of(outcome: Outcome) -> dict[str, Any]:
    found, video = outcome.found, outcome.video
    assert video is not None
    length = video.duration_s
    return {
        "size_bytes": clamped(found.size_bytes),
        "inode": clamped(found.inode),
        "device": clamped(found.device),
        "bitrate": clamped(video.bitrate),
        "width": clamped(video.streams[0].width),
        "duration_s": length if length is not None and math.isfinite(length) else None,
    }


def check(row: dict[str, Any], outcome: Outcome) -> None:
    """Hold what came out against what went in."""
    expected = words_of(outcome) | numbers_of(outcome)
    assert {name: row[name] for name in expected} == expected
    assert outcome.video is not None
    tagged = outcome.video.streams[1].language
    assert list(row["audio_languages"]) == ([as_stored_text(tagged)] if tagged else [])


def check_csv(row: dict[str, str | None], outcome: Outcome) -> None:
    for name, text in words_of(outcome).items():
        cell = row[name]
        assert (cell and cell.removeprefix("'")) == text
        assert (row[name] or "").lstrip()[:1] not in {"=", "+", "-", "@"}
        assert (row[name] or "").lstrip(" ")[:1] not in {"\t", "\r"}
    for name, number in numbers_of(outcome).items():
        assert (number is None) == (row[name] is None)
        assert number is None or float(str(row[name])) == float(number)


def check_xlsx(row: dict[str, Any], outcome: Outcome) -> None:
    for name, text in words_of(outcome).items():
        # The format escapes control characters so, and has no empty text.
        unescaped = re.sub("_x([0-9A-F]{4})_", lambda code: chr(int(code[1], 16)), row[name] or "")
        assert unescaped == (text or "")
    for name, number in numbers_of(outcome).items():
        if isinstance(number, int):
            assert int(row[name]) == number


@given(outcome=outcomes())
@settings(
    max_examples=60,
    suppress_health_check=[HealthCheck.too_slow],
)
def test_what_goes_in_comes_out_of_every_door(
    tmp_path_factory: pytest.TempPathFactory, outcome: Outcome
) -> None:
    folder = tmp_path_factory.mktemp("round")
    catalog = Catalog(folder / "library.db")
    scan_id = catalog.scans.begin(job_id="j", folder=b"/", recursive=True, started_at=1.0).scan_id
    catalog.videos.record(scan_id, [outcome], at=2.0)
    known = catalog.videos.known_files(outcome.found.folder)
    assert list(known) == [outcome.found.name]
    check(of_frame(frame_of_videos(catalog)), outcome)
    check(json.loads(json.dumps(catalog.video(1))), outcome)
    for kind in ("csv", "json", "jsonl", "parquet", "xlsx"):
        catalog.export(folder / f"out.{kind}")
    catalog.close()
    (listed,) = json.loads((folder / "out.json").read_text("utf-8"))
    lined = json.loads((folder / "out.jsonl").read_text("utf-8"))
    (arrow,) = pq.read_table(folder / "out.parquet").to_pylist()
    for row in (listed, lined, arrow):
        check(row, outcome)
    check_csv(of_csv(folder / "out.csv"), outcome)
    check_xlsx(of_xlsx(folder / "out.xlsx"), outcome)
    mtime = pd.Timestamp(known[outcome.found.name].mtime_ns, unit="ns", tz="UTC")
    assert arrow["mtime"] == mtime
    assert lined["mtime"] == moment_text(mtime.value) == of_csv(folder / "out.csv")["mtime"]


def of_frame(frame: pd.DataFrame) -> dict[str, Any]:
    row = {str(name): frame[name].iloc[0] for name in frame}
    return {
        name: None if pd.api.types.is_scalar(cell) and pd.isna(cell) else cell
        for name, cell in row.items()
    }


def of_csv(path: Path) -> dict[str, str | None]:
    names = [column.name for column in TABLES["videos"].columns]
    table = csv.read_csv(
        path,
        parse_options=csv.ParseOptions(newlines_in_values=True),
        convert_options=csv.ConvertOptions(
            column_types=dict.fromkeys(names, pa.string()),
            null_values=[""],
            strings_can_be_null=True,
            quoted_strings_can_be_null=False,
        ),
    )
    (row,) = table.to_pylist()
    return dict(row)


def of_xlsx(path: Path) -> dict[str, Any]:
    head, row = openpyxl.load_workbook(path).active.iter_rows(values_only=True)
    return dict(zip(head, row, strict=True))
