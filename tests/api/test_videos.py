"""Videos over REST: listed, looked at, exported."""

from __future__ import annotations

import csv
import errno
import io
import json
import os
import tempfile
from pathlib import Path

import httpx
import openpyxl
import pandas as pd
import pytest

from stoat_nb.catalog.exports import stream
from stoat_nb.library import Library


def test_every_video_is_listed(reader: httpx.Client, full_library: Library) -> None:
    answer = reader.get("/videos", params={"limit": 500}).json()
    frame = full_library.videos()
    assert answer["total"] == len(answer["items"]) == len(frame) > 0
    assert {item["path"] for item in answer["items"]} == set(frame["path"])
    assert set(answer["items"][0]) == set(frame.columns)


def test_facts_are_numbers_words_and_null(reader: httpx.Client) -> None:
    answer = reader.get("/videos", params={"status": "ok", "codec": "h264"}).json()
    assert answer["total"] > 0
    for item in answer["items"]:
        assert item["codec"] == "h264"
        assert isinstance(item["width"], int)
        assert isinstance(item["duration_s"], float)
        assert isinstance(item["has_cover"], bool)
        assert item["mtime"].endswith("+00:00")
        assert item["error"] is None


def test_what_javascript_would_round_is_told_as_exact_text_beside_it(reader: httpx.Client) -> None:
    items = reader.get("/videos", params={"limit": 500}).json()["items"]
    assert all(item["mtime_ns"] > 2**53 for item in items)
    assert [pd.Timestamp(item["mtime"]).value for item in items] == [
        item["mtime_ns"] for item in items
    ]


def test_who_asks_for_it_gets_text_for_what_javascript_would_round(reader: httpx.Client) -> None:
    plain = reader.get("/videos", params={"limit": 500}).json()["items"]
    exact = reader.get("/videos", params={"limit": 500, "int64": "string"}).json()["items"]
    wide = {"mtime_ns", "device", "inode"}
    for item, other in zip(plain, exact, strict=True):
        assert {name for name in item if item[name] != other[name]} == wide
        assert {name: int(other[name]) for name in wide} == {name: item[name] for name in wide}
    one = reader.get("/videos/1", params={"int64": "string"}).json()
    assert one["inode"] == str(reader.get("/videos/1").json()["inode"])
    asked = {"column": "inode", "int64": "string", "most": 1000}
    (facet,) = reader.get("/videos/facets", params=asked).json()["items"]
    assert {value["value"] for value in facet["values"]} == {item["inode"] for item in exact}
    assert reader.get("/videos", params={"int64": "text"}).status_code == 422


def test_pages_are_parts_of_one_order(reader: httpx.Client) -> None:
    whole = reader.get("/videos", params={"sort": "size_bytes", "descending": True}).json()
    sizes = [item["size_bytes"] for item in whole["items"]]
    assert sizes == sorted(sizes, reverse=True)
    pages = [
        reader.get(
            "/videos",
            params={"sort": "size_bytes", "descending": True, "limit": 3, "offset": offset},
        ).json()["items"]
        for offset in range(0, whole["total"], 3)
    ]
    assert [item for page in pages for item in page] == whole["items"]
    assert reader.get("/videos", params={"offset": 10**6}).json()["items"] == []


def test_search_looks_for_a_part_of_the_path(reader: httpx.Client) -> None:
    every = reader.get("/videos", params={"limit": 500}).json()["items"]
    name = Path(every[0]["path"]).name
    found = reader.get("/videos", params={"search": name.upper()}).json()
    assert every[0]["path"] in [item["path"] for item in found["items"]]
    assert reader.get("/videos", params={"search": "no such %_ name"}).json()["total"] == 0


def test_a_filter_takes_several_values(reader: httpx.Client) -> None:
    both = reader.get("/videos", params={"status": ["ok", "failed"]}).json()["total"]
    each = [reader.get("/videos", params={"status": s}).json()["total"] for s in ("ok", "failed")]
    assert both == sum(each)
    assert all(each)


def test_an_expression_narrows_every_other_filter(reader: httpx.Client) -> None:
    answer = reader.get("/videos", params={"codec": "h264", "where": "height < 400"}).json()
    assert answer["total"] > 0
    assert all(item["codec"] == "h264" and item["height"] < 400 for item in answer["items"])
    refused = reader.get("/videos", params={"where": "heigth > 1"})
    assert (refused.status_code, refused.json()["detail"]["code"]) == (422, "BAD_FILTER")
    assert "At character 1" in refused.json()["detail"]["message"]


def test_a_value_that_no_video_has_is_answered_with_the_nearest(reader: httpx.Client) -> None:
    told = reader.get("/videos", params={"codec": "hvec"}).json()
    assert told == {
        "total": 0,
        "items": [],
        "hint": "No video has the codec 'hvec'. Did you mean 'hevc'?",
    }
    assert reader.get("/videos", params={"codec": "hevc"}).json()["hint"] is None


def test_facets_count_the_values_of_what_matches(reader: httpx.Client) -> None:
    wanted = {"column": ["codec", "has_cover"], "codec": "h264", "most": 1}
    codec, cover = reader.get("/videos/facets", params=wanted).json()["items"]
    (first,) = codec["values"]
    assert codec["further"] > 0
    found = reader.get("/videos", params={"codec": first["value"]}).json()["total"]
    assert (first["count"], codec["column"]) == (found, "codec")
    assert [type(one["value"]) for one in cover["values"]] == [bool]
    usual = reader.get("/videos/facets").json()["items"]
    assert {"status", "resolution", "top_folder"} <= {one["column"] for one in usual}


