"""Jobs as rows: what the queue writes down, and what becomes of jobs whose process died."""

from __future__ import annotations

import json
import time
from collections.abc import Mapping
from dataclasses import asdict
from typing import Any

import apsw

from stoat_nb.catalog.database import Database, fetch
from stoat_nb.catalog.owner import Owner
from stoat_nb.catalog.values import as_cell, as_stored_text
from stoat_nb.errors import JobAlreadyFinal, JobError, UnknownJob
from stoat_nb.jobs.state import JobState, JobStatus, Progress
from stoat_nb.names import shown

#: A process that cannot be seen, as in another container, is taken for dead after such a silence.
SILENT_S = 600.0

_FIELDS = (
    "id",
    "type",
    "status",
    "payload",
    "progress",
    "result",
    "error",
    "submitted_at",
    "started_at",
    "finished_at",
    "heartbeat_at",
    "timeout_s",
    "attempt",
    "cancel_requested",
    "seq",
)
_LIVE = "status IN ('pending', 'running')"
_SELECT = f"SELECT {', '.join(_FIELDS)}, owner FROM jobs"  # noqa: S608 - of our own words alone
_INSERT = (
    f"INSERT INTO jobs ({', '.join(_FIELDS)}, owner) "  # noqa: S608 - of our own words alone
    f"VALUES ({', '.join(f':{name}' for name in _FIELDS)}, :owner)"
)
_UPDATE = (
    f"UPDATE jobs SET {', '.join(f'{name} = :{name}' for name in _FIELDS)} "  # noqa: S608 - of our own words alone
    "WHERE id = :id AND seq < :seq"
)


class CatalogJobStore:
    """Keeps jobs in the library's file. Blocking; any thread, any number of processes."""

    def __init__(self, database: Database) -> None:
        self._database = database
        self._owner = Owner.here()

    def add(self, state: JobState) -> None:
        """Write a new job down; it is durable when this returns."""
        row = {**_row(state), "owner": str(self._owner)}
        self._database.write(lambda connection: fetch(connection, _INSERT, row), durable=True)

    def save(self, state: JobState, *, durable: bool) -> None:
        """Write a newer snapshot down; an older one is ignored. A final status is never changed."""
        row = _row(state)

        def update(connection: apsw.Connection) -> None:
            kept = fetch(connection, "SELECT status, seq FROM jobs WHERE id = ?", (state.job_id,))
            if not kept:
                raise UnknownJob(state.job_id)
            status, seq = kept[0]
            if state.seq > seq and JobStatus(status).is_final and status != state.status:
                raise JobAlreadyFinal(state.job_id, status)
            connection.execute(_UPDATE, row)

        self._database.write(update, durable=durable)

    def load(self, job_id: str) -> JobState | None:
        """Return the newest snapshot, or None if there is no such job."""
        states = self._states("WHERE id = ?", (as_stored_text(job_id),))
        return states[0] if states else None

    def states(
        self,
        *,
        status: JobStatus | None = None,
        job_type: str | None = None,
        limit: int | None = None,
    ) -> list[JobState]:
        """Return snapshots, newest submitted first."""
        wanted = {"status": status, "type": job_type}
        given = {name: as_stored_text(value) for name, value in wanted.items() if value is not None}
        where = " AND ".join(f"{name} = ?" for name in given)
        return self._states(
            f"{'WHERE ' if where else ''}{where} ORDER BY submitted_at DESC, rowid DESC LIMIT ?",
            (*given.values(), -1 if limit is None else limit),
        )

    def owned_here(self, job_id: str) -> bool:
        """Whether this process submitted the job."""
        rows = self._database.read(
            lambda connection: fetch(
                connection, "SELECT owner FROM jobs WHERE id = ?", (as_stored_text(job_id),)
            )
        )
        return bool(rows) and rows[0][0] == str(self._owner)

    def settle_orphans(self, at: float) -> int:
        """Give jobs whose process died a final status; return how many there were."""

        def settle(connection: apsw.Connection) -> int:
            rows = fetch(connection, f"{_SELECT} WHERE {_LIVE}")
            orphans = [row for row in rows if self._is_orphan(row, at)]
            for row in orphans:
                _settle(connection, row[0], Owner.parse(row[-1]), at)
            return len(orphans)

        return self._database.write(settle, durable=True)

    def _states(self, clauses: str, bindings: tuple[Any, ...]) -> list[JobState]:
        def select(connection: apsw.Connection) -> list[Any]:
            return fetch(connection, f"{_SELECT} {clauses}", bindings)

        rows, now = self._database.read(select), time.time()
        if any(self._is_orphan(row, now) for row in rows):
            # Whoever waits for it here must not wait for a process that is no more.
            self.settle_orphans(now)
            rows = self._database.read(select)
        return [_state(row) for row in rows]

    def _is_orphan(self, row: tuple[Any, ...], at: float) -> bool:
        job = dict(zip((*_FIELDS, "owner"), row, strict=True))
        if JobStatus(job["status"]).is_final or job["owner"] == str(self._owner):
            return False
        lives = Owner.parse(job["owner"]).lives
        if lives is None:
            return bool(at - max(job["submitted_at"], job["heartbeat_at"] or 0.0) > SILENT_S)
        return lives is False


def _settle(connection: apsw.Connection, job_id: str, owner: Owner, at: float) -> None:
    connection.execute(
        "UPDATE jobs SET status = 'failed', finished_at = ?, seq = seq + 1, error = ? WHERE id = ?",
        (
            at,
            f"Interrupted: the process that ran it (pid {owner.pid}) ended before it did.",
            job_id,
        ),
    )
    connection.execute(
        "UPDATE scans SET status = 'failed', finished_at = ? "
        "WHERE job_id = ? AND status = 'running'",
        (at, job_id),
    )


def _row(state: JobState) -> Mapping[str, Any]:
    return {
        "id": state.job_id,
        "type": as_stored_text(state.job_type),
        "status": str(state.status),
        "payload": _json(state, dict(state.payload)),
        "progress": _json(state, asdict(state.progress)),
        "result": None if state.result is None else _json(state, state.result),
        "error": as_cell(state.error),
        "submitted_at": state.submitted_at,
        "started_at": state.started_at,
        "finished_at": state.finished_at,
        "heartbeat_at": state.heartbeat_at,
        "timeout_s": state.timeout_s,
        "attempt": state.attempt,
        "cancel_requested": int(state.cancel_requested),
        "seq": state.seq,
    }


def _json(state: JobState, value: Any) -> str:
    try:
        return json.dumps(value, allow_nan=False)
    except (TypeError, ValueError) as problem:
        raise JobError(
            f"Job '{shown(state.job_id)}' holds something that is not JSON: {shown(problem)}. "
            "Use text, numbers, lists and objects with text for names."
        ) from problem


def _state(row: tuple[Any, ...]) -> JobState:
    kept = dict(zip(_FIELDS, row, strict=False))
    progress = json.loads(kept["progress"])
    job_id, job_type = kept.pop("id"), kept.pop("type")
    return JobState(
        **{
            **kept,
            "status": JobStatus(kept["status"]),
            "payload": json.loads(kept["payload"]),
            "progress": Progress(**{**progress, "current": tuple(progress["current"])}),
            "result": None if kept["result"] is None else json.loads(kept["result"]),
            "cancel_requested": bool(kept["cancel_requested"]),
            "job_id": job_id,
            "job_type": job_type,
        }
    )
