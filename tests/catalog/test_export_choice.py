"""What an export leaves out when it is asked to: columns, and the way to where the videos are."""

from __future__ import annotations

import io
import json
from pathlib import Path
from typing import Any

import pandas as pd
import pyarrow.parquet as pq
import pytest

from stoat_nb.catalog.catalog import Catalog
from stoat_nb.catalog.columns import TABLES
from stoat_nb.catalog.exports.redaction import Redaction
from stoat_nb.catalog.query import VideoQuery
from stoat_nb.errors import ExportError, FilterError
from stoat_nb.library import Library
from stoat_nb.media.video import Tag

from .looking import frame_of_videos
from .test_export import EVERY_FORMAT, FORMATS, cells

HOME = b'/home/ann/caf\xc3\xa9 "b"/Videos'
OTHER = b"/mnt/secret\xe9/Videos"


@pytest.fixture
def spread(catalog: Catalog, filling: Any) -> Catalog:
    """Two roots of one name, and paths where nobody looks for them."""
    filling.scan(HOME)
    video = filling.video(title=f"made in {HOME.decode()}/raw, not in /home/anna/Videos2")
    filling.record(filling.ok(HOME + b"/sub/a.mp4", video))
    filling.scan(OTHER)
    error = "No such file: '/mnt/secret\\xe9/Videos/b.mp4'"
    filling.record(filling.bad(OTHER + b"/b.mp4", error), filling.ok(OTHER + b"/Videos/c.mp4"))
    return catalog


# Columns ------------------------------------------------------------------------------------------


@pytest.mark.parametrize("kind", FORMATS)
def test_columns_come_in_the_order_they_are_named_in(
    spread: Catalog, tmp_path: Path, kind: str
) -> None:
    columns = ["mtime", "name", "audio_languages", "codec", "size_bytes"]
    query = VideoQuery(sort="duration_s")  # a column that is not shown may still sort
    target = spread.export(tmp_path / f"out.{kind}", columns=columns, query=query)
    found = cells(target)
    assert [list(row) for row in found] == [columns] * 3
    if kind == "parquet":
        wanted = frame_of_videos(spread)[columns].drop(columns="audio_languages")
        back = pd.read_parquet(target)
        assert dict(back.drop(columns="audio_languages").dtypes.map(str)) == dict(
            wanted.dtypes.map(str)
        )


@pytest.mark.parametrize(
    ("table", "columns", "said"),
    [
        (
            "videos",
            ["name", "nam\x1be"],
            r"no column 'nam\\x1be' in videos\. Did you mean 'name'\?",
        ),
        ("scans", ["codec"], r"no column 'codec' in scans\. Choose one of: scan_id"),
        ("videos", ["name", "name"], "'name' is chosen twice"),
        ("videos", [], "No column is chosen"),
        ("videos", "name", r"write \['name'\]"),
    ],
)
def test_columns_that_are_none_are_refused(
    spread: Catalog, tmp_path: Path, table: str, columns: Any, said: str
) -> None:
    with pytest.raises(ExportError, match=said):
        spread.export(tmp_path / "out.csv", table=table, columns=columns)


@pytest.mark.usefixtures("spread")
def test_a_library_exports_what_an_expression_and_a_query_leave(path: Path, tmp_path: Path) -> None:
    query = VideoQuery(sort="name", descending=True, limit=1)
    with Library(path) as library:
        target = tmp_path / "out.json"
        library.export(target, where='status == "ok"', query=query, columns=["name"])
        assert cells(target) == [{"name": "c.mp4"}, {"name": "a.mp4"}]
        with pytest.raises(ExportError, match="Only videos can be filtered, not scans"):
            library.export(target, table="scans", where='status == "ok"')
        with pytest.raises(FilterError, match="colour"):
            library.export(target, where='colour == "ok"')


# The way to the videos ----------------------------------------------------------------------------


@pytest.mark.parametrize("kind", EVERY_FORMAT)
@pytest.mark.parametrize("table", ["videos", "failures", "scans", "jobs", "tags"])
def test_no_redacted_export_tells_where_a_root_is(
    spread: Catalog, tmp_path: Path, table: str, kind: str
) -> None:
    query = VideoQuery(search=f"{HOME.decode()}/") if table == "videos" else None
    target = tmp_path / f"out.{kind}"
    spread.export(target, table=table, redact=True, query=query, manifest=True)
    words = " ".join(str(row) for row in cells(target)) if kind in FORMATS else target.read_text()
    beside = Path(f"{target}.manifest.json")
    words += beside.read_text() if beside.exists() else ""
    for secret in ("/home/ann/", "secret", "caf"):
        assert secret not in words
    # It can fail: the same export with everything in it tells all of that.
    if table in ("videos", "scans"):
        spread.export(target, table=table, format=kind)
        told = " ".join(str(row) for row in cells(target)) if kind in FORMATS else ""
        assert kind == "html" or "/home/ann/caf" in told


