from __future__ import annotations

import json
from collections import Counter

import pytest
from hypothesis import given, strategies as st

from stoat_nb.media.listing import Ignored, Problem
from stoat_nb.scan import tally
from stoat_nb.scan.comparison import Batch
from stoat_nb.scan.report import SHOWN_ERRORS, ScanReport


def errors(count: int, path: str = "/videos/bad.mp4") -> tuple[dict[str, str], ...]:
    one = {"path": path, "error": "The file is empty (0 bytes).", "error_class": "empty"}
    return (one,) * count


def test_a_report_reads_as_a_sentence_and_leaves_out_what_is_nought() -> None:
    report = ScanReport(folder="/videos", scan_id=1, scanned=1312, new=1200, skipped=100, failed=12)
    assert str(report) == "1,312 files in /videos: 1,200 new, 100 unchanged, 12 failed"
    assert str(ScanReport(folder="/videos", scan_id=1, scanned=1, new=1)).startswith("1 file in")
    assert str(ScanReport(folder="/videos", scan_id=1)) == "0 files in /videos"


def test_a_report_survives_its_way_through_json() -> None:
    report = ScanReport(
        folder="/videos",
        scan_id=7,
        scanned=3,
        failed=3,
        errors=errors(3),
        ignored=({"path": "/videos/.git", "reason": "The folder is hidden."},),
        notes=("Take note.",),
    )
    assert ScanReport.from_json(json.loads(json.dumps(report.to_json()))) == report


def test_in_a_cell_errors_are_a_table_and_the_rest_is_counted() -> None:
    shown = ScanReport(folder="/v", scan_id=1, errors=errors(SHOWN_ERRORS + 5))._repr_html_()
    assert shown.count("<tr>") == SHOWN_ERRORS + 1
    assert "… and 5 more" in shown


def test_what_a_report_has_no_room_for_is_counted(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(tally, "LISTED_MOST", 3)
    counts = tally.Tally()
    problems = [Problem(path=b"/v/%d" % at, error="Permission denied") for at in range(2)]
    ignored = [Ignored(path=b"/v/%d" % at, reason="It is hidden.") for at in range(2)]
    for _ in range(2):
        counts.take(Batch(problems=problems, ignored=ignored))
    report = counts.report(folder=b"/v", scan_id=1, elapsed_s=0.0)
    assert (len(report.errors), report.errors_left_out) == (3, 1)
    assert (len(report.ignored), report.ignored_left_out) == (3, 1)
    assert [one["path"] for one in report.ignored] == ["/v/0", "/v/1", "/v/0"]


def endings_of(*batches: dict[str, int], quick: bool = False) -> ScanReport:
    counts = tally.Tally()
    for batch in batches:
        counts.take(Batch(other_endings=Counter(batch), same=[b"/v/same"] if quick else []))
    return counts.report(folder=b"/v", scan_id=1, elapsed_s=0.0)


def test_what_is_no_video_is_told_by_its_ending_most_files_first() -> None:
    report = endings_of({"nfo": 1, "jpg": 1400}, {"": 2, "txt": 1})
    assert [one["ending"] for one in report.other_endings] == ["jpg", "", "nfo", "txt"]
    assert report.remarks == (
        "Not taken for videos by their ending: 1,400 .jpg, 2 without an ending, 1 .nfo, 1 .txt.",
    )
    assert ScanReport.from_json(json.loads(json.dumps(report.to_json()))) == report
    assert "1,400 .jpg" in report._repr_html_()


def test_endings_beyond_the_first_are_counted_together(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(tally, "LISTED_MOST", 60)
    report = endings_of({f"e{at}": 100 - at for at in range(70)})
    assert len(report.other_endings) == tally.ENDINGS_MOST
    assert report.other_endings_left_out == sum(range(31, 51))
    assert report.left_out.endswith(f"95 .e5, {sum(range(31, 95)):,} more.")


def test_a_scan_that_did_not_list_every_folder_tells_no_endings() -> None:
    assert endings_of({"jpg": 3}, {"nfo": 1}, quick=True).remarks == ()


def test_a_report_of_an_older_version_has_no_endings() -> None:
    old = ScanReport(folder="/videos", scan_id=7, scanned=3).to_json()
    del old["other_endings"], old["other_endings_left_out"]
    assert ScanReport.from_json(old).left_out == ""


@given(st.text())
def test_no_name_can_write_html_into_a_cell(name: str) -> None:
    harmless = ScanReport(folder="x", scan_id=1, errors=errors(1, "x"))._repr_html_()
    hostile = ScanReport(
        folder=name, scan_id=1, errors=errors(1, name), notes=(name,)
    )._repr_html_()
    assert hostile.count("<") == harmless.count("<") + 2  # the note's own paragraph
