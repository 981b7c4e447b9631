"""The engine of this machine: supervised processes, so that one bad item costs that item alone."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from typing import Any

from stoat_nb.engines.engine import Answer, MadeFunction, PureFunction
from stoat_nb.engines.reference import Reference, refer_to
from stoat_nb.engines.seat import CLOSED, Limits, Seat
from stoat_nb.errors import SettingError

_CLOSE_S = 5.0


class LocalEngine:
    """Runs pure functions in processes of their own, each with one item at a time.

    Processes start when the first call needs them and wait for the next call afterwards. They die
    with this process, however it ends. Use an engine from one event loop, on a thread that lives as
    long as the engine.

    Parameters
    ----------
    workers
        Processes, and so calls, that run at once.
    deadline_s
        Seconds one item may take; then its process is killed.
    memory_bytes
        Address space a process may take before it is refused more; None: any.
    resident_bytes
        Memory a process may hold; one that holds more is killed, and the call has a fault. None:
        any during a call, and 400 MiB between two of them.
    files
        Descriptors a process may have open.
    recycle_after
        Items a process answers before a fresh one takes its place.

    Examples
    --------
    >>> from contextlib import aclosing
    >>> async def count() -> Answer:
    ...     async with aclosing(LocalEngine(workers=1)) as engine:
    ...         return await engine.call(len, {"width": 1920, "height": 1080})
    >>> asyncio.run(count()).value
    2
    """

    def __init__(
        self,
        *,
        workers: int = 2,
        deadline_s: float = 6.0,
        memory_bytes: int | None = 1536 << 20,
        resident_bytes: int | None = None,
        files: int = 64,
        recycle_after: int = 1000,
    ) -> None:
        if workers < 1:
            raise SettingError("workers", workers, "a whole number above 0")
        limits = Limits(
            memory_bytes=memory_bytes,
            resident_bytes=resident_bytes,
            files=files,
            recycle_after=recycle_after,
        )
        self._deadline_s = deadline_s
        self._seats = tuple(Seat(limits) for _ in range(workers))
        self._free = list(self._seats)
        self._gate = asyncio.Semaphore(workers)
        self._calls: set[asyncio.Future[None]] = set()
        self._closed = False

    @property
    def slots(self) -> int:
        """How many calls can be under way at once."""
        return len(self._seats)

    async def call(
        self,
        function: PureFunction | MadeFunction,
        item: Mapping[str, Any],
        *,
        deadline_s: float | None = None,
    ) -> Answer:
        """Run ``function(item)`` in a process and return what came of it.

        Whatever the item does to its process, there is an answer. An item whose process dies is
        tried once more in a fresh one. Calls are served in the order they came; a cancelled one
        takes its process with it.

        Parameters
        ----------
        function
            A function of an importable module, which the process imports by name; or one that
            such a function makes there, once a process.
        item
            What to give it: a JSON object.
        deadline_s
            Seconds it may take; infinity: any; None: what the engine was made with.

        Returns
        -------
        Answer
            The function's value, which has to be JSON, or the fault.

        Raises
        ------
        ValueError
            The function cannot be imported by another process.
        RunFailed
            No process could be started, which says nothing about the item.
        RuntimeError
            The engine is closed, or was while this ran.
        """
        reference = refer_to(function)
        ended = asyncio.get_running_loop().create_future()
        self._calls.add(ended)
        try:
            limit = self._deadline_s if deadline_s is None else deadline_s
            return await self._seated(reference, dict(item), limit)
        finally:
            self._calls.discard(ended)
            ended.set_result(None)

    async def aclose(self) -> None:
        """Kill every process; calls under way end with RuntimeError. Closing twice is fine."""
        self._closed = True
        for seat in self._seats:
            seat.close()
        for _ in self._calls:
            self._gate.release()  # those who wait for a seat learn that there is none
        left = {*self._calls, *(seat.gone for seat in self._seats if seat.gone is not None)}
        if left:
            await asyncio.wait(left, timeout=_CLOSE_S)

    async def _seated(
        self, reference: Reference, item: Mapping[str, Any], deadline_s: float
    ) -> Answer:
        self._check_open()
        await self._gate.acquire()
        self._check_open()
        seat = self._free.pop()
        try:
            return await seat.answer(reference, item, deadline_s=deadline_s)
        finally:
            seat.when_free(lambda: self._leave(seat))

    def _leave(self, seat: Seat) -> None:
        self._free.append(seat)
        self._gate.release()

    def _check_open(self) -> None:
        if self._closed:
            raise RuntimeError(CLOSED)
