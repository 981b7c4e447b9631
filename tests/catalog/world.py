"""A machine of several processes that share one library, as tests have them live and die."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from stoat_nb.catalog.database import Database, fetch
from stoat_nb.catalog.jobs import CatalogJobStore
from stoat_nb.catalog.owner import Owner
from stoat_nb.catalog.workers import Surroundings
from stoat_nb.jobs.state import JobState, JobStatus
from stoat_nb.jobs.store import Claim, Errand, Interest, Reply

EVERYTHING = Interest(everything=True)


class World:
    """A machine on which processes have one library open; they die, and time goes by, when told."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self.now, self.ticks = 1_000_000.0, 50.0
        self.dead: set[int] = set()
        self.out_of_sight: set[int] = set()
        self.boot = "boot 1"
        self.databases: list[Database] = []

    def lives(self, owner: Owner) -> bool | None:
        if owner.boot != self.boot:
            return False
        return None if owner.pid in self.out_of_sight else owner.pid not in self.dead

    def process(self, pid: int) -> CatalogJobStore:
        """Return the store of another process, with a file opened by itself."""
        owner = Owner(boot=self.boot, namespace="1", pid=pid, started="1")
        around = Surroundings(
            owner=owner, now=lambda: self.now, ticks=lambda: self.ticks, lives=self.lives
        )
        self.databases.append(Database(self.path))
        return CatalogJobStore(self.databases[-1], around=around)

    def pass_by(self, seconds: float) -> None:
        self.now += seconds
        self.ticks += seconds

    def rows(self, sql: str, *bindings: Any) -> list[Any]:
        return self.databases[0].read(lambda connection: fetch(connection, sql, bindings))


def submit(store: CatalogJobStore, *names: str, job_type: str = "scan", **facts: Any) -> None:
    states = [
        JobState(**{"job_id": name, "job_type": job_type, "submitted_at": 10.0, **facts})
        for name in names
    ]
    store.exchange(Errand(submits=states))


def claim(store: CatalogJobStore, count: int = 1, **types: int | None) -> list[JobState]:
    return store.exchange(Errand(claim=Claim(count, types or {"scan": None}))).claimed


def save(store: CatalogJobStore, *states: JobState) -> Reply:
    return store.exchange(Errand(saves=list(states)))


def load(store: CatalogJobStore, name: str = "a") -> JobState:
    state = store.load(name)
    assert state is not None
    return state


def names(states: list[JobState]) -> list[str]:
    return [state.job_id for state in states]


def end(state: JobState, **facts: Any) -> JobState:
    return state.evolve(**{"status": JobStatus.COMPLETE, "finished_at": 12.0, **facts})
