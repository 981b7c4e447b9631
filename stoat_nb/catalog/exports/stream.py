"""An export that is read while it is written: early for who reads it, and never in the way."""

from __future__ import annotations

import io
import os
import tempfile
import threading
from collections.abc import Callable, Iterator
from typing import Any, BinaryIO

#: Bytes handed out at a time.
CHUNK = 1 << 18

#: Writes an export into a file, and looks now and then whether anybody still wants it.
Write = Callable[[BinaryIO, threading.Event], object]


class Stream:
    """The bytes of an export, as they come.

    A thread writes them into a file that has no name, as fast as the disk takes them: whoever reads
    them slowly does not keep the catalog's transaction open. What fails before the first byte
    fails here; what fails later fails the reading, so that half a file is never taken for one.
    """

    def __init__(self, write: Write) -> None:
        self._spool = _Spool()
        self._position = 0
        threading.Thread(
            target=self._spool.fill, args=(write,), name="stoat-export", daemon=True
        ).start()
        self._first: bytes | None = self._spool.read_at(0)

    def __iter__(self) -> Iterator[bytes]:
        """Return itself: the bytes are there once."""
        return self

    def __next__(self) -> bytes:
        """Return some bytes, waiting for them if need be."""
        chunk = self._first if self._first is not None else self._spool.read_at(self._position)
        self._first = None
        if not chunk:
            self._spool.let_go()
            raise StopIteration
        self._position += len(chunk)
        return chunk

    def close(self) -> None:
        """Let go of it, finished or not. May be called again."""
        self._spool.let_go()

    def __del__(self) -> None:
        """Let go of it even where nobody came to read it."""
        if hasattr(self, "_spool"):
            self._spool.let_go()


class _Spool(io.RawIOBase):
    """A file without a name that one thread writes to its end, and another reads behind it."""

    def __init__(self) -> None:
        super().__init__()
        self.stop = threading.Event()
        with tempfile.TemporaryFile() as file:
            # Bare, as who is last closes it: an object that is thrown away in a circle with its
            # owner may be collected before it.
            self._file = os.dup(file.fileno())
        self._news = threading.Condition()
        self._size = 0
        self._ended = False
        self._problem: BaseException | None = None

    def writable(self) -> bool:
        return True

    def tell(self) -> int:
        return self._size

    def write(self, data: Any) -> int:
        if self.stop.is_set() or self._ended:
            return memoryview(data).nbytes  # nobody wants it: the next piece of rows ends it
        written = os.write(self._file, data)
        with self._news:
            self._size += written
            self._news.notify_all()
        return written

    def fill(self, write: Write) -> None:
        file = io.BufferedWriter(self, CHUNK)
        problem: BaseException | None = None
        try:
            write(file, self.stop)
            file.flush()
        except BaseException as raised:  # noqa: BLE001 - it is raised where it is waited for
            problem = raised
        with self._news:
            self._ended, self._problem = True, problem
            self._news.notify_all()
            if self.stop.is_set():
                self._close()

    def read_at(self, position: int) -> bytes:
        with self._news:
            self._news.wait_for(lambda: self._ended or self._size > position)
            if self._size > position and self._file >= 0:
                return os.pread(self._file, CHUNK, position)
            if self._problem is not None:
                raise self._problem
            return b""

    def let_go(self) -> None:
        self.stop.set()
        with self._news:
            if self._ended:
                self._close()

    def _close(self) -> None:
        if self._file >= 0:
            os.close(self._file)
        self._file = -1
