"""What runs of an analysis write down: which files are to be looked at, and what came of them."""

from __future__ import annotations

import json
import os
import time
from array import array
from collections.abc import Mapping, Sequence
from typing import Any

import apsw
from msgspec import Struct

from stoat_nb.catalog.analyses import N_ROWS, Analysis, AnalysisColumn, analyses
from stoat_nb.catalog.analysis_columns import Cell, GrowingTable, Misfit
from stoat_nb.catalog.columns import TABLES
from stoat_nb.catalog.database import Database, fetch
from stoat_nb.catalog.rows import as_objects
from stoat_nb.catalog.values import as_stored_text
from stoat_nb.errors import JobTakenOver, StoatError

_KNOWN = ("video_id", "path", "size_bytes", "mtime_ns", "duration_s")
#: Of these the file itself is not the reason: each run looks again.
PASSING = ("vanished", "changed")
_FILES = (
    "SELECT v.id, f.path, v.name, v.real_path, v.size_bytes, v.mtime_ns, v.duration_s "
    "FROM json_each(?) j JOIN videos v ON v.id = j.value JOIN folders f ON f.id = v.folder_id"
)
_DONE = (
    "a.version = :version AND a.size_bytes = v.size_bytes AND a.mtime_ns = v.mtime_ns "
    "AND (a.job = :job OR (NOT :all AND (a.error_class IS NULL OR (NOT :retry "
    f"AND a.error_class NOT IN {PASSING}))))"
)
_TODO = (
    "SELECT v.id FROM videos v LEFT JOIN results a ON a.analysis_id = :id AND a.video_id = v.id "  # noqa: S608 - of our own words alone
    f"WHERE v.status = 'ok' AND NOT coalesce({_DONE}, 0)"
)


class Run(Struct, frozen=True, kw_only=True):
    """One attempt of a job that runs an analysis."""

    name: str
    version: str
    function: str  #: The hash of what is run.
    code: str  #: The hash of what it does, as far as that can be told.
    job_id: str
    attempt: int
    everything: bool = False  #: Whether what is fresh is done again, too.
    retry_failed: bool = False


class Begun(Struct, frozen=True, kw_only=True):
    """What a run finds."""

    ids: array[int]  #: The videos to look at.
    n_before: int  #: What earlier attempts of the job did of it.
    n_failed_before: int
    n_earlier_code: int  #: Answers of this version by other code.


class Problem(Struct, frozen=True):
    """Why there is no answer."""

    error_class: str
    error_type: str
    error: str
    line: str = ""


class FileAnswer(Struct, frozen=True):
    """What came of one file."""

    video_id: int
    size_bytes: int
    mtime_ns: int
    elapsed_s: float
    cells: Mapping[str, Cell] = {}
    rows: Sequence[Mapping[str, Cell]] | None = None
    problem: Problem | None = None


