"""Files as rows: found again, changed, failed, gone, and the roots they hang on."""

from __future__ import annotations

import json
import math
from typing import Any

import pandas as pd
import pytest

from stoat_nb.catalog.catalog import Catalog, KnownFile
from stoat_nb.catalog.database import fetch
from stoat_nb.catalog.scans import BegunScan
from stoat_nb.catalog.videos import KNOWN_FILES
from stoat_nb.errors import UnknownVideo
from stoat_nb.media.video import Stream

from .looking import frame_of_table, frame_of_videos


def row(catalog: Catalog, number: int = 0) -> dict[str, Any]:
    return dict(frame_of_videos(catalog).iloc[number])


def seconds(moment: Any) -> float:
    return float(moment.timestamp())


# Recording ----------------------------------------------------------------------------------------


def test_a_recorded_file_is_a_known_file(catalog: Catalog, filling: Any) -> None:
    counts = filling.record(filling.ok(b"/videos/a.mp4"), filling.bad(b"/videos/b.mp4"))
    assert (counts.new, counts.updated) == (2, 0)
    known = KnownFile(1, size_bytes=1000, mtime_ns=5_000_000_001, inode=7, device=3, status="ok")
    assert catalog.videos.known_files(b"/videos")[b"a.mp4"] == known
    assert known.is_current
    assert {name: file.status for name, file in catalog.videos.known_files(b"/videos").items()} == {
        b"a.mp4": "ok",
        b"b.mp4": "failed",
    }
    assert (
        catalog.videos.known_files(b"/video") == catalog.videos.known_files(b"/videos/deep") == {}
    )


def test_the_facts_of_the_main_streams_are_the_facts_of_the_file(
    catalog: Catalog, filling: Any
) -> None:
    filling.record(filling.ok())
    facts = row(catalog)
    assert (facts["codec"], facts["audio_codec"], facts["channels"]) == ("h264", "aac", 2)
    assert (facts["width"], facts["display_width"], facts["display_height"]) == (1440, 1920, 1080)
    assert facts["fps"] == 30000 / 1001
    assert facts["dar"] == pytest.approx(16 / 9)
    assert (facts["n_streams"], facts["n_video"], facts["n_audio"]) == (2, 1, 1)
    assert list(facts["audio_languages"]) == ["eng"]
    assert list(facts["subtitle_languages"]) == []
    assert (facts["extension"], facts["folder"], facts["name"]) == ("mp4", "/videos", "a.mp4")


def test_a_cover_is_not_the_video_and_a_turned_picture_is_shown_turned(
    catalog: Catalog, filling: Any
) -> None:
    streams = (
        Stream(idx=0, kind="video", codec="mjpeg", width=10, height=10, is_cover=True),
        Stream(idx=1, kind="video", codec="hevc", width=1920, height=1080, rotation=90),
    )
    filling.record(filling.ok(video=filling.video(*streams)))
    facts = row(catalog)
    assert (facts["codec"], facts["n_video"], facts["has_cover"]) == ("hevc", 1, True)
    assert (facts["display_width"], facts["display_height"]) == (1080, 1920)
    assert facts["dar"] == pytest.approx(9 / 16)


def test_a_file_keeps_its_row_and_the_day_it_was_first_seen(catalog: Catalog, filling: Any) -> None:
    filling.record(filling.ok(), at=100.0)
    counts = filling.record(filling.ok(size_bytes=2000), at=200.0)
    assert (counts.new, counts.updated) == (0, 1)
    facts = row(catalog)
    assert (facts["video_id"], facts["size_bytes"]) == (1, 2000)
    assert [seconds(facts[name]) for name in ("first_seen", "last_seen", "probed_at")] == [
        100.0,
        200.0,
        200.0,
    ]


