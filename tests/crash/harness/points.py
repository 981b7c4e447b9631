"""Every point at which a process may die: once before each statement that a job's life takes.

A storm dies where chance has it; this dies everywhere, once. The statements of the connection that
writes are counted, from the making of the library to its closing, and in each run the process ends
itself before the next one. Another process then finishes what is left.
"""

from __future__ import annotations

import os
import subprocess
import sys
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import apsw

from harness.driver import drain, opened, say
from harness.ledger import Ledger, kept_in

#: How a process ends that ends itself here.
DIED = 99
SHORT_S = 0.1


@dataclass(slots=True)
class PointsReport:
    statements: int = 0  #: That one life takes.
    deaths: int = 0  #: Runs that ended before one of them.
    submitted: int = 0
    breaches: list[str] = field(default_factory=list)


def die_everywhere(folder: Path, *, every: int = 1) -> PointsReport:
    """Die before each statement, or before each n-th, and check the ledger each time."""
    report = PointsReport()
    whole = _live(folder / "whole.db", 0, Ledger(), 1)
    report.statements = int(whole.split()[-1])
    for point in range(1, report.statements + 1, every):
        _die_at(folder / f"{point}.db", point, report)
    return report


def _die_at(path: Path, point: int, report: PointsReport) -> None:
    ledger = Ledger()
    # The next life may be a statement shorter, if two of its jobs shared a commit.
    report.deaths += not _live(path, point, ledger, 1)
    ledger.gone[1] = 0.0
    _look(path, point, ledger, report, at_the_end=False)
    _live(path, 0, ledger, 2)
    _look(path, point, ledger, report, at_the_end=True)
    report.submitted += len(ledger.submitted)


def _live(path: Path, point: int, ledger: Ledger, number: int) -> str:
    """Run a process that dies at a point, 0 for none; return its last line, if it lived."""
    child = subprocess.run(
        [sys.executable, "-m", "harness.points", str(path), str(point)],
        cwd=Path(__file__).parents[1],
        stdout=subprocess.PIPE,
        text=True,
        check=False,
    )
    lines = child.stdout.splitlines()
    for line in lines:
        ledger.hear(number, line)
    assert child.returncode in {0, DIED}, f"a process ended with {child.returncode} at {point}"
    return "" if child.returncode else lines[-1]


def _look(
    path: Path, point: int, ledger: Ledger, report: PointsReport, *, at_the_end: bool
) -> None:
    if not path.exists():
        return  # it died before the library was made
    kept, integrity = kept_in(path)
    found = [*ledger.breaches(kept, at_the_end=at_the_end)]
    if integrity != "ok":
        found.append(integrity)
    report.breaches += [f"statement {point}: {breach}" for breach in found]


class _Counter:
    """Counts the statements of connections that may write, and ends the process before one."""

    def __init__(self, point: int) -> None:
        self.count = 0
        self._point = point

    def attend(self, connection: apsw.Connection) -> None:
        if not connection.readonly("main"):
            connection.exec_trace = self._step

    def _step(self, _cursor: apsw.Cursor, _sql: str, _bindings: Any) -> bool:
        self.count += 1
        if self.count == self._point:
            os._exit(DIED)
        return True


def main() -> None:
    """``points LIBRARY POINT``: one life, of jobs of every kind."""
    path, point = Path(sys.argv[1]), int(sys.argv[2])
    counter = _Counter(point)
    apsw.connection_hooks.append(counter.attend)
    library = opened(path)
    for kind, payload in (
        ("quick", {"n": 1}),
        ("failing", {"n": 2}),
        ("slow", {"n": 3, "seconds": SHORT_S}),
        ("slow", {"n": 4, "seconds": SHORT_S}),
    ):
        job = library.submit(kind, payload)
        say("submitted", job.id)
        if payload["n"] == 3 and job.pause():
            job.resume()
    if job.cancel():
        say("cancelled", job.id, job.state.attempt)
    drain(library)
    library.close()
    say("statements", counter.count)


if __name__ == "__main__":
    main()
