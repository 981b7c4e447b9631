"""A thread with an engine of one process, which draws one picture after the other.

It is not the engine that scans use: a picture that somebody waits for shall not stand behind ten
thousand files, and a page full of pictures shall not hold up a scan. Nor are pictures jobs: nobody
wants a row in the list of jobs, kept for months, for each small image of a page.
"""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Mapping
from concurrent.futures import Future
from typing import Any

from stoat_nb.engines.engine import Answer
from stoat_nb.engines.local import LocalEngine
from stoat_nb.media.pictures.draw import draw

_CLOSE_S = 10.0


class Studio:
    """Draws in a process of its own; its thread starts when the first picture is wanted."""

    def __init__(self, *, deadline_s: float, memory_bytes: int) -> None:
        self._deadline_s, self._memory_bytes = deadline_s, memory_bytes
        self._lock = threading.Lock()
        self._loop: asyncio.AbstractEventLoop | None = None
        self._engine: LocalEngine | None = None

    def draw(self, item: Mapping[str, Any]) -> Future[Answer]:
        """Ask for one picture; pictures are drawn in the order they are asked for."""
        with self._lock:
            if self._loop is None:
                self._start()
            assert self._loop is not None  # noqa: S101 - _start saw to it
            assert self._engine is not None  # noqa: S101
            work = self._engine.call(draw, item)
            return asyncio.run_coroutine_threadsafe(work, self._loop)

    def close(self) -> None:
        """Kill what draws; whoever waits is told. It may be asked again afterwards."""
        with self._lock:
            loop, engine = self._loop, self._engine
            self._loop = self._engine = None
        if loop is not None and engine is not None:
            asyncio.run_coroutine_threadsafe(engine.aclose(), loop).result(_CLOSE_S)
            loop.call_soon_threadsafe(loop.stop)

    def _start(self) -> None:
        self._loop = asyncio.new_event_loop()
        self._engine = LocalEngine(
            workers=1, deadline_s=self._deadline_s, memory_bytes=self._memory_bytes
        )
        threading.Thread(
            target=_run, args=(self._loop,), name="stoat-pictures", daemon=True
        ).start()


def _run(loop: asyncio.AbstractEventLoop) -> None:
    asyncio.set_event_loop(loop)
    try:
        loop.run_forever()
    finally:
        loop.close()