def test_facts_of_bytes_that_are_no_more_are_forgotten(catalog: Catalog, filling: Any) -> None:
    filling.record(filling.ok(b"/videos/a.mp4"))
    filling.record(filling.bad(b"/videos/a.mp4", error="It is cut off."))
    facts = row(catalog)
    assert (facts["status"], facts["error_class"]) == ("failed", "damaged")
    assert facts["error"] == "It is cut off."
    assert pd.isna(facts["duration_s"])
    assert pd.isna(facts["codec"])
    assert len(frame_of_table(catalog, "streams")) == 0
    assert frame_of_table(catalog, "failures")["elapsed_ms"].tolist() == [5]
    filling.record(filling.ok(b"/videos/a.mp4"))
    assert pd.isna(row(catalog)["error"])
    assert len(frame_of_table(catalog, "failures")) == 0
    assert len(frame_of_table(catalog, "streams")) == 2


def test_a_batch_is_recorded_whole_or_not_at_all(catalog: Catalog, filling: Any) -> None:
    filling.scan()
    with pytest.raises(AttributeError):
        filling.record(filling.ok(), "no outcome")
    assert len(frame_of_videos(catalog)) == 0


def test_a_file_that_is_told_twice_at_once_is_new_once_and_the_later_word_counts(
    catalog: Catalog, filling: Any
) -> None:
    counts = filling.record(
        filling.ok(b"/videos/a.mp4"), filling.bad(b"/videos/b.mp4"), filling.bad(b"/videos/a.mp4")
    )
    assert (counts.new, counts.updated) == (2, 1)
    assert frame_of_videos(catalog)["status"].tolist() == ["failed", "failed"]
    assert len(frame_of_table(catalog, "streams")) == 0


def test_a_failure_without_words_still_says_something(catalog: Catalog, filling: Any) -> None:
    filling.record(filling.bad(error=""))
    assert frame_of_table(catalog, "failures")["error"].tolist() == ["No reason was given."]


def test_numbers_without_bounds_are_unknown(catalog: Catalog, filling: Any) -> None:
    endless = Stream(idx=0, kind="video", width=10, height=10, sar=math.inf, start_s=-math.inf)
    thin = Stream(idx=0, kind="video", width=10, height=10, sar=1e-320, duration_s=math.nan)
    filling.record(
        filling.ok(b"/videos/a.mp4", filling.video(endless, duration_s=math.inf)),
        filling.ok(b"/videos/b.mp4", filling.video(thin, start_s=math.nan)),
    )
    assert frame_of_videos(catalog)[["duration_s", "start_s"]].count().tolist() == [1, 0]
    assert frame_of_videos(catalog)[["display_width", "display_height", "dar"]].count().sum() == 0
    streams = frame_of_table(catalog, "streams")
    assert streams[["sar", "duration_s", "start_s"]].count().tolist() == [1, 0, 0]


@pytest.mark.parametrize("length", [1, 50_000])
def test_a_document_comes_back_as_it_was_whatever_its_length(
    catalog: Catalog, filling: Any, length: int
) -> None:
    document = {"words": "é\u0000" * length}
    filling.record(filling.ok(video=filling.video(document=json.dumps(document))))
    assert catalog.document(1) == document


def test_one_video_is_told_in_json(catalog: Catalog, filling: Any) -> None:
    filling.record(filling.ok(video=filling.video(created_at="2021-05-06T07:08:09Z")))
    told = json.loads(json.dumps(catalog.video(1)))
    assert told["path"] == "/videos/a.mp4"
    assert told["created_at"] == "2021-05-06T07:08:09.000000Z"
    assert told["mtime"] == "1970-01-01T00:00:05.000000Z"
    assert told["has_cover"] is False
    assert [stream["kind"] for stream in told["streams"]] == ["video", "audio"]
    assert told["streams"][1]["is_default"] is False


@pytest.mark.parametrize("video_id", [7, -1, 2**70])
def test_an_unknown_video_is_refused_by_its_number(catalog: Catalog, video_id: int) -> None:
    with pytest.raises(UnknownVideo, match=f"There is no video {video_id}"):
        catalog.video(video_id)


