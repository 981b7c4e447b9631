"""Several processes on one library, on files that come and go, while processes are killed.

Each has threads that scan overlapping folders, cancel, pause, read, fork, and open the file with
another SQLite. Some files are never touched: whatever happens, no row may call one missing. Others
are moved and deleted meanwhile. In the end all jobs have ended, and the rows are what the disk is.
"""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import threading
import time
from collections import Counter
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from random import Random

import apsw

from stoat_nb.library import Library
from stoat_nb.media.demo_clips import make_samples

PROCESS = Path(__file__).with_name("chaos_process.py")
FOLDERS = ("a", "a/b", "a/b/c", "a/d", "e", "e/f")
#: Deeds that a process does before it may be killed.
LEAST_DEEDS = 12
#: Seconds that a process stands still: shorter than a lease, and than SQLite waits for a lock.
STOP_S = 2.0
#: Seconds in which something must happen on the slowest machine.
PATIENCE_S = 300.0


@dataclass(slots=True)
class ChaosReport:
    """What was done, and what was found."""

    kills: int = 0
    stops: int = 0
    moves: int = 0
    looks: int = 0  #: How often the rows of untouched files were looked at meanwhile.
    submitted: int = 0
    deeds: Counter[str] = field(default_factory=Counter)
    ended: Counter[str] = field(default_factory=Counter)  #: Jobs by final status.
    breaches: list[str] = field(default_factory=list)


class Process:
    """One process of the chaos; a thread hears what it says."""

    def __init__(self, *arguments: str) -> None:
        self.lines: list[str] = []
        self._moved = threading.Condition()
        self._process = subprocess.Popen(
            [sys.executable, str(PROCESS), *arguments],
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            text=True,
            env={**os.environ, "PYTHONPATH": os.pathsep.join(sys.path)},
        )
        self._thread = threading.Thread(target=self._hear)
        self._thread.start()

    def _hear(self) -> None:
        assert self._process.stdout is not None
        for line in self._process.stdout:
            with self._moved:
                self.lines.append(line.rstrip("\n"))
                self._moved.notify_all()

    def wait_for(self, count: int) -> bool:
        """Return whether it said so many lines in time."""
        with self._moved:
            return self._moved.wait_for(lambda: len(self.lines) >= count, PATIENCE_S)

    def stand_still(self) -> None:
        self._process.send_signal(signal.SIGSTOP)
        time.sleep(STOP_S)
        self._process.send_signal(signal.SIGCONT)

    def kill(self) -> None:
        self._process.kill()
        self.end()

    def end(self) -> int:
        """Return its code when it has ended and all that it said was heard."""
        code = self._process.wait(PATIENCE_S)
        self._thread.join(PATIENCE_S)
        assert self._process.stdout is not None
        self._process.stdout.close()
        return code


class Tree:
    """Folders of real clips and broken files: some stay as they are, some come and go."""

    def __init__(self, root: Path, random: Random) -> None:
        self.root, self._random = root, random
        clips = [path for path in make_samples(root / "kept") if path.stat().st_size < 50_000]
        for folder in FOLDERS:
            (root / folder).mkdir(parents=True, exist_ok=True)
            for number, clip in enumerate(random.sample(clips, 3)):
                (root / folder / f"{number} {clip.name}").write_bytes(clip.read_bytes())
        self.untouched = {path for path in root.rglob("*") if path.is_file()}
        self._moving: list[Path] = []
        for number, clip in enumerate(clips[:4]):
            path = root / random.choice(FOLDERS) / f"moving {number}{clip.suffix}"
            path.write_bytes(clip.read_bytes() + bytes(number))
            self._moving.append(path)

    def change(self) -> None:
        """Move a file, or take it away and bring it back later."""
        at = self._random.randrange(len(self._moving))
        old = self._moving[at]
        new = self.root / self._random.choice(FOLDERS) / old.name
        hidden = self.root.parent / f"away {old.name}"
        if hidden.exists():
            hidden.rename(new)
        elif self._random.random() < 0.5:
            old.rename(new)
        else:
            old.rename(hidden)
            return
        self._moving[at] = new

    def files(self) -> set[Path]:
        return {path for path in self.root.rglob("*") if path.is_file()}


