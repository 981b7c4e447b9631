"""A storm of kill -9: two processes on one library, of which one or both die again and again."""

from __future__ import annotations

import os
import selectors
import signal
import subprocess
import sys
import time
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from random import Random

from harness.driver import LONG_S
from harness.ledger import Ledger, kept_in
from stoat_nb.catalog.workers import LEASE_S

DRIVER = Path(__file__).with_name("driver.py")
#: Named in the environment of a driver, and so of every process that it starts.
MARK = "STOAT_CRASH_DRIVER"
#: Seconds in which what a killed process had started must be gone.
ORPHAN_S = 10.0
#: Longer than a process may be silent before its jobs are taken from it.
STOPPED_S = LEASE_S + 5.0
DRAIN_S = 120.0
#: Seconds in which a job that was submitted must have begun.
BEGIN_S = 10.0


@dataclass(slots=True)
class StormReport:
    """What was found while processes died and when all was over."""

    kills: int = 0
    stops: int = 0
    submitted: int = 0
    ended: dict[str, int] = field(default_factory=dict)  #: Jobs in the file by final status.
    twice: int = 0  #: Jobs with two ends that were both accepted.
    last_lines_again: int = 0  #: Handlers that came to their last line once more: allowed.
    orphans: int = 0
    breaches: set[str] = field(default_factory=set)
    damaged: list[str] = field(default_factory=list)
    drained: list[str] = field(default_factory=list)  #: What the last processes found at the end.

    @property
    def lost(self) -> int:
        return sum(breach.endswith("is lost") for breach in self.breaches)


class Driver:
    """One process at work, and what it has said."""

    def __init__(self, number: int, arguments: list[str]) -> None:
        self.number = number
        self.mark = f"{number}-{uuid.uuid4()}"
        self.heard = 0
        self.drained = ""  #: What it said when it had finished all; ends may be told after it.
        self._rest = b""
        self.process = subprocess.Popen(
            [sys.executable, str(DRIVER), *arguments],
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            env={**os.environ, MARK: self.mark},
        )
        assert self.process.stdout is not None
        self.pipe = self.process.stdout

    def read(self, ledger: Ledger) -> bool:
        """Take what it has said; False at the end."""
        data = os.read(self.pipe.fileno(), 1 << 16)
        *lines, self._rest = (self._rest + data).split(b"\n")
        for line in map(bytes.decode, lines):
            ledger.hear(self.number, line)
            if line.startswith("drained"):
                self.drained = line
        self.heard += len(lines)
        return bool(data)

    def kill(self, ledger: Ledger) -> None:
        """End it at once, and hear its last words."""
        ledger.gone.setdefault(self.number, time.monotonic())
        self.process.kill()
        self.process.wait()
        while self.read(ledger):
            pass
        self.pipe.close()

    def offspring(self) -> list[int]:
        """Return the processes that carry its mark, itself not included."""
        return [pid for pid in _marked(self.mark) if pid != self.process.pid]


