"""Jobs as rows: they come back as they went in, end once, and outlive their process."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import apsw
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from stoat_nb.catalog.catalog import Catalog
from stoat_nb.catalog.database import fetch
from stoat_nb.catalog.jobs import SILENT_S, CatalogJobStore
from stoat_nb.catalog.owner import Owner
from stoat_nb.errors import JobAlreadyFinal, JobError, UnknownJob
from stoat_nb.jobs.state import JobState, JobStatus, Progress

PENDING = JobState(job_id="a", job_type="scan", submitted_at=10.0)


@pytest.fixture
def store(catalog: Catalog) -> CatalogJobStore:
    return catalog.job_store


@pytest.fixture
def give_away(catalog: Catalog) -> Callable[[str, Owner], None]:
    """Make a job another process's."""

    def give(job_id: str, owner: Owner) -> None:
        catalog._database.write(
            lambda connection: fetch(
                connection, "UPDATE jobs SET owner = ? WHERE id = ?", (str(owner), job_id)
            )
        )

    return give


def running(state: JobState = PENDING, **changes: Any) -> JobState:
    return state.evolve(status=JobStatus.RUNNING, started_at=11.0, **changes)


# Writing down -------------------------------------------------------------------------------------


def test_a_job_comes_back_as_it_went_in(store: CatalogJobStore) -> None:
    state = replace(
        PENDING,
        payload={"path": "/caf\udce9", "deep": [1, None, {"a": 2.5}]},
        progress=Progress(phase="probing", done=3, total=7, current=("a\n.mp4", "\ud800")),
        timeout_s=4.5,
        attempt=2,
        cancel_requested=True,
        seq=9,
    )
    store.add(state)
    assert store.load("a") == state
    ended = running(state).evolve(
        status=JobStatus.FAILED, error="No.", result={"n": 1}, finished_at=12.0, heartbeat_at=11.5
    )
    store.save(ended, durable=True)
    assert store.load("a") == ended
    assert store.load("b") is None


json_values = st.recursive(
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats(allow_nan=False, allow_infinity=False)
    | st.text(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(), inner, max_size=3),
    max_leaves=8,
)


@given(payload=st.dictionaries(st.text(), json_values, max_size=3), result=json_values)
@settings(max_examples=60, deadline=None, derandomize=True)
def test_any_json_comes_back(
    tmp_path_factory: pytest.TempPathFactory, payload: dict[str, Any], result: Any
) -> None:
    catalog = Catalog(tmp_path_factory.mktemp("jobs") / "library.db")
    state = replace(PENDING, payload=payload, result=result)
    catalog.job_store.add(state)
    assert catalog.job_store.load("a") == state
    catalog.close()


def test_a_new_job_and_an_end_wait_for_the_disk_and_progress_does_not(
    catalog: Catalog, store: CatalogJobStore
) -> None:
    waited = []
    store.add(PENDING)
    waited.append(catalog._database._durable)
    store.save(running(), durable=False)
    waited.append(catalog._database._durable)
    store.save(running().evolve(status=JobStatus.COMPLETE), durable=True)
    waited.append(catalog._database._durable)
    assert waited == [True, False, True]


def test_what_is_no_json_is_refused_with_the_reason(store: CatalogJobStore) -> None:
    with pytest.raises(JobError, match="not JSON: Object of type set"):
        store.add(replace(PENDING, payload={"names": {"a"}}))
    assert store.states() == []


def test_an_older_snapshot_is_ignored(store: CatalogJobStore) -> None:
    first = running()
    second = first.evolve(progress=Progress(done=2))
    store.add(PENDING)
    store.save(second, durable=False)
    store.save(first, durable=False)
    assert store.load("a") == second


def test_an_unknown_job_cannot_be_saved(store: CatalogJobStore) -> None:
    with pytest.raises(UnknownJob, match="'a'"):
        store.save(PENDING, durable=False)


def test_a_final_status_never_changes(store: CatalogJobStore) -> None:
    store.add(PENDING)
    done = running().evolve(status=JobStatus.COMPLETE, result=1)
    store.save(done, durable=True)
    with pytest.raises(JobAlreadyFinal, match="already ended: complete"):
        store.save(replace(done, status=JobStatus.FAILED, seq=99), durable=True)
    assert store.load("a") == done


@pytest.mark.parametrize("status", ["pending", "running", "failed", "cancelled"])
def test_the_file_itself_refuses_to_change_a_final_status(
    catalog: Catalog, store: CatalogJobStore, status: str
) -> None:
    store.add(PENDING)
    store.save(running().evolve(status=JobStatus.COMPLETE), durable=True)
    with pytest.raises(apsw.ConstraintError, match="never changes"):
        catalog._database.write(
            lambda connection: fetch(connection, "UPDATE jobs SET status = ?", (status,))
        )


