"""Processes that die at any moment lose no job, and run none to its end twice."""

from __future__ import annotations

from pathlib import Path

import pytest
from harness.flood import flood
from harness.ledger import Ledger
from harness.points import die_everywhere
from harness.storm import storm


def test_killed_processes_lose_no_job_and_repeat_none(tmp_path: Path) -> None:
    report = storm(tmp_path, kills=6, seed=5)
    assert report.breaches == set()
    assert report.damaged == []
    assert (report.lost, report.twice, report.orphans) == (0, 0, 0)
    assert [word.split()[0] for word in report.drained] == ["drained", "drained"]
    assert report.submitted > 0
    assert report.ended.get("complete", 0) > 0


@pytest.mark.slow
def test_a_process_may_die_before_any_statement(tmp_path: Path) -> None:
    report = die_everywhere(tmp_path, every=90)
    assert report.breaches == []
    assert report.deaths >= 2
    assert report.submitted > 0


@pytest.mark.slow
def test_ten_thousand_jobs_of_four_processes_all_end_and_none_runs_twice(tmp_path: Path) -> None:
    report = flood(tmp_path, jobs=10_000)
    assert (report.submitted, report.lost, report.unfinished, report.twice) == (10_000, 0, 0, 0)
    assert sum(report.by_process) == 10_000
    assert report.integrity == "ok"


HEARD = ("submitted a", "begun a 1 10.0", "done a 1 11.0", "left a 1 11.0", "ended a 1 complete 12")


def ledger_of(*lines: str) -> Ledger:
    ledger = Ledger()
    for line in (*HEARD, *lines):
        ledger.hear(1, line)
    return ledger


@pytest.mark.parametrize(
    ("line", "kept", "breach"),
    [
        ("", {"a": ("complete", 1)}, None),
        ("", {}, "a is lost"),
        ("", {"a": ("failed", 1)}, "a is ('failed', 1), but was said to be [('complete', 1)]"),
        ("ended a 2 complete 13", {"a": ("complete", 2)}, "but was said to be"),
        ("begun a 2 13.0", {"a": ("complete", 1)}, "a was started after it had ended"),
        ("begun a 1 10.5", {"a": ("complete", 1)}, "a: attempt 1 was started twice"),
        ("begun a 2 10.5", {"a": ("complete", 1)}, "a: attempt 2 ran beside attempt 1"),
        ("begun a 2 11.5", {"a": ("complete", 1)}, "ended by an attempt after which attempt 2"),
        ("cancelled a 0", {"a": ("complete", 1)}, "a was started again after it was cancelled"),
        ("submitted b", {"a": ("complete", 1), "b": ("running", 1)}, "b has not ended"),
    ],
)
def test_the_ledger_notices_each_broken_promise(
    line: str, kept: dict[str, tuple[str, int]], breach: str | None
) -> None:
    breaches = list(ledger_of(line).breaches(kept, at_the_end=True))
    if breach is None:
        assert breaches == []
    else:
        assert any(breach in found for found in breaches), breaches


def test_a_job_whose_process_was_killed_may_be_started_again() -> None:
    ledger = Ledger()
    for driver, line in ((1, "begun a 1 10.0"), (2, "begun a 2 11.0")):
        ledger.hear(driver, line)
    ledger.gone[1] = 10.5
    assert list(ledger.breaches({"a": ("running", 2)}, at_the_end=False)) == []


def test_two_attempts_may_overlap_only_while_a_process_is_stopped() -> None:
    ledger = ledger_of("begun b 1 20.0", "begun b 2 40.0")
    kept = {"a": ("complete", 1), "b": ("running", 2)}
    assert len(list(ledger.breaches(kept, at_the_end=False))) == 1
    ledger.stops.append((15.0, 50.0))
    assert list(ledger.breaches(kept, at_the_end=False)) == []


def test_two_ends_of_one_job_are_counted_as_run_twice() -> None:
    assert ledger_of().twice_to_completion == 0
    assert ledger_of("ended a 2 complete 13").twice_to_completion == 1
