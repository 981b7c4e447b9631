"""A disk as a power cut leaves it: what was synced is there, of the rest anything may be.

The model is that of SQLite's own crash tests (https://sqlite.org/testing.html#crash_testing): a
sector of 512 bytes is written whole or not at all, and sectors that were not synced reach the disk
in any order, or never, or as noise. Bytes beside a write are not harmed by it.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from random import Random
from typing import Any

SECTOR = 512


@dataclass(frozen=True, slots=True)
class Write:
    name: str
    offset: int
    data: bytes


@dataclass(frozen=True, slots=True)
class Truncate:
    name: str
    size: int


@dataclass(frozen=True, slots=True)
class Sync:
    name: str


@dataclass(frozen=True, slots=True)
class Delete:
    name: str
    is_durable: bool


@dataclass(frozen=True, slots=True)
class Told:
    """No change of the disk: a promise that was given to somebody at this point."""

    fact: Any


Change = Write | Truncate
Event = Change | Sync | Delete | Told


@dataclass(slots=True)
class StoredFile:
    """One file: the bytes that a sync has made sure of, and the changes since, in order."""

    synced: bytearray = field(default_factory=bytearray)
    pending: list[Change] = field(default_factory=list)

    def sync(self) -> None:
        for change in self.pending:
            _apply(self.synced, change)
        self.pending.clear()

    def written(self) -> bytes:
        """Return its bytes as the system shows them to every process."""
        image = bytearray(self.synced)
        for change in self.pending:
            _apply(image, change)
        return bytes(image)

    def survive(self, random: Random) -> bytes:
        """Return its bytes after a cut: nothing, some or all of what was not synced."""
        fate = random.choice((self._dropped, self._in_order, self._shuffled))
        return bytes(fate(random))

    def _dropped(self, _random: Random) -> bytearray:
        return bytearray(self.synced)

    def _in_order(self, random: Random) -> bytearray:
        """Keep the first so many changes, the last of them torn."""
        image = bytearray(self.synced)
        kept = self.pending[: random.randint(0, len(self.pending))]
        for change in kept[:-1]:
            _apply(image, change)
        for change in kept[-1:]:
            parts = list(_sectors(change, len(image)))
            for part in parts[: random.randint(0, len(parts))]:
                _apply(image, part)
        return image

    def _shuffled(self, random: Random) -> bytearray:
        """Let every sector be as old or as new as it likes, here and there noise."""
        image = bytearray(self.synced)
        sizes, versions = [len(image)], dict[int, list[Change]]()
        for change in self.pending:
            for part in _sectors(change, sizes[-1]):
                versions.setdefault(_offset(part) // SECTOR, []).append(part)
            sizes.append(_size_after(change, sizes[-1]))
        for parts in versions.values():
            for part in parts[: random.randint(0, len(parts))]:
                _apply(image, _noisy(part, random))
        size = random.choice(sizes)
        return image[:size] + bytes(max(0, size - len(image)))


class Disk:
    """The files of one folder, by name; ``None`` stands for a file that is not there."""

    def __init__(self) -> None:
        # Every entry that the folder may still hold under a name, the newest last.
        self._entries: dict[str, list[StoredFile | None]] = {}

    def hold(self, name: str, data: bytes) -> None:
        """Have a file from before, synced long ago."""
        self._entries[name] = [StoredFile(synced=bytearray(data))]

    def take(self, event: Event) -> None:
        """Let one thing happen."""
        match event:
            case Write() | Truncate():
                self._file(event.name).pending.append(event)
            case Sync():
                self._file(event.name).sync()
                self._sync_folder(event.name)
            case Delete():
                self._entries.setdefault(event.name, [None]).append(None)
                if event.is_durable:
                    self._sync_all()

    def written(self) -> dict[str, bytes]:
        """Kill the process: return what is found in the folder, which is all that was written."""
        newest = {name: held[-1] for name, held in self._entries.items()}
        return {name: file.written() for name, file in newest.items() if file is not None}

    def survivors(self, random: Random) -> dict[str, bytes]:
        """Cut the power: return what is found in the folder afterwards."""
        found = {name: random.choice(held) for name, held in self._entries.items()}
        return {name: file.survive(random) for name, file in found.items() if file is not None}

    def _file(self, name: str) -> StoredFile:
        held = self._entries.setdefault(name, [None])
        if held[-1] is None:
            held.append(StoredFile())
        newest = held[-1]
        assert newest is not None
        return newest

    def _sync_folder(self, name: str) -> None:
        """SQLite syncs the folder with the first sync of a file that is new in it, and so do we."""
        if len(self._entries[name]) > 1:
            self._sync_all()

    def _sync_all(self) -> None:
        self._entries = {name: held[-1:] for name, held in self._entries.items()}


def _apply(image: bytearray, change: Change) -> None:
    if isinstance(change, Truncate):
        del image[change.size :]
        return
    end = change.offset + len(change.data)
    if len(image) < end:
        image.extend(bytes(end - len(image)))
    image[change.offset : end] = change.data


def _sectors(change: Change, size: int) -> Iterator[Change]:
    """Split a change into what the disk does at once; cutting off is clearing what was there."""
    if isinstance(change, Truncate):
        change = Write(change.name, change.size, bytes(max(0, size - change.size)))
    start, end = change.offset, change.offset + len(change.data)
    while start < end:
        stop = min(end, (start // SECTOR + 1) * SECTOR)
        yield Write(change.name, start, change.data[start - change.offset : stop - change.offset])
        start = stop


def _offset(part: Change) -> int:
    return part.offset if isinstance(part, Write) else part.size


def _size_after(change: Change, size: int) -> int:
    if isinstance(change, Truncate):
        return change.size
    return max(size, change.offset + len(change.data))


def _noisy(part: Change, random: Random) -> Change:
    if isinstance(part, Write) and random.random() < 1 / 64:
        return Write(part.name, part.offset, random.randbytes(len(part.data)))
    return part