def test_a_redacted_path_begins_with_the_name_of_its_root(spread: Catalog, tmp_path: Path) -> None:
    a, c, b = cells(spread.export(tmp_path / "out.json", redact=True))
    assert (a["path"], a["root"], a["folder"]) == ("Videos/sub/a.mp4", "Videos", "Videos/sub")
    assert (a["relative_path"], a["name"]) == ("sub/a.mp4", "a.mp4")
    assert a["title"] == "made in Videos/raw, not in /home/anna/Videos2"
    assert (b["path"], b["root"]) == ("Videos (2)/b.mp4", "Videos (2)")
    assert b["error"] == "No such file: 'Videos (2)/b.mp4'"
    assert c["path"] == "Videos (2)/Videos/c.mp4"


@pytest.mark.parametrize("columns", [None, ["key", "value"], ["value"]])
def test_no_redacted_export_tells_where_a_video_was_recorded(
    catalog: Catalog, filling: Any, tmp_path: Path, columns: list[str] | None
) -> None:
    words = {
        "com.apple.quicktime.location.ISO6709": "+48.8789+002.3376/",
        "location": "Montmartre",
        "comment": "a walk",
    }
    tags = tuple(Tag(key=key, value=value) for key, value in words.items())
    filling.record(filling.ok(video=filling.video(gps_lat=48.8789, gps_lon=2.3376, tags=tags)))
    (video,) = cells(catalog.export(tmp_path / "videos.json", redact=True))
    assert (video["gps_lat"], video["gps_lon"]) == (None, None)
    rows = cells(catalog.export(tmp_path / "tags.json", table="tags", columns=columns, redact=True))
    known = [None, "Montmartre" if columns == ["value"] else None, "a walk"]
    assert [row["value"] for row in rows] == known
    (video,) = cells(catalog.export(tmp_path / "all.json"))
    assert (video["gps_lat"], video["gps_lon"]) == (48.8789, 2.3376)


def test_a_job_of_a_folder_that_was_never_scanned_is_redacted_too(
    spread: Catalog, tmp_path: Path
) -> None:
    payload = json.dumps({"path": "/home/ann/Diary", "recursive": True})
    spread._database.write(
        lambda connection: connection.execute(
            "INSERT INTO jobs (id, type, status, payload, error, submitted_at, revision) "
            "VALUES ('j', 'scan', 'failed', ?, 'There is no folder /home/ann/Diary.', 1.0, 1)",
            (payload,),
        ).fetchall()
    )
    (row,) = cells(spread.export(tmp_path / "out.json", table="jobs", redact=True))
    assert json.loads(row["payload"])["path"] == "Diary"
    assert row["error"] == "There is no folder Diary."


@pytest.mark.parametrize(
    ("text", "left"),
    [
        ("/v", "V"),
        ("/v/a/b", "V/a/b"),
        ("see /v/a and /v", "see V/a and V"),
        ("file:///v/a", "file://V/a"),
        ("/mnt/v/a", "/mnt/v/a"),
        ("/video/a", "/video/a"),
        ("/v.old/a", "/v.old/a"),
        ("/v/w/a", "V/w/a"),
    ],
)
def test_only_a_root_itself_is_replaced(text: str, left: str) -> None:
    assert Redaction({"/v": "V", "/v/w": "W"}).text(text) == left


def test_a_root_that_is_everything_hides_nothing(catalog: Catalog, filling: Any) -> None:
    filling.scan(b"/")
    filling.record(filling.ok(b"/a/b.mp4"))
    out = io.BytesIO()
    catalog.export_into(out, format="json", redact=True)
    (row,) = json.loads(out.getvalue())
    assert (row["path"], row["root"]) == ("/a/b.mp4", "/")


def test_every_table_can_be_redacted(spread: Catalog, tmp_path: Path) -> None:
    for table in TABLES:
        for kind in EVERY_FORMAT:
            assert spread.export(tmp_path / f"out.{kind}", table=table, redact=True).exists()


def test_a_file_tells_of_no_rows_that_it_has_not(
    catalog: Catalog, filling: Any, tmp_path: Path
) -> None:
    for name, tool in ((b"/videos/shown.mp4", "Shown 1"), (b"/videos/hidden.mp4", "Hidden 2")):
        filling.record(filling.ok(name, filling.video(container=tool, title=tool)))
    for kind in ("parquet", "csv", "json", "html"):
        path = catalog.export(tmp_path / f"out.{kind}", query=VideoQuery(search="shown"))
        content = path.read_bytes()
        if kind == "parquet":
            content = repr(pq.read_table(path)["container"].chunk(0).dictionary).encode()
        assert (b"Shown 1" in content) is (kind != "html")  # which shows a few columns
        assert b"Hidden 2" not in content