def chaos(
    base: Path, *, kills: int = 4, minutes: float = 0.0, seed: int = 0, processes: int = 2
) -> ChaosReport:
    """Let it come to ``kills`` kills, and go on for so many minutes at least."""
    random = Random(seed)
    report = ChaosReport()
    path, tree = base / "library.db", Tree(base / "videos", random)
    with Library(path) as library:
        library.scan(tree.root).result()
    numbers = iter(range(10**9))
    running = [_begin(path, tree, seed, next(numbers)) for _ in range(processes)]
    until = time.monotonic() + 60 * minutes
    try:
        while report.kills < kills or time.monotonic() < until:
            at = random.randrange(processes)
            if not running[at].wait_for(LEAST_DEEDS):
                report.breaches.append(f"a process stood still after {running[at].lines[-3:]}")
                break
            if random.random() < 0.3:
                running[at].stand_still()
                report.stops += 1
            tree.change()
            report.moves += 1
            _look(path, tree, report)
            running[at].kill()
            _count(running[at], report)
            report.kills += 1
            running[at] = _begin(path, tree, seed, next(numbers))
    finally:
        for process in running:
            process.kill()
            _count(process, report)
    _settle(path, tree, report)
    return report


def _begin(path: Path, tree: Tree, seed: int, number: int) -> Process:
    return Process(str(path), str(tree.root), f"{seed} {number}")


def _count(process: Process, report: ChaosReport) -> None:
    for line in process.lines:
        word, _, rest = line.partition(" ")
        if word == "did":
            report.deeds[rest] += 1
        report.submitted += word == "submitted"
        if word == "wrong":
            report.breaches.append(rest)


def _statuses(path: Path) -> dict[Path, str]:
    # By apsw in a process that has the library not open, as any other program would.
    with apsw.Connection(str(path), flags=apsw.SQLITE_OPEN_READONLY) as connection:
        connection.set_busy_timeout(15_000)
        rows = connection.execute("SELECT path, status FROM videos").fetchall()
    return {Path(str(name)): str(status) for name, status in rows}


def _look(path: Path, tree: Tree, report: ChaosReport) -> None:
    report.looks += 1
    for file, status in _statuses(path).items():
        if file in tree.untouched and status not in {"ok", "failed"}:
            report.breaches.append(f"{file} is there, and was called {status}")


def _settle(path: Path, tree: Tree, report: ChaosReport) -> None:
    """End all jobs, scan once more, and hold the rows against the disk."""
    last = Process(str(path), str(tree.root), "drain")
    with suppress(subprocess.TimeoutExpired):
        last.end()
    if last.lines != ["drained"]:
        report.breaches.append(f"jobs did not come to an end: {last.lines}")
    with Library(path) as library:
        library.scan(tree.root, mode="full").result()
        states = library.job_states(limit=None)
    report.ended.update(str(state.status) for state in states)
    report.breaches += [f"{one.job_id} is {one.status}" for one in states if not one.is_final]
    report.breaches += [
        f"{one.job_id} failed, though its process was never killed: {one.error}"
        for one in states
        if one.status == "failed" and not one.deaths
    ]
    statuses = _statuses(path)
    there = tree.files()
    for file in there:
        if statuses.get(file) not in {"ok", "failed"}:
            report.breaches.append(f"{file} is there, and is {statuses.get(file)}")
    for file in statuses.keys() - there:
        if statuses[file] != "missing":
            report.breaches.append(f"{file} is gone, and is {statuses[file]}")
    with apsw.Connection(str(path)) as connection:
        ((found,),) = connection.execute("PRAGMA integrity_check").fetchall()
    if found != "ok":
        report.breaches.append(f"integrity: {found}")
