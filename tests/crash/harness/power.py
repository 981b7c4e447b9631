"""Power cuts: a real library is at work, and the disk it leaves is cut off anywhere.

One recording serves any number of cuts. What was promised before a cut must be there after it: the
library itself, every job whose submit had returned, and every end of a job that anybody had heard.
"""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from random import Random
from tempfile import mkdtemp
from typing import Any, Self

import apsw

from harness.disk import Disk, Event, Sync, Told
from harness.recorder import recording
from stoat_nb.catalog.catalog import Catalog
from stoat_nb.errors import StoatError
from stoat_nb.jobs.context import JobContext
from stoat_nb.jobs.job import Job
from stoat_nb.jobs.state import JobState
from stoat_nb.library import Library
from stoat_nb.settings import Settings

NAME = "library.db"
#: Pages in the log before it is folded into the file: few, so that many cuts fall into that.
CHECKPOINT_PAGES = 40
#: The library is closed and opened again so often: the log is deleted and made anew.
SESSIONS = 3
SUBMITTERS = 6


@dataclass(frozen=True, slots=True)
class Opened:
    """The library was made."""


@dataclass(frozen=True, slots=True)
class Submitted:
    job_id: str


@dataclass(frozen=True, slots=True)
class Ended:
    job_id: str
    status: str
    result: str  #: As JSON, which is what is kept of it.

    @classmethod
    def of(cls, state: JobState) -> Self:
        return cls(state.job_id, str(state.status), json.dumps(state.result))


@dataclass(slots=True)
class Promises:
    """What had been promised up to some point."""

    opened: bool = False
    submitted: set[str] = field(default_factory=set)
    ended: dict[str, Ended] = field(default_factory=dict)

    def hear(self, fact: Any) -> None:
        match fact:
            case Opened():
                self.opened = True
            case Submitted():
                self.submitted.add(fact.job_id)
            case Ended():
                self.ended[fact.job_id] = fact


@dataclass(slots=True)
class CutReport:
    """What was found after all cuts."""

    cuts: int = 0
    promised: int = 0  #: Submits and ends promised before the cuts, added up.
    lost: int = 0  #: Jobs that were not there, or had not ended as was said.
    cuts_with_loss: int = 0
    broken: list[str] = field(default_factory=list)  #: Files that did not open or were damaged.


def cut_power(
    folder: Path, *, cuts: int, seed: int, jobs: int = 240, synchronous: str | None = None
) -> CutReport:
    """Record one busy library and cut its power at random points.

    ``synchronous`` overrides what the library asks of SQLite, as a control: with ``NORMAL`` this
    must find losses.
    """
    events = record(folder / "recorded", seed=seed, jobs=jobs, synchronous=synchronous)
    return replay(events, folder / "cut", cuts=cuts, seed=seed)