# Seen and gone ------------------------------------------------------------------------------------


def test_a_folder_that_was_seen_was_seen_with_all_its_files(catalog: Catalog, filling: Any) -> None:
    filling.record(filling.ok(b"/videos/a.mp4"), filling.ok(b"/videos/deep/b.mp4"), at=100.0)
    catalog.presence.mark_seen(filling.scan(at=200.0), [b"/videos", b"/videos/none"], at=200.0)
    assert [seconds(moment) for moment in frame_of_videos(catalog)["last_seen"]] == [200.0, 100.0]


def test_a_file_that_is_gone_keeps_its_facts_and_the_time_it_was_last_there(
    catalog: Catalog, filling: Any
) -> None:
    filling.record(filling.ok(b"/videos/a.mp4"), filling.ok(b"/videos/b.mp4"), at=100.0)
    catalog.presence.mark_seen(filling.scan(at=200.0), [b"/videos"], at=200.0)
    scan_id = filling.scan(at=300.0)
    for at in (300.0, 301.0):  # a walk may come by twice
        catalog.presence.mark_seen(scan_id, [b"/videos"], at=at)
    gone = {b"/videos": [b"a.mp4", b"unheard-of.mp4"], b"/nowhere": [b"a.mp4"], b"/empty": []}
    assert catalog.presence.mark_gone(scan_id, gone, at=302.0) == 1
    assert catalog.presence.mark_gone(scan_id, gone, at=303.0) == 0
    lost, kept = row(catalog, 0), row(catalog, 1)
    assert (lost["status"], lost["codec"], lost["scan_id"]) == ("missing", "h264", scan_id)
    assert (seconds(lost["last_seen"]), seconds(lost["missing_since"])) == (200.0, 302.0)
    assert (kept["status"], seconds(kept["last_seen"])) == ("ok", 301.0)
    assert pd.isna(kept["missing_since"])


def test_a_file_of_a_folder_that_vanished_was_last_there_when_it_was_probed(
    catalog: Catalog, filling: Any
) -> None:
    filling.record(filling.ok(b"/videos/deep/a.mp4"), at=100.0)
    catalog.presence.mark_gone(filling.scan(at=200.0), {b"/videos/deep": [b"a.mp4"]}, at=200.0)
    assert seconds(row(catalog)["last_seen"]) == 100.0


def test_a_file_that_came_back_is_there_again(catalog: Catalog, filling: Any) -> None:
    filling.record(filling.ok(), at=100.0)
    catalog.presence.mark_gone(filling.scan(), {b"/videos": [b"a.mp4"]}, at=200.0)
    counts = filling.record(filling.ok(), at=300.0)
    assert (counts.new, counts.updated) == (0, 1)
    facts = row(catalog)
    assert (facts["status"], seconds(facts["last_seen"])) == ("ok", 300.0)
    assert pd.isna(facts["missing_since"])


def test_a_failed_file_that_is_gone_is_no_failure_any_more(catalog: Catalog, filling: Any) -> None:
    filling.record(filling.bad(b"/videos/b.mp4"))
    catalog.presence.mark_gone(filling.scan(), {b"/videos": [b"b.mp4"]}, at=200.0)
    assert len(frame_of_table(catalog, "failures")) == 0
    assert pd.isna(row(catalog)["error"])


# Roots --------------------------------------------------------------------------------------------


def test_a_folder_inside_a_root_belongs_to_it(catalog: Catalog, filling: Any) -> None:
    filling.scan(b"/videos")
    filling.scan(b"/videos/deep")
    filling.record(filling.ok(b"/videos/deep/a.mp4"))
    facts = row(catalog)
    assert (facts["root"], facts["relative_path"]) == ("/videos", "deep/a.mp4")
    assert frame_of_table(catalog, "scans")["root"].tolist() == ["/videos", "/videos"]
    assert frame_of_table(catalog, "scans")["folder"].tolist() == ["/videos", "/videos/deep"]


