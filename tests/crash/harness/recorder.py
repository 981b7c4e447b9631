"""A VFS for SQLite that does what it is told, and notes every write, truncation, sync and deletion.

The library is opened as ever; that it lands here is because this VFS is the process's default while
it records. Shared memory and locks go straight to the VFS below.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import apsw

from harness.disk import Delete, Event, Sync, Truncate, Write

_BELOW = "unix"
_OURS = "stoat-recorder"

Note = Callable[[Event], None]


class _File(apsw.VFSFile):
    def __init__(self, note: Note, name: str | apsw.URIFilename, flags: list[int]) -> None:
        super().__init__(_BELOW, name, flags)
        self._note = note
        self._name = Path(name if isinstance(name, str) else name.filename()).name
        self._is_read_only = bool(flags[1] & apsw.SQLITE_OPEN_READONLY)

    def xLock(self, level: int) -> None:  # noqa: N802 - SQLite's name
        try:
            super().xLock(level)
        except apsw.IOError:
            # SQLite tries, in passing, to lock what it may only read, and does without. An error
            # raised here would nevertheless be told to whoever closes the connection.
            if not self._is_read_only:
                raise
            raise apsw.BusyError from None

    def xWrite(self, data: bytes, offset: int) -> None:  # noqa: N802 - SQLite's name
        self._note(Write(self._name, offset, bytes(data)))
        super().xWrite(data, offset)

    def xTruncate(self, size: int) -> None:  # noqa: N802 - SQLite's name
        self._note(Truncate(self._name, size))
        super().xTruncate(size)

    def xSync(self, flags: int) -> None:  # noqa: N802 - SQLite's name
        super().xSync(flags)
        self._note(Sync(self._name))  # afterwards: a promise must not come before it


class _Recorder(apsw.VFS):
    def __init__(self, note: Note) -> None:
        super().__init__(_OURS, _BELOW)
        self._note = note

    def xOpen(self, name: str | apsw.URIFilename | None, flags: list[int]) -> apsw.VFSFile:  # noqa: N802 - SQLite's name
        if name is None:  # a temporary file, which nobody finds again
            return apsw.VFSFile(_BELOW, None, flags)
        return _File(self._note, name, flags)

    def xDelete(self, name: str, syncdir: bool) -> None:  # noqa: N802 - SQLite's name
        super().xDelete(name, syncdir)
        self._note(Delete(Path(name).name, is_durable=bool(syncdir)))


@contextmanager
def recording() -> Iterator[list[Event]]:
    """Record what every SQLite file that is opened meanwhile does to its disk."""
    events: list[Event] = []
    recorder = _Recorder(events.append)
    apsw.set_default_vfs(_OURS)
    try:
        yield events
    finally:
        apsw.set_default_vfs(_BELOW)
        recorder.unregister()
