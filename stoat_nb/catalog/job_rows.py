"""A job's snapshot as a row, and back."""

from __future__ import annotations

import functools
import json
from collections.abc import Mapping
from typing import Any, Final

import apsw

from stoat_nb.catalog.owner import Owner
from stoat_nb.catalog.values import as_cell, as_integer, as_stored_text
from stoat_nb.jobs.state import NO_PROGRESS, JobState, JobStatus, Progress
from stoat_nb.names import shown

# Payloads and results were checked at the door; of progress nothing may keep a job from ending.
# Made once: json.dumps makes one for each call that asks for anything of its own.
_ENCODER: Final = json.JSONEncoder(default=shown)
#: What a snapshot and a row have in common, under the row's names.
FIELDS: Final = (
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
    "deaths",
    "max_deaths",
    "cancel_requested",
    "pause_requested",
    "paused",
    "priority",
    "retry_of",
    "seq",
    "lock",
    "waits_for",
)
#: Selects what ``state_of`` reads, and who runs it as ``Lease.of`` reads it.
SELECT: Final = (
    f"SELECT {', '.join(f'jobs.{name}' for name in FIELDS)}, "  # noqa: S608 - of our own words alone
    "jobs.worker_id, workers.owner, workers.beat_at "
    "FROM jobs LEFT JOIN workers ON workers.id = jobs.worker_id"
)
#: What a job has from its submission on; all else begins as the table says.
NEW_FIELDS: Final = (
    "id",
    "type",
    "status",
    "payload",
    "error",
    "submitted_at",
    "finished_at",
    "timeout_s",
    "max_deaths",
    "priority",
    "retry_of",
    "seq",
    "lock",
)
#: ``FIELDS`` as a snapshot calls them.
_STATE_FIELDS: Final = ("job_id", "job_type", *FIELDS[2:])
_PROGRESS = Progress.__struct_fields__


def row_of(state: JobState) -> Mapping[str, Any]:
    """Return a snapshot as what is written of it."""
    return {
        "id": state.job_id,
        "type": as_stored_text(state.job_type),
        "status": state.status.value,
        "payload": _json(dict(state.payload)),
        "progress": _progress_json(state.progress),
        "result": None if state.result is None else _json(state.result),
        "error": as_cell(state.error),
        "submitted_at": state.submitted_at,
        "started_at": state.started_at,
        "finished_at": state.finished_at,
        "heartbeat_at": state.heartbeat_at,
        "timeout_s": as_cell(state.timeout_s),
        "attempt": state.attempt,
        "deaths": state.deaths,
        "max_deaths": state.max_deaths,
        "cancel_requested": int(state.cancel_requested),
        "pause_requested": int(state.pause_requested),
        "paused": int(state.paused),
        "priority": as_integer(state.priority),
        "retry_of": as_cell(state.retry_of),
        "seq": state.seq,
    }


def new_row_of(state: JobState) -> tuple[Any, ...]:
    """Return a new job as what is written of it, in the order of ``NEW_FIELDS``."""
    return (
        state.job_id,
        as_stored_text(state.job_type),
        state.status.value,
        _json(dict(state.payload)),
        None if state.error is None else as_cell(state.error),
        state.submitted_at,
        state.finished_at,
        None if state.timeout_s is None else as_cell(state.timeout_s),
        state.max_deaths,
        as_integer(state.priority),
        None if state.retry_of is None else as_cell(state.retry_of),
        state.seq,
        None if state.lock is None else as_stored_text(state.lock),
    )


def state_of(row: tuple[Any, ...]) -> JobState:
    """Return the snapshot a row of ``SELECT`` holds; what no job is written as is damage."""
    try:
        return _state_of(row)
    except (AttributeError, KeyError, TypeError, ValueError) as problem:
        raise apsw.CorruptError(f"a row of the jobs holds no job: {problem}") from problem


def _state_of(row: tuple[Any, ...]) -> JobState:
    kept = dict(zip(_STATE_FIELDS, row, strict=False))
    waits = kept["status"] == "pending" and not kept["paused"]
    owner, result = row[len(FIELDS) + 1], kept["result"]
    return JobState(
        **kept
        | {
            "status": JobStatus(kept["status"]),
            "payload": json.loads(kept["payload"]),
            "progress": _progress(kept["progress"]),
            "result": None if result is None else json.loads(result),
            "cancel_requested": bool(kept["cancel_requested"]),
            "pause_requested": bool(kept["pause_requested"]),
            "paused": bool(kept["paused"]),
            "waits_for": kept["waits_for"] if waits else None,
            "worker": None if owner is None else _process(owner),
        },
    )


@functools.lru_cache(maxsize=64)
def _process(owner: str) -> str:
    return f"pid {Owner.parse(owner).pid}"


def _progress_json(progress: Progress) -> str | None:
    if progress is NO_PROGRESS or progress == NO_PROGRESS:
        return None
    values = ((name, getattr(progress, name)) for name in _PROGRESS)
    return _json({name: value for name, value in values if value != getattr(NO_PROGRESS, name)})


def _progress(text: str | None) -> Progress:
    if text is None:
        return NO_PROGRESS
    kept = json.loads(text)
    return Progress(**{**kept, "current": tuple(kept.get("current", ()))})


def _json(value: Any) -> str:
    return _ENCODER.encode(value)
