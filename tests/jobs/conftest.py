"""Queues of every kind; and the machines, importable by the tests that run them."""

from __future__ import annotations

import sys
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import pytest

from stoat_nb.catalog.catalog import Catalog
from stoat_nb.catalog.database import Database
from stoat_nb.catalog.jobs import CatalogJobStore
from stoat_nb.jobs.asyncio_queue import AsyncioJobQueue
from stoat_nb.jobs.memory_queue import InMemoryJobQueue
from stoat_nb.jobs.memory_store import MemoryJobStore
from stoat_nb.jobs.store import JobStore

sys.path.insert(0, str(Path(__file__).parent))

Queue = AsyncioJobQueue | InMemoryJobQueue


def durable_queue(folder: Path, **options: Any) -> AsyncioJobQueue:
    """Return the queue that a library has: its jobs are rows of an SQLite file."""
    return AsyncioJobQueue(store=Catalog(folder / "library.db").job_store, **options)


POOLS: dict[str, Callable[..., Queue]] = {
    "asyncio": lambda _folder, **options: AsyncioJobQueue(**options),
    "asyncio, durable": durable_queue,
}
KINDS = {**POOLS, "in memory": lambda _folder, **options: InMemoryJobQueue(**options)}


def opener(kind: str, folder: Path) -> Callable[..., Any]:
    """Return a way to open a started queue, closed again at the end."""

    @asynccontextmanager
    async def make(**options: Any) -> AsyncIterator[Queue]:
        queue = KINDS[kind](folder, **options)
        await queue.start()
        try:
            yield queue
        finally:
            await queue.aclose()

    return make


@pytest.fixture(params=KINDS)
def make_queue(request: pytest.FixtureRequest, tmp_path: Path) -> Callable[..., Any]:
    """Return a way to open a queue of each kind."""
    return opener(request.param, tmp_path)


@pytest.fixture(params=POOLS)
def make_pool(request: pytest.FixtureRequest, tmp_path: Path) -> Callable[..., Any]:
    """Return a way to open a queue of each kind that runs jobs beside their submitter."""
    return opener(request.param, tmp_path)


@pytest.fixture
def make_durable(tmp_path: Path) -> Callable[..., Any]:
    """Return a way to open queues on one file."""
    return opener("asyncio, durable", tmp_path)


@pytest.fixture(params=["memory", "catalog"])
def store(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[JobStore]:
    if request.param == "memory":
        yield MemoryJobStore()
        return
    database = Database(tmp_path / "library.db")
    yield CatalogJobStore(database)
    database.close()
