"""A queue's way to its store: in order, and to the end whoever waits for it."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any, TypeVar

from stoat_nb.errors import CatalogMoved, QueueClosed
from stoat_nb.jobs.store import Errand, JobStore, Reply

T = TypeVar("T")


class Scribe:
    """Asks a store on one thread, so that what is written is written as it happened.

    Parameters
    ----------
    store
        Where jobs are written down.
    on_loss
        Called on the loop when the store's file was moved away, so that nothing is ever written.
    """

    def __init__(self, store: JobStore, on_loss: Callable[[], None]) -> None:
        self._store = store
        self._on_loss = on_loss
        self._loss: CatalogMoved | None = None
        self._thread = ThreadPoolExecutor(1, thread_name_prefix="stoat-job-store")

    def start(self) -> None:
        """Begin the thread; RuntimeError if there are no more, which later would mean the end."""
        self._thread.submit(int)

    @property
    def is_lost(self) -> bool:
        """Whether the store is not coming back."""
        return self._loss is not None

    def check(self) -> None:
        """Raise if the store is not coming back: what is known but to this queue is void."""
        if self._loss is not None:
            raise self._loss.with_traceback(None)

    async def exchange(self, errand: Errand) -> Reply:
        """Hand in an errand; return what came of it."""
        return await self._told(asyncio.wrap_future(self._store.start(errand, self._thread)))

    async def call(self, function: Callable[..., T], *args: Any) -> T:
        """Run a function of the store's; QueueClosed after the end."""
        loop = asyncio.get_running_loop()
        try:
            work = loop.run_in_executor(self._thread, function, *args)
        except RuntimeError:  # it was shut down
            raise QueueClosed from None
        return await self._told(work)

    async def _told(self, work: asyncio.Future[T]) -> T:
        try:
            return await asyncio.shield(work)
        except CatalogMoved as problem:
            self._loss = problem
            self._on_loss()
            raise

    def close(self) -> None:
        """Finish what is being asked."""
        self._thread.shutdown(wait=True)