def record(
    folder: Path, *, seed: int, jobs: int, synchronous: str | None = None
) -> Sequence[Event]:
    """Let a library work, and return what that did to its disk and what was promised when."""
    folder.mkdir()
    with every_connection(prepared(synchronous)), recording() as events:
        for session in range(SESSIONS):
            _record_session(folder, events, f"{seed}/{session}", jobs // SESSIONS)
    return events


def replay(events: Sequence[Event], folder: Path, *, cuts: int, seed: int) -> CutReport:
    """Cut the recording off at random points and look at what each leaves."""
    random = Random(seed)
    points = sorted(random.randint(0, len(events)) for _ in range(cuts))
    report, disk, promises, done = CutReport(cuts=cuts), Disk(), Promises(), 0
    for number, point in enumerate(points):
        for event in events[done:point]:
            disk.take(event)
            if isinstance(event, Told):
                promises.hear(event.fact)
        done = point
        look(folder / str(number), disk.survivors(random), promises, report)
    return report


def without_syncs(events: Sequence[Event]) -> list[Event]:
    """The same on a disk that only says it has synced, as a control of the control."""
    return [event for event in events if not isinstance(event, Sync)]


# -- what is recorded ------------------------------------------------------------------------------


class _Session:
    """One opening of the library: jobs from several threads at once, real scans among them."""

    def __init__(self, folder: Path, events: list[Event], seed: str) -> None:
        self._folder = folder
        self._events = events
        self._random = Random(seed)
        self._n_scans = 0

    def work(self, library: Library, jobs: int) -> None:
        """Submit so many jobs, and wait until each has ended."""
        kinds = self._random.choices(("quick", "failing", "scan"), (6, 2, 1), k=jobs)
        with ThreadPoolExecutor(SUBMITTERS) as threads:
            for job in list(threads.map(lambda kind: self._submit(library, kind), kinds)):
                job.wait()

    def hear(self, state: JobState) -> None:
        if state.is_final:
            self._events.append(Told(Ended.of(state)))

    def _submit(self, library: Library, kind: str) -> Job[Any]:
        if kind == "scan":
            job: Job[Any] = library.scan(self._new_files())
        else:
            job = library.submit(kind, {"text": "x" * 200})
        self._events.append(Told(Submitted(job.id)))
        return job

    def _new_files(self) -> Path:
        """Make files that look like videos and are none: a scan writes rows that may be lost."""
        folder = Path(mkdtemp(dir=self._folder))
        for number in range(8):
            (folder / f"{number}.mp4").write_bytes(b"no video")
        return folder


def _record_session(folder: Path, events: list[Event], seed: str, jobs: int) -> None:
    session = _Session(folder, events, seed)
    with Library(folder / NAME, settings=Settings(probe_workers=1)) as library:
        events.append(Told(Opened()))
        library.subscribe(session.hear)
        library.register_handler("quick", _quick)
        library.register_handler("failing", _failing)
        session.work(library, jobs)


async def _quick(context: JobContext) -> Any:
    context.report(done=1, total=1)
    return {"length": len(context.payload["text"])}


async def _failing(context: JobContext) -> Any:
    raise ValueError(f"{len(context.payload['text'])} is too long")


def prepared(synchronous: str | None) -> Callable[[apsw.Connection], None]:
    """Return what sets up a connection, and keeps it from setting ``synchronous`` otherwise."""

    def prepare(connection: apsw.Connection) -> None:
        connection.wal_autocheckpoint(CHECKPOINT_PAGES)
        if synchronous is not None:
            connection.execute(f"PRAGMA synchronous = {synchronous}")
            connection.authorizer = _keep_synchronous

    return prepare


def _keep_synchronous(
    action: int, name: str | None, value: str | None, _database: str | None, _by: str | None
) -> int:
    """Let every later ``PRAGMA synchronous`` pass without effect."""
    meant = action == apsw.SQLITE_PRAGMA and name == "synchronous" and value is not None
    return apsw.SQLITE_IGNORE if meant else apsw.SQLITE_OK


@contextmanager
def every_connection(hook: Callable[[apsw.Connection], None]) -> Iterator[None]:
    """Set up every connection that is opened meanwhile."""
    apsw.connection_hooks.append(hook)
    try:
        yield
    finally:
        apsw.connection_hooks.remove(hook)


# -- what is found ---------------------------------------------------------------------------------


def look(folder: Path, left: Mapping[str, bytes], promises: Promises, report: CutReport) -> None:
    """Open what a cut left as anybody would, and compare it with what was promised."""
    report.promised += len(promises.submitted) + len(promises.ended)
    folder.mkdir(parents=True)
    for name, data in left.items():
        (folder / name).write_bytes(data)
    try:
        kept, integrity = found_in(folder / NAME)
    except (StoatError, apsw.Error) as problem:
        report.broken.append(f"cut {folder.name}: {problem}")
        return
    finally:
        shutil.rmtree(folder)
    if integrity != "ok":
        report.broken.append(f"cut {folder.name}: {integrity}")
    missing = [job_id for job_id in promises.submitted if job_id not in kept]
    changed = [ended for ended in promises.ended.values() if kept.get(ended.job_id) != ended]
    lost = {*missing, *(ended.job_id for ended in changed)}
    report.lost += len(lost)
    report.cuts_with_loss += bool(lost)


def found_in(path: Path) -> tuple[dict[str, Ended], str]:
    catalog = Catalog(path)
    try:
        states = catalog.job_store.states()
    finally:
        catalog.close()
    connection = apsw.Connection(str(path), flags=apsw.SQLITE_OPEN_READONLY)
    try:
        ((integrity, *_), *_) = connection.execute("PRAGMA integrity_check").fetchall()
    finally:
        connection.close()
    return {state.job_id: Ended.of(state) for state in states}, str(integrity)