def test_a_folder_that_holds_roots_takes_them_over(catalog: Catalog, filling: Any) -> None:
    inner = filling.scan(b"/disk/one")
    filling.record(filling.ok(b"/disk/one/a.mp4"))
    filling.scan(b"/disk/two")
    filling.record(filling.ok(b"/disk/two/b.mp4"))
    filling.scan(b"/diskette")
    filling.record(filling.ok(b"/diskette/c.mp4"))
    filling.scan(b"/disk")
    filling.scan_id = inner  # one that was under way all the time
    filling.record(filling.ok(b"/disk/one/new/d.mp4"))
    frame = frame_of_videos(catalog)
    assert dict(zip(frame["relative_path"], frame["root"].astype(str), strict=True)) == {
        "one/a.mp4": "/disk",
        "one/new/d.mp4": "/disk",
        "two/b.mp4": "/disk",
        "c.mp4": "/diskette",
    }


def test_the_whole_machine_can_be_a_root(catalog: Catalog, filling: Any) -> None:
    filling.scan(b"/")
    filling.record(filling.ok(b"/a.mp4"), filling.ok(b"/videos/b.mp4"))
    frame = frame_of_videos(catalog)
    assert frame["relative_path"].tolist() == ["a.mp4", "videos/b.mp4"]
    assert frame["name"].tolist() == ["a.mp4", "b.mp4"]
    assert frame["folder"].tolist() == ["/", "/videos"]


def test_a_scan_is_a_row_from_its_start_to_its_end(catalog: Catalog, filling: Any) -> None:
    scan_id = filling.scan(at=100.0)
    assert frame_of_table(catalog, "scans")["status"].tolist() == ["running"]
    report = {"scanned": 3, "new": 2, "failed": 1, "bytes_scanned": 99, "elapsed_s": 1.5}
    catalog.scans.finish(scan_id, status="complete", at=200.0, report={**report, "notes": ["n"]})
    scan = dict(frame_of_table(catalog, "scans").iloc[0])
    assert (scan["status"], seconds(scan["finished_at"])) == ("complete", 200.0)
    assert {name: scan[name] for name in report} == report
    assert pd.isna(scan["removed"])


# Speed --------------------------------------------------------------------------------------------


def test_what_a_rescan_asks_for_touches_no_wide_row(catalog: Catalog) -> None:
    plan = catalog._database.read(
        lambda connection: fetch(connection, f"EXPLAIN QUERY PLAN {KNOWN_FILES}", (b"/videos",))
    )
    assert "SEARCH videos USING COVERING INDEX videos_known (folder_id=?)" in plan[0][3]


def test_a_scan_that_goes_on_is_another_one_only_if_its_folders_were_scanned_since(
    catalog: Catalog, filling: Any
) -> None:
    def begin(job_id: str, folder: bytes) -> BegunScan:
        return catalog.scans.begin(job_id=job_id, folder=folder, recursive=True, started_at=100.0)

    first = begin("a", b"/videos")
    filling.scan_id = first.scan_id
    filling.record(filling.ok(), filling.bad(b"/videos/bad.mp4"), at=100.0)
    begin("beside", b"/videos 2")
    assert begin("a", b"/videos") == BegunScan(first.scan_id, 100.0, goes_on=True)
    for other in (b"/videos/deep", b"/", b"/videos"):
        begin(f"other {other!r}", other)
        again = begin("a", b"/videos")
        assert again.goes_on
        assert again.scan_id > first.scan_id
        # What an earlier part of it has recorded is not read again.
        assert catalog.videos.files_of_scan(again.scan_id, b"/videos") == {
            b"a.mp4": True,
            b"bad.mp4": True,
        }
        assert list(catalog.scans.failures_of(again.scan_id, b"/videos")) == [b"bad.mp4"]
        first = again
    scans = frame_of_table(catalog, "scans")
    assert scans["status"].astype(str).tolist().count("cancelled") == 3
