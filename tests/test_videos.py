"""The rows and columns that ``library.videos`` is asked for."""

from __future__ import annotations

import json
from pathlib import Path

import pyarrow.parquet as pq
import pytest

from stoat_nb import Library, VideoQuery
from stoat_nb.errors import FilterError
from stoat_nb.media.demo_clips import make_samples


def test_videos_are_sorted_cut_and_told_in_the_columns_that_are_wanted(tmp_path: Path) -> None:
    make_samples(tmp_path / "videos")
    with Library(tmp_path / "library.db") as library:
        library.scan(tmp_path / "videos").result(timeout=120)
        every = library.videos()
        largest = library.videos(
            "status == 'ok'",
            columns=["name", "size_bytes"],
            sort="size_bytes",
            descending=True,
            limit=3,
        )
        assert [*largest.columns] == ["name", "size_bytes"]
        sizes = sorted(every.loc[every["status"] == "ok", "size_bytes"], reverse=True)
        assert largest["size_bytes"].tolist() == sizes[:3]
        assert library.videos(limit=0).empty
        with pytest.raises(FilterError, match="Did you mean 'size_bytes'"):
            library.videos(columns=["size_byte"])
        assert library.videos(columns=["resolution"])["resolution"].notna().any()
        with pytest.raises(FilterError, match="cannot be sorted by"):
            library.videos(sort="nothing")


def test_an_export_of_the_first_rows_is_those_that_the_frame_begins_with(tmp_path: Path) -> None:
    make_samples(tmp_path / "videos")
    query = VideoQuery(sort="size_bytes", descending=True)
    with Library(tmp_path / "library.db") as library:
        library.scan(tmp_path / "videos").result(timeout=120)
        out = library.export(tmp_path / "out.parquet", query=query, limit=3)
        none = library.export(tmp_path / "none.csv", columns=["name"], limit=0)
        streamed = b"".join(library.export_stream("jsonl", query=query, limit=3))
        first = library.videos(query=query, limit=3)["path"].tolist()
    assert none.read_text() == '"name"\n'
    assert pq.read_table(out)["path"].to_pylist() == first
    assert [json.loads(line)["path"] for line in streamed.splitlines()] == first
    assert json.loads(pq.read_schema(out).metadata[b"stoat"])["limit"] == 3


def test_streams_are_filtered_sorted_and_cut_by_their_own_columns(tmp_path: Path) -> None:
    make_samples(tmp_path / "videos")
    with Library(tmp_path / "library.db") as library:
        library.scan(tmp_path / "videos").result(timeout=120)
        every = library.streams()
        largest = library.streams(
            "kind == 'video' and width > 0",
            columns=["width"],
            sort="width",
            descending=True,
            limit=2,
        )
        pictures = every[(every["kind"] == "video") & (every["width"] > 0)]
        assert largest["width"].tolist() == sorted(pictures["width"], reverse=True)[:2]
        assert [*largest.columns] == ["width"]
        assert library.streams("kind == 'audio'")["path"].tolist() == [
            *every.loc[every["kind"] == "audio", "path"]
        ]
        with pytest.raises(FilterError, match="no column 'size_bytes'"):
            library.streams("size_bytes > 1")
