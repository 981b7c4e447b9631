"""What every store promises, asked of each of them."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings, strategies as st
from msgspec.structs import replace

from stoat_nb.errors import UnknownJob
from stoat_nb.jobs.state import JobEvent, JobState, JobStatus, Progress
from stoat_nb.jobs.store import Claim, Errand, JobStore
from stoat_nb.jobs.transitions import Wish, handed_back

from .stores import ENDS, HOSTILE, WISHES, begin, claim, end, load, names, save, submit


def test_an_empty_store_knows_nobody(store: JobStore) -> None:
    assert store.load("a") is None
    assert store.states() == []
    assert store.log("a") == []
    assert claim(store, 5) == []
    assert not Errand()
    for wish in WISHES:
        with pytest.raises(UnknownJob, match="'a'"):
            store.wish("a", wish)
    with pytest.raises(UnknownJob, match="'a'"):
        store.prioritize("a", 1)
    assert store.exchange(Errand(saves=[JobState(job_id="a", job_type="work")])).lost == {"a": None}


json_values = st.recursive(
    st.none()
    | st.booleans()
    | st.integers()
    | st.integers(min_value=2**64, max_value=2**200)
    | st.floats(allow_nan=False, allow_infinity=False)
    | st.text()
    | st.sampled_from(["caf\udce9", "\ud800", HOSTILE]),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(), inner, max_size=3),
    max_leaves=8,
)
whole_numbers = st.integers(min_value=0, max_value=2**80)


@given(
    payload=st.dictionaries(st.text(), json_values, max_size=3),
    result=json_values,
    progress=st.builds(
        Progress,
        phase=st.text(),
        done=whole_numbers,
        total=st.none() | whole_numbers,
        message=st.text(),
        current=st.lists(st.text() | st.just("\udcff.mp4"), max_size=2).map(tuple),
        rate=st.none() | st.floats(0, 1e9),
    ),
)
@settings(
    max_examples=60,
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)
def test_a_job_and_what_it_came_to_come_back_as_they_went_in(
    store: JobStore, payload: dict[str, Any], result: Any, progress: Progress
) -> None:
    name = f"job {len(store.states())}"
    submit(store, name, payload=payload)
    (state,) = claim(store)
    assert state.payload == payload
    ended = end(state.evolve(progress=progress, heartbeat_at=11.5), result=result)
    assert save(store, ended) is None
    kept = load(store, name)
    assert replace(kept, seq=ended.seq) == ended


@pytest.mark.parametrize("text", [HOSTILE, "", "x" * 100_000])
def test_hostile_text_is_kept_as_it_is(store: JobStore, text: str) -> None:
    submit(store, "a", job_type=text)
    (state,) = claim(store, **{text: None})
    assert state.job_type == text
    save(store, end(state, JobStatus.FAILED, error=text))
    assert load(store).error == text
    assert names(store.states(job_type=text)) == ["a"]


def test_what_is_no_text_at_all_harms_nobody(store: JobStore) -> None:
    broken = "caf\udce9 \ud800"
    submit(store, "a", job_type=broken, retry_of=broken)
    submit(store, "b")
    store.exchange(Errand(events=[("b", JobEvent(at=1.0, text=broken))]))
    (state,) = claim(store)
    save(store, end(state, JobStatus.FAILED, error=broken))
    assert load(store, "b").error is not None
    assert len(store.states()) == 2
    assert store.load(broken) is None
    with pytest.raises(UnknownJob):
        store.wish(broken, Wish.CANCEL)


def test_numbers_that_no_table_can_hold_harm_nobody(store: JobStore) -> None:
    submit(store, "low", priority=-(2**70))
    submit(store, "none", timeout_s=2**70)
    submit(store, "high", priority=2**70)
    assert store.prioritize("none", 2**40)[0]
    assert names(claim(store, 3)) == ["high", "none", "low"]
    assert store.states(limit=2**70, offset=2**70) == []


def test_everything_but_the_movement_of_a_job_stays_as_it_was_submitted(store: JobStore) -> None:
    facts = {"payload": {"n": 1}, "timeout_s": 4.5, "priority": 2, "retry_of": "x", "max_deaths": 7}
    submit(store, "a", **facts)
    (state,) = claim(store)
    save(store, end(replace(state, payload={}, timeout_s=None, priority=0, max_deaths=1)))
    kept = load(store)
    assert {name: getattr(kept, name) for name in facts} == facts


# Taking -------------------------------------------------------------------------------------------


def test_a_job_may_be_submitted_and_taken_in_one_exchange(store: JobStore) -> None:
    state = JobState(job_id="a", job_type="work", submitted_at=1.0)
    reply = store.exchange(Errand(submits=[state], claim=Claim(1, {"work": None})))
    (taken,) = reply.claimed
    assert (taken.status, taken.attempt, taken.seq) == (JobStatus.RUNNING, 1, 1)
    assert taken.started_at is not None
    assert taken.heartbeat_at == taken.started_at
    assert load(store) == taken


def test_the_highest_priority_runs_first_then_the_oldest(store: JobStore) -> None:
    submit(store, "a", "b")
    submit(store, "c", priority=1)
    submit(store, "d", priority=-1)
    submit(store, "e", priority=1)
    assert names(claim(store, 2)) == ["c", "e"]
    assert names(claim(store, 9)) == ["a", "b", "d"]
    assert claim(store, 9) == []


def test_a_job_may_be_given_another_place_in_the_line(store: JobStore) -> None:
    submit(store, "a", "b", "c")
    assert store.prioritize("c", 5)[0]
    assert store.prioritize("a", -5)[0]
    store.wish("b", Wish.PAUSE)
    assert store.prioritize("b", 9)[0]
    assert names(claim(store, 9)) == ["c", "a"]
    store.wish("b", Wish.RESUME)
    assert names(claim(store, 9)) == ["b"]


def test_a_job_that_was_handed_back_keeps_its_place(store: JobStore) -> None:
    submit(store, "a", "b", "c")
    (first,) = claim(store)
    assert save(store, handed_back(first)) is None
    assert load(store).worker is None
    again = claim(store, 2)
    assert names(again) == ["a", "b"]
    assert [state.attempt for state in again] == [2, 1]


def test_only_types_that_are_asked_for_are_taken(store: JobStore) -> None:
    submit(store, "a", job_type="scan")
    submit(store, "b", job_type="loudness")
    assert claim(store, 9, other=None) == []
    assert names(claim(store, 9, loudness=None)) == ["b"]
    assert store.exchange(Errand(claim=Claim(9, {}))).claimed == []
    assert names(claim(store, 9, scan=None, other=None)) == ["a"]


def test_a_queue_may_take_none_but_certain_jobs(store: JobStore) -> None:
    submit(store, "a", "b", "c")

    def take(*only: str) -> list[str]:
        errand = Errand(claim=Claim(9, {"work": None}, frozenset(only)))
        return names(store.exchange(errand).claimed)

    assert take() == []
    assert take("c", "nobody", "\ud800") == ["c"]
    assert take("a", "b") == ["a", "b"]


def test_no_more_of_a_type_run_than_may(store: JobStore) -> None:
    submit(store, "a", "b", "c")
    first, second = claim(store, 9, work=2)
    assert names([first, second]) == ["a", "b"]
    assert claim(store, 9, work=2) == []
    save(store, end(first))
    assert names(claim(store, 9, work=2)) == ["c"]
    save(store, handed_back(second))
    assert names(claim(store, 9, work=2)) == ["b"]
    assert claim(store, 9, work=0) == []


def test_a_type_that_is_full_holds_up_no_other(store: JobStore) -> None:
    for number in range(5):
        submit(store, f"scan {number}", job_type="scan")
    submit(store, "loud 0", "loud 1", job_type="loud")
    assert names(claim(store, 4, scan=1, loud=None)) == ["scan 0", "loud 0", "loud 1"]
    submit(store, "loud 2", job_type="loud")
    assert names(claim(store, 4, scan=1, loud=None)) == ["loud 2"]


# The fence ----------------------------------------------------------------------------------------


@pytest.mark.parametrize("status", [JobStatus.RUNNING, JobStatus.PENDING, *ENDS])
def test_a_stale_attempt_changes_nothing_and_is_told(store: JobStore, status: JobStatus) -> None:
    stale = begin(store)
    save(store, handed_back(stale))
    (fresh,) = claim(store)
    said = stale.evolve(status=status, progress=Progress(done=99), result="stale", error="stale")
    assert save(store, said) == load(store) == fresh
    assert save(store, end(fresh, result="fresh")) is None
    assert load(store).result == "fresh"


@pytest.mark.parametrize("status", [JobStatus.RUNNING, JobStatus.PENDING, *ENDS])
@pytest.mark.parametrize("final", ENDS)
def test_an_end_never_changes(store: JobStore, final: JobStatus, status: JobStatus) -> None:
    state = begin(store)
    save(store, end(state, final, result=1))
    kept = load(store)
    assert kept.status is final
    assert save(store, state.evolve(status=status, result=2)) == kept
    assert not any(store.wish("a", wish)[0] for wish in WISHES)
    assert not store.prioritize("a", 1)[0]
    assert load(store) == kept
    assert claim(store) == []


def test_a_job_that_nobody_took_cannot_be_saved(store: JobStore) -> None:
    submit(store, "a")
    kept = load(store)
    for status in (JobStatus.RUNNING, JobStatus.FAILED):
        assert save(store, kept.evolve(status=status)) == kept
    assert load(store) == kept