class Storm:
    """Two drivers on one library, and somebody who kills them and keeps the ledger."""

    def __init__(self, path: Path, videos: Path, seed: int) -> None:
        self.ledger = Ledger()
        self.report = StormReport()
        self._path = path
        self._videos = videos
        self._random = Random(seed)
        self._started = 0
        self._drivers: list[Driver] = []
        self._selector = selectors.DefaultSelector()

    def blow(self, kills: int, stops: int) -> None:
        """Let both work, and kill one or both again and again."""
        while len(self._drivers) < 2:
            self._start(str(self._random.random()))
        halts = set(self._random.sample(range(kills), stops))
        while self.report.kills < kills:
            if self.report.kills in halts:
                halts.discard(self.report.kills)
                self._stop_one()
            self._kill_some(kills - self.report.kills)

    def calm(self) -> None:
        """End both, let two others finish what is left, and close the books."""
        for driver in list(self._drivers):
            self._end(driver)
        for _ in range(2):
            self._start("drain")
        until = time.monotonic() + DRAIN_S
        last = list(self._drivers)
        while self._drivers and time.monotonic() < until:
            self._listen(0.5)
        for driver in last:
            self.report.drained.append(driver.drained)
        self._check(at_the_end=True)
        self.report.submitted = len(self.ledger.submitted)
        self.report.twice = self.ledger.twice_to_completion
        self.report.last_lines_again = sum(n > 1 for n in self.ledger.last_lines.values())

    def clear(self) -> None:
        """Leave nothing running."""
        for driver in list(self._drivers):
            self._end(driver)
        self._selector.close()

    def _kill_some(self, left: int) -> None:
        victims = list(self._drivers)
        if left < 2 or self._random.random() < 0.75:
            victims = [self._random.choice(victims)]
        self._wait_for_a_moment(victims[0])
        victims = [driver for driver in victims if driver in self._drivers]
        for driver in victims:
            self._end(driver)
            self.report.kills += 1
        self.report.orphans += sum(self._left_behind(driver) for driver in victims)
        self._check(at_the_end=False)
        for _ in victims:
            self._start(str(self._random.random()))

    def _wait_for_a_moment(self, driver: Driver) -> None:
        """Wait for so many words of it, or for so long: a start dies as well as work."""
        if self._random.random() < 0.25:
            self._listen(self._random.uniform(0.0, 0.6))
            return
        enough, until = driver.heard + self._random.randint(1, 80), time.monotonic() + 5.0
        while driver.heard < enough and time.monotonic() < until:
            self._listen(0.05, once=True)

    def _stop_one(self) -> None:
        """Let one stand still until its jobs are taken from it, then go on as if nothing was.

        The job it was at is long: somebody else is still at it when the first wakes and ends it.
        """
        self._end(self._drivers[0])
        before = len(self.ledger.long)
        self._start(f"long {self._random.random()}")
        driver = self._at_long_job(before)
        if driver is None:
            return
        stopped = time.monotonic()
        self.ledger.gone.setdefault(driver.number, stopped)
        driver.process.send_signal(signal.SIGSTOP)
        self._listen(STOPPED_S)
        driver.process.send_signal(signal.SIGCONT)
        self._listen(LONG_S)
        self.ledger.stops.append((stopped, time.monotonic()))
        self.report.stops += 1

    def _at_long_job(self, before: int) -> Driver | None:
        """Return the driver that has begun the newest long job, once there is one."""
        until = time.monotonic() + BEGIN_S
        while time.monotonic() < until:
            self._listen(0.05, once=True)
            if len(self.ledger.long) > before and (runs := self.ledger.runs[self.ledger.long[-1]]):
                found = [driver for driver in self._drivers if driver.number == runs[0].driver]
                return found[0] if found else None
        return None

    def _start(self, seed: str) -> None:
        self._started += 1
        driver = Driver(self._started, [str(self._path), str(self._videos), seed])
        self._drivers.append(driver)
        self._selector.register(driver.pipe, selectors.EVENT_READ, driver)

    def _end(self, driver: Driver) -> None:
        self._forget(driver)
        driver.kill(self.ledger)

    def _forget(self, driver: Driver) -> None:
        self._selector.unregister(driver.pipe)
        self._drivers.remove(driver)

    def _listen(self, seconds: float, *, once: bool = False) -> None:
        """Hear what the drivers say, for so long or until anything was said."""
        until = time.monotonic() + seconds
        while (left := until - time.monotonic()) > 0 and self._drivers:
            for key, _events in (ready := self._selector.select(left)):
                if not key.data.read(self.ledger):
                    self._bury(key.data)
            if once and ready:
                return

    def _bury(self, driver: Driver) -> None:
        """Note a process that has ended by itself; only those that finish all may."""
        self._forget(driver)
        driver.pipe.close()
        code = driver.process.wait()
        self.ledger.gone.setdefault(driver.number, time.monotonic())
        if code or not driver.drained:
            self.report.breaches.add(f"process {driver.number} ended by itself with {code}")
            self._start(str(self._random.random()))

    def _left_behind(self, driver: Driver) -> int:
        until = time.monotonic() + ORPHAN_S
        while (left := driver.offspring()) and time.monotonic() < until:
            self._listen(0.02)
        return len(left)

    def _check(self, *, at_the_end: bool) -> None:
        if not self._path.exists():
            return  # killed before the library was made
        kept, integrity = kept_in(self._path)
        if integrity != "ok":
            self.report.damaged.append(integrity)
        self.report.breaches.update(self.ledger.breaches(kept, at_the_end=at_the_end))
        for status, _attempt in kept.values() if at_the_end else ():
            self.report.ended[status] = self.report.ended.get(status, 0) + 1


def storm(folder: Path, *, kills: int, seed: int, stops: int = 0) -> StormReport:
    """Run one storm on a new library in a folder."""
    videos = folder / "videos"
    _fill(videos)
    with _storm(folder / "library.db", videos, seed) as blowing:
        blowing.blow(kills, stops)
        blowing.calm()
        return blowing.report


@contextmanager
def _storm(path: Path, videos: Path, seed: int) -> Iterator[Storm]:
    made = Storm(path, videos, seed)
    try:
        yield made
    finally:
        made.clear()


def _fill(videos: Path) -> None:
    """Make files that look like videos and are none: a scan has work, and needs no encoder."""
    for number in range(12):
        file = videos / f"{number % 3}" / f"{number:02d}.mp4"
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_bytes(bytes([number]) * 2000)


def _marked(mark: str) -> list[int]:
    wanted = f"{MARK}={mark}".encode()
    found = []
    for entry in Path("/proc").iterdir():
        if not entry.name.isdigit():
            continue
        try:
            environment = (entry / "environ").read_bytes()
        except OSError:
            continue  # it ended meanwhile, or is somebody else's
        if wanted in environment.split(b"\0"):
            found.append(int(entry.name))
    return found
