"""What comes of many items on its way into a store: gathered, and written by one task."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from contextlib import suppress
from typing import Generic, TypeVar

T = TypeVar("T")

#: Outcomes written in one transaction, and the seconds after which fewer are.
RECORD_AT_MOST, RECORD_EVERY_S = 500, 0.5
#: Outcomes that may wait: where the disk is slower than the readers, they wait for it.
WAITING_MOST = 2000


class Recording(Generic[T]):
    """Writes what it is given until it is closed and all is written; on one loop."""

    def __init__(self, write: Callable[[Sequence[T]], Awaitable[object]]) -> None:
        self._write = write
        self._waiting: list[T] = []
        self._wake, self._room = asyncio.Event(), asyncio.Event()
        self._closed = False
        self._task = asyncio.ensure_future(self._run())

    async def add(self, outcomes: Sequence[T]) -> None:
        """Take outcomes, or raise what keeps them from being written."""
        self._waiting += outcomes
        if len(self._waiting) >= RECORD_AT_MOST:
            self._wake.set()
        while len(self._waiting) >= WAITING_MOST and not self._task.done():
            self._room.clear()
            await self._room.wait()
        if self._task.done():
            self._task.result()

    async def close(self) -> None:
        """Write the rest, and raise what kept anything from being written."""
        self._closed = True
        self._wake.set()
        await self._task

    async def _run(self) -> None:
        try:
            while not (self._closed and not self._waiting):
                with suppress(TimeoutError):
                    async with asyncio.timeout(RECORD_EVERY_S):
                        await self._wake.wait()
                if not self._closed:
                    self._wake.clear()
                batch, self._waiting = self._waiting, []
                self._room.set()
                if batch:
                    await self._write(batch)
        finally:
            self._room.set()
