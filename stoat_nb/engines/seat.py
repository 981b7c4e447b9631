"""One seat of the local engine: at most one worker sits on it, and it is replaced when it falls."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable, Mapping
from typing import Any

from msgspec import Struct

from stoat_nb.engines.engine import Answer, Fault, FaultKind
from stoat_nb.engines.process import TooLarge, WorkerError, WorkerProcess
from stoat_nb.engines.reference import Reference
from stoat_nb.errors import RunFailed
from stoat_nb.names import shown

CLOSED = "The engine is closed. Open the library again to run anything on it."

_START_S = 30.0  # for a process and its imports, which may come from a slow disk
_START_TRIES = 2
_START_PAUSE_S = 0.2  # what was short a moment ago (processes, memory) may be there again
_DEATHS = 2  # the first may be somebody else's doing, the second is the item's
_UNREACHED = 5  # processes that ended before they were asked: then it is nobody's doing here
_KILL_S = 1.0
_RESIDENT_BYTES = 400 << 20
_LONGEST_MESSAGE = 500


class Limits(Struct, frozen=True, kw_only=True):
    """What each worker may take."""

    memory_bytes: int | None  #: Of address space; None: any.
    resident_bytes: int | None  #: Held in memory; None: any.
    files: int  #: Open at once.
    recycle_after: int  #: Items a process answers before a fresh one takes its place.


class Seat:
    """Answers one call at a time."""

    def __init__(self, limits: Limits) -> None:
        self._limits = limits
        self._worker: WorkerProcess | None = None
        self._closed = False

    async def answer(
        self, reference: Reference, item: Mapping[str, Any], *, deadline_s: float
    ) -> Answer:
        """Run one item; a cancelled one takes its process with it."""
        try:
            return await self._answer(reference, item, deadline_s)
        except BaseException:
            await self._clear()
            raise

    def close(self) -> None:
        """Kill the process and take no other."""
        self._closed = True
        if self._worker is not None:
            self._worker.kill()

    @property
    def gone(self) -> asyncio.Future[None] | None:
        """What is done once the killed process is gone; None if there is nothing to wait for."""
        worker = self._worker
        return None if worker is None or worker.is_usable or worker.gone.done() else worker.gone

    def when_free(self, callback: Callable[[], None]) -> None:
        """Call back once no dying process is left: one that cannot die keeps its seat."""
        if self.gone is None:
            callback()
        else:
            self.gone.add_done_callback(lambda _gone: callback())

    async def _answer(
        self, reference: Reference, item: Mapping[str, Any], deadline_s: float
    ) -> Answer:
        deaths = unreached = 0
        while True:
            worker = await self._ready(reference)
            started = time.monotonic()
            try:
                reply = await worker.call(reference.name, item, within_s=deadline_s)
            except TimeoutError:
                await self._clear()
                message = f"It took longer than {deadline_s:g} s and was stopped."
                return _faulty(FaultKind.DEADLINE, message, started)
            except TooLarge:
                await self._clear()
                most = (self._limits.resident_bytes or 0) >> 20
                message = f"It took more than {most:,} MiB of memory and was stopped."
                return _faulty(FaultKind.MEMORY, message, started)
            except WorkerError as error:
                await self._clear()
                self._check_open()
                deaths += error.reached
                unreached += not error.reached
                if unreached == _UNREACHED:
                    raise _not_started(str(error)) from error
                if deaths == _DEATHS:
                    return _faulty(
                        FaultKind.CRASH, f"Tried twice: the process that ran it {error}.", started
                    )
            else:
                self._retire_if_worn(worker)
                return _told(reply, started)

    async def _ready(self, reference: Reference) -> WorkerProcess:
        """Return a worker that has the function loaded; RunFailed says why there is none."""
        reason = ""
        for attempt in range(_START_TRIES):
            if attempt:
                await asyncio.sleep(_START_PAUSE_S)
            try:
                return await self._loaded(reference)
            except TimeoutError:
                reason = f"did not load {reference.name} within {_START_S:g} s"
            except WorkerError as error:
                reason = str(error)
            except TooLarge:
                reason = f"took too much memory to load {reference.name}"
            except OSError as error:
                reason = f"was refused: {error}"
            await self._clear()
            self._check_open()
        raise _not_started(reason)

    async def _loaded(self, reference: Reference) -> WorkerProcess:
        worker = self._worker
        if worker is None or not worker.is_usable:
            if self.gone is not None:
                raise WorkerError("cannot be replaced while the system holds the killed one")
            # On its seat from its first moment, so that whatever ends its start waits for its end.
            worker = self._worker = WorkerProcess.spawn(
                self._limits.memory_bytes,
                files=self._limits.files,
                resident_bytes=self._limits.resident_bytes,
            )
            await worker.connect()
            self._check_open()
        if reference.name not in worker.loaded:
            await worker.load(reference, within_s=_START_S)
        return worker

    async def _clear(self) -> None:
        """Kill the process and wait until it is gone, but not for ever: a dead disk may hold it."""
        if self._worker is not None:
            self._worker.kill()
            await asyncio.wait({self._worker.gone}, timeout=_KILL_S)

    def _check_open(self) -> None:
        if self._closed:
            raise RuntimeError(CLOSED)

    def _retire_if_worn(self, worker: WorkerProcess) -> None:
        most = self._limits.resident_bytes or _RESIDENT_BYTES
        if worker.served >= self._limits.recycle_after or worker.resident_bytes > most:
            worker.kill()


def _not_started(reason: str) -> RunFailed:
    return RunFailed(
        f"No reader process could be started: the new one {shown(reason)[:_LONGEST_MESSAGE]}. "
        "Check that Python and what it imports are in place and that processes and memory are left."
    )


def _told(reply: Mapping[str, Any], started: float) -> Answer:
    if "error" in reply:
        return _faulty(FaultKind.ERROR, reply["error"], started)
    return Answer(value=reply["value"], elapsed_ms=_since(started))


def _faulty(kind: FaultKind, message: str, started: float | None = None) -> Answer:
    line = shown(message)[:_LONGEST_MESSAGE]
    elapsed_ms = 0 if started is None else _since(started)
    return Answer(fault=Fault(kind=kind, message=line), elapsed_ms=elapsed_ms)


def _since(started: float) -> int:
    return round((time.monotonic() - started) * 1000)
