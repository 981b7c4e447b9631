"""What a power cut leaves of a real library, and proof that the cuts would notice a loss."""

from __future__ import annotations

from pathlib import Path

import apsw
import pytest
from harness.opening import die_while_opened, older
from harness.power import cut_power, record, replay, without_syncs

pytestmark = pytest.mark.slow

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


def test_a_library_whose_maker_dies_at_any_of_its_first_events_opens_again(tmp_path: Path) -> None:
    report = die_while_opened(tmp_path / "new", seed=SEED, first=30, cuts=2)
    assert report.broken == []
    assert report.cuts == 90


def test_a_library_whose_migration_dies_at_any_event_opens_again_with_all_jobs(
    tmp_path: Path,
) -> None:
    start = older(tmp_path / "older.db", 1)
    report = die_while_opened(tmp_path / "new", seed=SEED, start=start, cuts=1)
    assert report.broken == []
    assert report.lost == 0
    assert report.promised == 3 * report.cuts


def test_the_recorder_leaves_sqlite_as_it_was(tmp_path: Path) -> None:
    before = [details["zName"] for details in apsw.vfs_details()]
    with pytest.raises(FileNotFoundError):
        cut_power(tmp_path / "nowhere", cuts=1, seed=SEED, jobs=6)
    cut_power(tmp_path, cuts=1, seed=SEED, jobs=6)
    assert [details["zName"] for details in apsw.vfs_details()] == before
    assert apsw.connection_hooks == []
