"""Overlapping scans, other programs on the file, forks and kills at once: nothing lost or false."""

from __future__ import annotations

from pathlib import Path

import pytest
from harness.chaos import chaos


@pytest.mark.slow
def test_whatever_people_do_at_once_no_file_that_is_there_is_called_missing(
    tmp_path: Path,
) -> None:
    report = chaos(tmp_path, kills=3, seed=11)
    assert report.breaches == []
    assert report.kills == 3
    assert report.submitted > 0
    assert report.deeds["scan"] > 0
    assert set(report.ended) <= {"complete", "failed", "cancelled"}
