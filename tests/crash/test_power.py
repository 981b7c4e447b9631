"""What a power cut leaves of a real library, and proof that the cuts would notice a loss."""

from __future__ import annotations

from pathlib import Path

import apsw
import pytest
from harness.power import cut_power, record, replay, without_syncs

SEED = 11


def test_no_power_cut_loses_an_acknowledged_job_or_damages_the_library(tmp_path: Path) -> None:
    report = cut_power(tmp_path, cuts=30, seed=SEED, jobs=120)
    assert report.broken == []
    assert report.lost == 0
    assert report.promised > 500, "the cuts fell where nothing had been promised yet"


def test_the_same_cuts_lose_jobs_where_commits_are_not_synced(tmp_path: Path) -> None:
    report = cut_power(tmp_path, cuts=30, seed=SEED, jobs=120, synchronous="NORMAL")
    assert report.lost > 0
    assert report.broken == []


def test_the_same_cuts_damage_the_library_on_a_disk_that_lies(tmp_path: Path) -> None:
    events = without_syncs(record(tmp_path / "recorded", seed=SEED, jobs=120))
    report = replay(events, tmp_path / "cut", cuts=30, seed=SEED)
    assert report.broken
    assert report.lost > 0


def test_the_recorder_leaves_sqlite_as_it_was(tmp_path: Path) -> None:
    before = [details["zName"] for details in apsw.vfs_details()]
    with pytest.raises(FileNotFoundError):
        cut_power(tmp_path / "nowhere", cuts=1, seed=SEED, jobs=6)
    cut_power(tmp_path, cuts=1, seed=SEED, jobs=6)
    assert [details["zName"] for details in apsw.vfs_details()] == before
    assert apsw.connection_hooks == []