def test_jobs_are_listed_newest_first_and_by_kind(store: CatalogJobStore) -> None:
    for name, kind, at in (("a", "scan", 10.0), ("b", "loud", 30.0), ("c", "scan", 30.0)):
        store.add(replace(PENDING, job_id=name, job_type=kind, submitted_at=at))
    store.save(running(replace(PENDING, job_id="a")), durable=False)

    def ids(**wanted: Any) -> list[str]:
        return [state.job_id for state in store.states(**wanted)]

    assert ids() == ["c", "b", "a"]
    assert ids(job_type="scan") == ["c", "a"]
    assert ids(status=JobStatus.RUNNING) == ["a"]
    assert ids(status=JobStatus.PENDING, job_type="scan", limit=5) == ["c"]
    assert ids(limit=2) == ["c", "b"]
    assert ids(limit=0) == ids(job_type="\ud800") == []


def test_jobs_are_a_frame_too(catalog: Catalog, store: CatalogJobStore) -> None:
    store.add(PENDING)
    store.save(running(progress=Progress(phase="probing", done=2, failed=1)), durable=False)
    frame = catalog.jobs()
    assert frame["job_id"].tolist() == ["a"]
    assert frame["phase"].tolist() == ["probing"]
    assert frame[["done", "n_failed"]].to_numpy().tolist() == [[2, 1]]
    assert frame["total"].isna().all()


# Whose they are -----------------------------------------------------------------------------------


def test_this_process_is_alive_and_reads_itself_back() -> None:
    here = Owner.here()
    assert Owner.parse(str(here)) == here
    assert here.lives is True


def test_a_job_of_this_process_is_owned_here(store: CatalogJobStore) -> None:
    store.add(PENDING)
    assert store.owned_here("a")
    assert not store.owned_here("b")


def test_numbers_that_are_used_again_do_not_raise_the_dead() -> None:
    here = Owner.here()
    assert replace(here, started="1").lives is False
    assert replace(here, boot="another").lives is False
    assert replace(here, namespace="1").lives is None


def test_a_process_that_nobody_has_buried_yet_is_dead() -> None:
    child = subprocess.Popen([sys.executable, "-c", ""])
    os.waitid(os.P_PID, child.pid, os.WEXITED | os.WNOWAIT)
    stat = Path(f"/proc/{child.pid}/stat").read_text("utf-8").rpartition(")")[2].split()
    zombie = replace(Owner.here(), pid=child.pid, started=stat[19])
    assert zombie.lives is False
    child.wait()
    assert zombie.lives is False


def test_jobs_of_a_dead_process_are_settled_when_the_library_is_opened(
    path: Path, catalog: Catalog, store: CatalogJobStore, give_away: Any
) -> None:
    dead = replace(Owner.here(), pid=4_000_000, started="1")
    for name in ("pending", "running", "done", "mine"):
        store.add(replace(PENDING, job_id=name))
    store.save(running(replace(PENDING, job_id="running")), durable=True)
    done = running(replace(PENDING, job_id="done")).evolve(status=JobStatus.COMPLETE)
    store.save(done, durable=True)
    catalog.begin_scan(job_id="running", folder=b"/v", recursive=True, started_at=1.0)
    for name in ("pending", "running", "done"):
        give_away(name, dead)
    other = Catalog(path)
    states = {state.job_id: state for state in other.job_store.states()}
    for name in ("pending", "running"):
        assert states[name].status is JobStatus.FAILED
        assert states[name].error == (
            "Interrupted: the process that ran it (pid 4000000) ended before it did."
        )
        assert states[name].finished_at is not None
    assert states["running"].seq == 2
    assert states["done"] == done
    assert states["mine"].status is JobStatus.PENDING
    assert other.scans()["status"].tolist() == ["failed"]
    other.close()


def test_whoever_asks_after_a_job_hears_that_its_process_died(
    store: CatalogJobStore, give_away: Any
) -> None:
    store.add(PENDING)
    give_away("a", replace(Owner.here(), pid=4_000_000, started="1"))
    state = store.load("a")
    assert state is not None
    assert state.status is JobStatus.FAILED
    assert store.states(status=JobStatus.PENDING) == []


def test_a_job_of_a_process_out_of_sight_is_given_time(
    store: CatalogJobStore, give_away: Any
) -> None:
    store.add(PENDING)
    store.save(running(heartbeat_at=1000.0), durable=False)
    give_away("a", replace(Owner.here(), namespace="1"))
    assert store.settle_orphans(1000.0 + SILENT_S) == 0
    assert store.settle_orphans(1001.0 + SILENT_S) == 1
    assert store.settle_orphans(9999.0 + SILENT_S) == 0