def test_one_video_is_told_with_its_streams(reader: httpx.Client) -> None:
    listed = reader.get("/videos", params={"status": "ok", "limit": 1}).json()["items"][0]
    video = reader.get(f"/videos/{listed['video_id']}").json()
    assert video["path"] == listed["path"]
    assert len(video["streams"]) == listed["n_streams"]


def test_an_unknown_video_is_not_found(reader: httpx.Client) -> None:
    answer = reader.get(f"/videos/{2**63 - 1}")
    assert (answer.status_code, answer.json()["detail"]["code"]) == (404, "NOT_FOUND")


def test_the_summary_adds_up(reader: httpx.Client, full_library: Library) -> None:
    summary = reader.get("/summary").json()
    frame = full_library.videos()
    assert summary["n_videos"] == len(frame)
    assert summary["n_ok"] == (frame["status"] == "ok").sum()
    assert summary["n_failed"] == (frame["status"] == "failed").sum()
    assert summary["codecs"]["h264"] == (frame["codec"] == "h264").sum()


def test_what_changed_since_a_moment_is_told_file_by_file(
    reader: httpx.Client, full_library: Library
) -> None:
    told = reader.get("/scans/diff", params={"since": "2000-01-01", "by": "file"}).json()
    expected = full_library.diff(since="2000-01-01", by="file")
    assert [row["video_id"] for row in told] == list(expected["video_id"])
    assert {(row["change"], *row["changed"]) for row in told} == {("added",)}
    assert reader.get("/scans/diff").status_code == 404  # there is a single scan
    for wrong in ({"since": "last week"}, {"since": "2000-01-01", "before": 1}, {"by": "day"}):
        assert reader.get("/scans/diff", params=wrong).status_code == 422


def test_health_says_ok(reader: httpx.Client) -> None:
    assert reader.get("/health").json()["status"] == "ok"


@pytest.mark.parametrize("form", ["csv", "json", "jsonl", "parquet", "xlsx"])
def test_an_export_holds_every_row(reader: httpx.Client, full_library: Library, form: str) -> None:
    answer = reader.get("/videos/export", params={"format": form})
    assert answer.status_code == 200
    assert answer.headers["content-disposition"] == f'attachment; filename="videos.{form}"'
    sizes = sorted(int(size) for size in full_library.videos()["size_bytes"])
    assert sorted(sizes_in(form, answer.content)) == sizes


def sizes_in(form: str, content: bytes) -> list[int]:
    if form == "csv":
        return [int(row["size_bytes"]) for row in csv.DictReader(io.StringIO(content.decode()))]
    if form == "json":
        return [row["size_bytes"] for row in json.loads(content)]
    if form == "jsonl":
        return [json.loads(line)["size_bytes"] for line in content.splitlines()]
    if form == "parquet":
        return [int(size) for size in pd.read_parquet(io.BytesIO(content))["size_bytes"]]
    rows = openpyxl.load_workbook(io.BytesIO(content)).active.iter_rows(values_only=True)
    column = next(rows).index("size_bytes")
    return [row[column] for row in rows]


def test_an_export_leaves_nothing_behind(
    reader: httpx.Client, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    with reader.stream("GET", "/videos/export") as answer:
        assert answer.status_code == 200
        assert list(tmp_path.iterdir()) == []


def test_an_export_is_of_what_is_listed(reader: httpx.Client) -> None:
    asked = {"where": "width >= 320", "codec": "h264", "sort": "size_bytes", "descending": "true"}
    listed = reader.get("/videos", params={**asked, "limit": 500}).json()
    columns = {"columns": "name,size_bytes,path", "redact": "true"}
    answer = reader.get("/videos/export", params={**asked, **columns, "format": "jsonl"})
    rows = [json.loads(line) for line in answer.content.splitlines()]
    assert [row["name"] for row in rows] == [item["name"] for item in listed["items"]]
    assert len(rows) == listed["total"] > 1
    assert {tuple(row) for row in rows} == {("name", "size_bytes", "path")}
    assert not any(row["path"].startswith("/") for row in rows)


def test_a_report_is_handed_over_as_a_file(reader: httpx.Client) -> None:
    answer = reader.get("/videos/export", params={"format": "html"})
    assert answer.headers["content-type"] == "text/html; charset=utf-8"
    assert answer.headers["content-disposition"] == 'attachment; filename="videos.html"'
    assert "beach walk.mp4" in answer.text


@pytest.mark.parametrize(
    ("asked", "said"),
    [
        ({"columns": "name,nothing"}, "no column 'nothing'"),
        ({"where": "width >"}, "cannot be read"),
        ({"sort": "nothing"}, "sorted by 'nothing'"),
        ({"limit": "1"}, "limit"),
    ],
)
def test_an_export_that_cannot_be_is_refused_at_once(
    reader: httpx.Client, asked: dict[str, str], said: str
) -> None:
    answer = reader.get("/videos/export", params=asked)
    assert answer.status_code == 422
    assert said in answer.json()["detail"]["message"]


def test_an_export_that_fails_half_way_is_not_taken_for_a_whole_one(
    library: Library, client: httpx.Client, clips: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    library.scan(clips).result(120)
    write = os.write

    def write_a_little(file: int, data: bytes) -> int:
        status = os.fstat(file)
        if not status.st_nlink and status.st_size:  # the file without a name that exports go to
            raise OSError(errno.ENOSPC, "No space left on device")
        return write(file, data)

    monkeypatch.setattr(os, "write", write_a_little)
    monkeypatch.setattr(stream, "CHUNK", 64)
    with pytest.raises(httpx.RemoteProtocolError, match="incomplete"):
        client.get("/videos/export", params={"format": "jsonl"})
    assert client.get("/health").status_code == 200