class AnalysisResults:
    """Runs of analyses, written to a catalog. Blocking."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def keep_function(self, key: str, pickled: bytes, seal: str) -> None:
        """Write down a function by its hash, if it is not there yet."""
        self._database.write(
            lambda connection: fetch(
                connection,
                "INSERT INTO functions VALUES (?, ?, ?, ?) "
                "ON CONFLICT DO UPDATE SET seal = excluded.seal",
                (key, pickled, seal, time.time()),
            )
        )

    def seal_of(self, key: str) -> str | None:
        """Return the seal of a function; None if it is not there."""
        rows = self._database.read(
            lambda one: fetch(one, "SELECT seal FROM functions WHERE hash = ?", (key,))
        )
        return str(rows[0][0]) if rows else None

    def known(self) -> dict[str, Analysis]:
        """Return all analyses by their names."""
        return self._database.read(analyses)

    def begin(
        self,
        run: Run,
        *,
        source: str | None,
        stated: Mapping[str, AnalysisColumn],
        chosen: Sequence[int] | None,
    ) -> Begun:
        """Write down that an analysis is run, and return what is to be looked at.

        ``chosen`` are the videos that it is asked of; None: all of them.
        """

        def write(connection: apsw.Connection) -> Begun:
            job = _job_number(connection, run)
            connection.execute(
                "INSERT INTO analyses (name, version, function, code, source, made_at) "
                "VALUES (?, ?, ?, ?, ?, ?) ON CONFLICT (name) DO UPDATE SET "
                "version = excluded.version, function = excluded.function, "
                "code = excluded.code, source = excluded.source, revision = revision + 1",
                (run.name, run.version, run.function, run.code, source, time.time()),
            )
            _forget_functions(connection)
            one = analyses(connection)[run.name]
            values = _values(connection, one, run.version)
            if stated:
                try:
                    values.state(stated)
                except Misfit as problem:
                    raise StoatError(f"columns= does not fit '{run.name}': {problem}") from None
            _rows(connection, one, run.version)
            _keep(connection, one, values, None)
            return _begun(connection, run, one, job, chosen)

        return self._database.write(write)

    def files(self, ids: Sequence[int], *, with_facts: bool) -> list[dict[str, Any]]:
        """Return where files are, and as what they are known; with all their facts if asked."""

        def read(connection: apsw.Connection) -> list[dict[str, Any]]:
            found = [_file(*row) for row in fetch(connection, _FILES, (json.dumps(list(ids)),))]
            if with_facts:
                table = TABLES["videos"]
                sql = f"{table.select} WHERE v.id IN (SELECT value FROM json_each(?))"  # noqa: S608 - of our own words alone
                rows = as_objects(table, fetch(connection, sql, (json.dumps(list(ids)),)))
                facts = {row["video_id"]: row for row in rows}
                for one in found:
                    one["facts"] = facts[one["video_id"]]
            return found

        return self._database.read(read)

    def record(self, run: Run, answers: Sequence[FileAnswer]) -> list[Problem | None]:
        """Write down what came of files; return why there is no answer, of each."""

        def write(connection: apsw.Connection) -> list[Problem | None]:
            job = _job_number(connection, run)
            one = analyses(connection)[run.name]
            values = _values(connection, one, run.version)
            rows = _rows(connection, one, run.version)
            told = [_fitted(answer, values, rows) for answer in answers]
            there = _existing(connection, [answer.video_id for answer in answers])
            pairs = [pair for pair in zip(answers, told, strict=True) if pair[0].video_id in there]
            _put(connection, one, run, job, pairs)
            good = [answer for answer, problem in pairs if problem is None]
            values.put(["video_id"], [((answer.video_id,), _cells(answer)) for answer in good])
            rows.put(
                ["video_id", "n"],
                [
                    ((answer.video_id, n), cells)
                    for answer in good
                    for n, cells in enumerate(answer.rows or ())
                ],
            )
            _keep(connection, one, values, rows)
            return told

        return self._database.write(write)

    def forget(self, name: str) -> None:
        """Remove an analysis with all its answers."""

        def write(connection: apsw.Connection) -> None:
            one = analyses(connection)[name]
            for kind in ("result", "rows"):
                connection.execute(f"DROP TABLE IF EXISTS {kind}_{one.id}")
            connection.execute("DELETE FROM analyses WHERE id = ?", (one.id,))
            _forget_functions(connection)

        self._database.write(write)


def _file(video_id: int, folder: bytes, name: bytes, real: bytes | None, *rest: Any) -> Any:
    path = os.fsdecode(real or folder.rstrip(b"/") + b"/" + name)
    return dict(zip(_KNOWN, (video_id, path, *rest), strict=True))


def _job_number(connection: apsw.Connection, run: Run) -> int:
    """Return the number of a job, but for no attempt that is no more: taken over, or ended."""
    sql = "SELECT number FROM jobs WHERE id = ? AND status = 'running' AND attempt = ?"
    rows = fetch(connection, sql, (run.job_id, run.attempt))
    if not rows:
        raise JobTakenOver(f"The map '{run.name}'")
    return int(rows[0][0])


def _forget_functions(connection: apsw.Connection) -> None:
    """Remove functions that no analysis has and no job waits for."""
    connection.execute(
        "DELETE FROM functions WHERE hash NOT IN (SELECT function FROM analyses) "
        "AND hash NOT IN (SELECT coalesce(json_extract(payload, '$.function'), '') FROM jobs "
        "WHERE type = 'map' AND status IN ('pending', 'running'))"
    )


def _begun(
    connection: apsw.Connection, run: Run, one: Analysis, job: int, chosen: Sequence[int] | None
) -> Begun:
    given: dict[str, Any] = {
        "id": one.id,
        "version": run.version,
        "job": job,
        "all": run.everything,
        "retry": run.retry_failed,
    }
    sql = _TODO
    if chosen is not None:
        sql += " AND v.id IN (SELECT value FROM json_each(:chosen))"
        given["chosen"] = json.dumps(list(chosen))
    ids = array(
        "q", (video_id for (video_id,) in connection.execute(f"{sql} ORDER BY v.id", given))
    )
    ((before, failed),) = fetch(
        connection,
        "SELECT count(*), count(error_class) FROM results WHERE analysis_id = ? AND job = ?",
        (one.id, job),
    )
    ((earlier,),) = fetch(
        connection,
        "SELECT count(*) FROM results WHERE analysis_id = ? AND version = ? AND code <> ?",
        (one.id, run.version, run.code),
    )
    return Begun(ids=ids, n_before=before, n_failed_before=failed, n_earlier_code=earlier)


def _values(connection: apsw.Connection, one: Analysis, version: str) -> GrowingTable:
    body = "(video_id INTEGER PRIMARY KEY REFERENCES videos (id) ON DELETE CASCADE) STRICT"
    return GrowingTable(connection, f"result_{one.id}", one.columns, version, body=body)


def _rows(connection: apsw.Connection, one: Analysis, version: str) -> GrowingTable:
    body = (
        "(video_id INTEGER NOT NULL REFERENCES videos (id) ON DELETE CASCADE, n INTEGER NOT NULL, "
        "PRIMARY KEY (video_id, n)) STRICT, WITHOUT ROWID"
    )
    name = f"rows_{one.id}"
    return GrowingTable(connection, name, one.row_columns, version, body=body, own="n")


def _fitted(answer: FileAnswer, values: GrowingTable, rows: GrowingTable) -> Problem | None:
    if answer.problem is not None:
        return answer.problem
    try:
        values.fit([answer.cells])
        rows.fit(answer.rows or ())
    except Misfit as problem:
        return Problem("type", "TypeError", str(problem))
    if answer.rows is not None:
        values.count_rows()
    return None


def _cells(answer: FileAnswer) -> Mapping[str, Cell]:
    return answer.cells if answer.rows is None else {N_ROWS: ("Int64", len(answer.rows))}


def _existing(connection: apsw.Connection, ids: Sequence[int]) -> set[int]:
    """Return which rows are still there: some may have been forgotten meanwhile."""
    sql = "SELECT id FROM videos WHERE id IN (SELECT value FROM json_each(?))"
    return {video_id for (video_id,) in fetch(connection, sql, (json.dumps(list(ids)),))}


def _put(
    connection: apsw.Connection,
    one: Analysis,
    run: Run,
    job: int,
    pairs: Sequence[tuple[FileAnswer, Problem | None]],
) -> None:
    now = time.time()
    none = (None,) * 4
    connection.executemany(
        f"INSERT OR REPLACE INTO results VALUES ({', '.join('?' * 13)})",  # noqa: S608 - marks alone
        [
            (
                *(one.id, answer.video_id, run.version, run.code, answer.size_bytes),
                *(answer.mtime_ns, job, now, answer.elapsed_s),
                *(none if problem is None else map(as_stored_text, _said(problem))),
            )
            for answer, problem in pairs
        ],
    ).fetchall()
    # The old answer of a file that is away for a while is still the answer.
    gone = [
        (answer.video_id,)
        for answer, problem in pairs
        if problem is None or problem.error_class not in PASSING
    ]
    for kind in ("result", "rows"):
        sql = f"DELETE FROM {kind}_{one.id} WHERE video_id = ?"  # noqa: S608 - a number of ours
        connection.executemany(sql, gone).fetchall()


def _said(problem: Problem) -> tuple[str, ...]:
    return problem.error_class, problem.error_type, problem.error, problem.line


def _keep(
    connection: apsw.Connection, one: Analysis, values: GrowingTable, rows: GrowingTable | None
) -> None:
    connection.execute(
        "UPDATE analyses SET revision = revision + 1, columns = ?, "
        "row_columns = coalesce(?, row_columns) WHERE id = ?",
        (values.json(), None if rows is None else rows.json(), one.id),
    )
