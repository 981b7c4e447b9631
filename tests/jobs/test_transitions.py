"""The pure decisions over a job, for any job and any wish."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import assume, given, strategies as st
from msgspec.structs import replace

from stoat_nb.errors import JobError
from stoat_nb.jobs.state import TRANSITIONS, JobState, JobStatus, Progress
from stoat_nb.jobs.transitions import (
    Wish,
    begun,
    handed_back,
    heed,
    news_of_orphan,
    orphaned,
    prioritized,
    settled,
)

NOW = 100.0
FATE = "ended before it did"
FINALS = [status for status in JobStatus if status.is_final]


@st.composite
def jobs(draw: st.DrawFn, *statuses: JobStatus) -> JobState:
    """Return a job as it may be: paused only while pending, asked to pause only while running."""
    status = draw(st.sampled_from(statuses or tuple(JobStatus)))
    attempt = draw(st.integers(1 if status is JobStatus.RUNNING else 0, 9))
    deaths = draw(st.integers(0, 2))
    return JobState(
        job_id="a",
        job_type="work",
        status=status,
        attempt=attempt,
        deaths=deaths,
        max_deaths=draw(st.integers(deaths + 1, 4)),
        paused=status is JobStatus.PENDING and draw(st.booleans()),
        pause_requested=status is JobStatus.RUNNING and draw(st.booleans()),
        cancel_requested=status is not JobStatus.PENDING and draw(st.booleans()),
        priority=draw(st.integers(-3, 3)),
        worker="pid 1" if status is JobStatus.RUNNING else None,
        finished_at=1.0 if status.is_final else None,
        seq=draw(st.integers(0, 5)),
    )


wishes = st.sampled_from(list(Wish))
pending, running = jobs(JobStatus.PENDING), jobs(JobStatus.RUNNING)


@st.composite
def words(draw: st.DrawFn) -> tuple[JobState, JobState]:
    """Return a running job, and what its worker says of it, having missed some wishes."""
    kept = draw(running)
    known = replace(
        kept,
        seq=draw(st.integers(0, 9)),
        cancel_requested=kept.cancel_requested and draw(st.booleans()),
        pause_requested=draw(st.booleans()),
        priority=draw(st.integers(-3, 3)),
        progress=Progress(done=draw(st.integers(0, 9))),
    )
    status = draw(st.sampled_from([JobStatus.RUNNING, JobStatus.PENDING, *FINALS]))
    if status is JobStatus.PENDING:
        return kept, handed_back(known)
    return kept, known.evolve(status=status, result="said")


def check_step(before: JobState, after: JobState) -> None:
    """A step that is taken goes where the table says, and is told as news."""
    assert after.status is before.status or after.status in TRANSITIONS[before.status]
    assert after.seq > before.seq
    check_sense(after)


def check_sense(state: JobState) -> None:
    assert state.is_final == (state.finished_at is not None)
    assert not state.paused or state.status is JobStatus.PENDING
    assert not state.pause_requested or state.status is JobStatus.RUNNING
    assert not state.cancel_requested or state.status is not JobStatus.PENDING
    assert state.worker is None or state.status is not JobStatus.PENDING
    assert state.deaths < state.max_deaths or state.status is JobStatus.FAILED


@given(state=jobs(), wish=wishes)
def test_a_wish_leads_only_where_a_job_may_go(state: JobState, wish: Wish) -> None:
    after = heed(state, wish, NOW)
    if state.is_final:
        assert after is None
    elif after is not None and after is not state:
        check_step(state, after)
        assert (after.attempt, after.deaths) == (state.attempt, state.deaths)
        assert after.status in (state.status, JobStatus.CANCELLED)


@given(state=jobs(), wish=wishes)
def test_a_wish_that_is_repeated_changes_nothing(state: JobState, wish: Wish) -> None:
    after = heed(state, wish, NOW)
    assume(after is not None)
    assert after is not None
    again = heed(after, wish, NOW)
    assert again is None or again is after


@given(state=jobs(JobStatus.PENDING, JobStatus.RUNNING))
def test_whoever_cancels_what_has_not_ended_is_heeded(state: JobState) -> None:
    after = heed(state, Wish.CANCEL, NOW)
    assert after is not None
    assert after.cancel_requested
    assert after.is_final == (state.status is JobStatus.PENDING)
    assert heed(after, Wish.PAUSE, NOW) is None
    assert heed(after, Wish.RESUME, NOW) is None or after.pause_requested


@given(state=jobs())
def test_a_pause_is_undone_by_resuming(state: JobState) -> None:
    after = heed(state, Wish.PAUSE, NOW)
    assume(after is not None)
    assert after is not None
    assert after.paused or after.pause_requested
    resumed = heed(after, Wish.RESUME, NOW)
    assert resumed is not None
    assert not resumed.paused
    assert not resumed.pause_requested


@given(state=jobs(), priority=st.integers())
def test_a_priority_is_given_to_whatever_has_not_ended(state: JobState, priority: int) -> None:
    after = prioritized(state, priority)
    if state.is_final:
        assert after is None
    else:
        assert after is not None
        check_step(state, after)
        assert replace(after, priority=state.priority, seq=state.seq) == state


@given(state=jobs())
def test_only_a_pending_job_begins_and_that_is_counted(state: JobState) -> None:
    if state.status not in (JobStatus.PENDING, JobStatus.RUNNING):
        with pytest.raises(JobError):
            begun(state, worker="pid 2", now=NOW)
        return
    assume(state.status is JobStatus.PENDING and not state.paused)
    after = begun(state, worker="pid 2", now=NOW)
    check_step(state, after)
    assert (after.status, after.attempt) == (JobStatus.RUNNING, state.attempt + 1)
    assert after.started_at == after.heartbeat_at == NOW
    assert after.deaths == state.deaths


@given(state=running)
def test_what_is_handed_back_waits_as_was_wished(state: JobState) -> None:
    after = handed_back(replace(state, cancel_requested=False))
    check_step(state, after)
    assert (after.status, after.paused) == (JobStatus.PENDING, state.pause_requested)
    assert (after.attempt, after.deaths) == (state.attempt, state.deaths)


@given(state=running)
def test_an_orphan_goes_on_unless_it_was_to_stop_or_died_too_often(state: JobState) -> None:
    after = orphaned(state, FATE, NOW)
    check_step(state, after)
    if state.cancel_requested:
        assert after.status is JobStatus.CANCELLED
    elif state.deaths + 1 == state.max_deaths:
        assert after.status is JobStatus.FAILED
        assert "given up" in str(after.error)
    else:
        assert (after.status, after.paused) == (JobStatus.PENDING, state.pause_requested)
    assert after.deaths == state.deaths + (after.status is not JobStatus.CANCELLED)
    assert after.attempt == state.attempt
    news = news_of_orphan(state, after, FATE, NOW)
    assert "pid 1" in news.text
    assert ("taken up again" in news.text) == (
        after.status is JobStatus.PENDING and not after.paused
    )


@given(state=running)
def test_no_job_outlives_more_deaths_than_it_may(state: JobState) -> None:
    died = 0
    while state.status is JobStatus.RUNNING:
        state = orphaned(state, FATE, NOW)
        died += 1
        if state.status is JobStatus.PENDING:
            state = begun(replace(state, paused=False), worker="pid 1", now=NOW)
    assert died <= state.max_deaths


@given(word=words())
def test_a_workers_word_counts_but_for_what_others_wished(
    word: tuple[JobState, JobState],
) -> None:
    kept, said = word
    after = settled(kept, said, NOW)
    facts: dict[str, Any] = {"attempt": kept.attempt, "deaths": kept.deaths}
    assert {name: getattr(after, name) for name in facts} == facts
    assert (after.priority, after.progress) == (kept.priority, said.progress)
    assert after.seq > kept.seq
    assert after.seq >= said.seq
    assert after.status is JobStatus.RUNNING or after.status in TRANSITIONS[JobStatus.RUNNING]
    if said.is_final:
        assert (after.status, after.result) == (said.status, "said")
    elif said.status is JobStatus.PENDING:
        expected = JobStatus.CANCELLED if kept.cancel_requested else JobStatus.PENDING
        assert after.status is expected
        assert after.paused == (kept.pause_requested and not kept.cancel_requested)
    else:
        asked = (kept.cancel_requested, kept.pause_requested)
        assert (after.cancel_requested, after.pause_requested) == asked


@given(word=words())
def test_a_workers_word_leaves_a_job_that_makes_sense(word: tuple[JobState, JobState]) -> None:
    kept, said = word
    check_sense(settled(kept, replace(said, finished_at=NOW if said.is_final else None), NOW))
