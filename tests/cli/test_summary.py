"""``stoat summary``: the library at a glance, for people and for programs."""

from __future__ import annotations

import json
from pathlib import Path

from stoat_nb import words
from stoat_nb.api.shapes import SummaryShape
from stoat_nb.library import Library

from .conftest import Run


def test_a_summary_is_a_few_lines(run: Run, full: Path) -> None:
    ran = run("--library", full, "summary")
    told = dict(line.split(maxsplit=1) for line in ran.stdout.splitlines())
    with Library(full) as library:
        found = library.summary()
    assert told["files"] == f"{found.n_videos} files"
    assert told["length"] == words.total_length(found.total_duration_s)
    assert told["size"] == f"{words.size(found.total_bytes)} ({found.total_bytes:,} bytes)"
    assert told["problems"] == f"{found.n_failed} unreadable (stoat failures)"
    codec, n = next(iter(found.codecs.items()))
    assert told["codecs"].startswith(f"{codec} {n} · ")
    assert {"containers", "resolutions"} <= set(told)


def test_a_summary_as_json_is_what_rest_tells(run: Run, full: Path) -> None:
    told = json.loads(run("--library", full, "summary", "--json").stdout)
    with Library(full) as library:
        assert SummaryShape(**told).n_videos == library.summary().n_videos
    assert set(told) == set(SummaryShape.model_fields)


def test_nothing_is_told_of_a_library_that_is_empty(run: Run, tmp_path: Path) -> None:
    (tmp_path / "none").mkdir()
    run("scan", "none")
    told = dict(line.split(maxsplit=1) for line in run("summary").stdout.splitlines())
    assert (told["files"], told["problems"]) == ("0 files", "none")
    assert "codecs" not in told
