"""A budgeted reader never shows more than the file has, and never works without end."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from itertools import count
from pathlib import Path

import pytest
from hypothesis import given, strategies as st

from stoat_nb.media.budgeted_reader import BudgetedReader, BudgetExceeded, MemoryReader

CONTENT = bytes(range(256)) * 64
OFFSETS = st.integers(-(2**70), 2**70) | st.integers(-10, len(CONTENT) + 10)


@pytest.fixture(scope="module")
def fd(tmp_path_factory: pytest.TempPathFactory) -> Iterator[int]:
    path = tmp_path_factory.mktemp("file") / "content"
    path.write_bytes(CONTENT)
    fd = os.open(path, os.O_RDONLY)
    yield fd
    os.close(fd)


@given(st.lists(st.tuples(OFFSETS, st.integers(0, 20_000), st.booleans())))
def test_it_shows_what_is_there_and_no_more(fd: int, wanted: list[tuple[int, int, bool]]) -> None:
    reader = BudgetedReader(fd, len(CONTENT))
    for offset, length, alone in wanted:
        told = reader.exactly(offset, length) if alone else reader.at(offset, length)
        assert told == (CONTENT[offset : offset + length] if offset >= 0 else b"")


@given(st.lists(st.tuples(OFFSETS, st.integers(0, 20_000), st.booleans())))
def test_bytes_in_memory_show_the_same(wanted: list[tuple[int, int, bool]]) -> None:
    reader = MemoryReader(CONTENT)
    for offset, length, alone in wanted:
        told = reader.exactly(offset, length) if alone else reader.at(offset, length)
        assert told == (CONTENT[offset : offset + length] if offset >= 0 else b"")


def test_it_ends_where_it_was_told_even_if_the_file_goes_on(fd: int) -> None:
    assert BudgetedReader(fd, 10).at(8, 100) == CONTENT[8:10]


def test_neighbours_come_from_memory(fd: int) -> None:
    reader = BudgetedReader(fd, len(CONTENT))
    assert reader.at(0, 4) + reader.at(4, 4) + reader.exactly(8, 4) == CONTENT[:12]
    assert reader.reads == 1
    reader.exactly(10_000, 4)
    assert (reader.reads, reader.bytes_read) == (2, 4096 + 4)


def test_steps_and_reads_come_to_an_end(fd: int) -> None:
    reader, far = BudgetedReader(fd, len(CONTENT)), count()
    with pytest.raises(BudgetExceeded, match="headers"):
        endless(reader.step)
    with pytest.raises(BudgetExceeded, match="bytes"):
        endless(lambda: reader.exactly(next(far) % 2 * 8192, 8))


def test_what_is_read_comes_to_an_end_by_its_bytes_long_before_its_reads(tmp_path: Path) -> None:
    path, size = tmp_path / "holes", 1 << 40
    path.touch()
    os.truncate(path, size)
    fd = os.open(path, os.O_RDONLY)
    try:
        reader = BudgetedReader(fd, size)
        for number in range(64):  # as many MiB as are allowed, to the byte
            reader.exactly(number << 20, 1 << 20)
        assert reader.bytes_read == 64 << 20
        with pytest.raises(BudgetExceeded, match="bytes"):
            reader.exactly(1 << 30, 1)
        with pytest.raises(BudgetExceeded, match="bytes"):
            BudgetedReader(fd, size).at(0, (64 << 20) + 1)
    finally:
        os.close(fd)


def endless(act: Callable[[], object]) -> None:
    for _ in range(10**6):
        act()
