"""The simulated disk keeps what was synced, and is free with all else."""

from __future__ import annotations

from random import Random

import pytest
from harness.disk import SECTOR, Delete, Disk, Event, Sync, Truncate, Write

OLD, NEW = b"o" * SECTOR * 3, b"n" * SECTOR * 3


def left_by(*events: Event, tries: int = 200) -> set[bytes | None]:
    """Return all that many cuts after these events left of the file."""
    disk = Disk()
    for event in events:
        disk.take(event)
    random = Random(1)
    return {disk.survivors(random).get("a") for _ in range(tries)}


def test_what_was_synced_is_there_after_every_cut() -> None:
    assert left_by(Write("a", 0, OLD), Write("a", 0, NEW), Sync("a")) == {NEW}


def test_what_was_not_synced_is_dropped_kept_or_torn_between_sectors() -> None:
    left = left_by(Write("a", 0, OLD), Sync("a"), Write("a", 0, NEW))
    assert {OLD, NEW} < left
    torn = left - {OLD, NEW}
    assert b"n" * SECTOR + b"o" * SECTOR * 2 in torn  # in order
    assert b"o" * SECTOR * 2 + b"n" * SECTOR in torn  # out of order


def test_a_sector_is_old_new_or_noise_but_never_half() -> None:
    pure = {b"o" * SECTOR, b"n" * SECTOR}
    left = left_by(Write("a", 0, OLD), Sync("a"), Write("a", 0, NEW))
    sectors = {
        found[at : at + SECTOR] for found in left if found for at in range(0, len(found), SECTOR)
    }
    assert all(sector in pure or len(set(sector)) > 100 for sector in sectors)
    assert len(sectors) > len(pure), "there was no noise at all"


def test_bytes_beside_a_write_are_not_harmed() -> None:
    left = left_by(Write("a", 0, OLD), Sync("a"), Write("a", 100, b"n" * 10))
    assert {found and found[:100] + found[110:] for found in left} == {OLD[10:]}


@pytest.mark.parametrize("size", [0, SECTOR, SECTOR + 7])
def test_a_truncation_that_was_not_synced_may_not_have_happened(size: int) -> None:
    left = left_by(Write("a", 0, OLD), Sync("a"), Truncate("a", size))
    assert {OLD, OLD[:size]} <= left


def test_a_new_file_may_be_gone_until_it_is_synced() -> None:
    assert None in left_by(Write("a", 0, OLD))
    assert None not in left_by(Write("a", 0, OLD), Sync("a"))


def test_a_deleted_file_may_be_back_until_its_folder_is_synced() -> None:
    written = (Write("a", 0, OLD), Sync("a"))
    assert left_by(*written, Delete("a", is_durable=False)) == {None, OLD}
    assert left_by(*written, Delete("a", is_durable=True)) == {None}
    assert left_by(*written, Delete("a", is_durable=False), Write("b", 0, OLD), Sync("b")) == {None}
