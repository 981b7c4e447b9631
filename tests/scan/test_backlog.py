"""The line between walk and readers: nothing lost, nothing twice, however much waits on disk."""

from __future__ import annotations

import asyncio
import tempfile
from pathlib import Path

import pytest

from stoat_nb.media.video import Found
from stoat_nb.scan.backlog import Backlog, Candidate

pytestmark = pytest.mark.anyio


def candidates(first: int, count: int) -> list[Candidate]:
    return [
        Candidate(
            Found(
                folder=b"/videos",
                name=b"caf\xe9 %d.mp4" % number,
                size_bytes=number,
                mtime_ns=10**18 + number,
                inode=2**63 + number,
                device=1,
            ),
            known=number % 2 == 0,
        )
        for number in range(first, first + count)
    ]


async def drained(backlog: Backlog, at_most: int = 7) -> list[Candidate]:
    seen: list[Candidate] = []
    while (portion := await backlog.take(at_most)) is not None:
        assert len(portion.files) <= at_most
        seen += portion.files
        await backlog.settle()
    return seen


async def test_what_does_not_fit_into_memory_comes_back_as_it_was() -> None:
    backlog = Backlog(near_most=10)
    for first in range(0, 100, 8):
        await backlog.put(candidates(first, 8))
    await backlog.complete()
    assert await drained(backlog) == candidates(0, 104)
    backlog.close()


async def test_without_room_for_temporary_files_the_rest_waits_in_memory(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path / "not there"))
    backlog = Backlog(near_most=10)
    await backlog.put(candidates(0, 50))
    await backlog.complete()
    assert await drained(backlog) == candidates(0, 50)
    backlog.close()


async def test_readers_wait_for_what_another_may_put_back() -> None:
    backlog = Backlog()
    await backlog.put(candidates(0, 5))
    await backlog.complete()
    first = await backlog.take(5)
    assert first is not None
    other = asyncio.ensure_future(backlog.take(5))
    await asyncio.sleep(0)
    assert not other.done()
    await backlog.settle(alone=first.files[:1], again=first.files[1:])
    alone = await other
    assert alone is not None
    assert (alone.files, alone.alone) == (first.files[:1], True)
    rest = await backlog.take(5)
    assert rest is not None
    assert (rest.files, rest.alone) == (first.files[1:], False)
    await backlog.settle()
    await backlog.settle()
    assert await backlog.take(5) is None


async def test_a_waiting_reader_hears_of_the_end() -> None:
    backlog = Backlog()
    waiting = asyncio.ensure_future(backlog.take(5))
    await asyncio.sleep(0)
    await backlog.complete()
    assert await waiting is None
