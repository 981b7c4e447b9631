"""Standard output and error as a command may find them: closed, full, or left by their reader."""

from __future__ import annotations

import errno
import io
import os
import select
import sys
from typing import Any, TextIO

from stoat_nb.cli.exits import NOT_WRITTEN, READER_LEFT
from stoat_nb.names import shown


class OutputLost(Exception):
    """Standard output takes no more."""

    def __init__(self, problem: OSError) -> None:
        self.code = READER_LEFT if problem.errno == errno.EPIPE else NOT_WRITTEN
        super().__init__(
            f"Standard output cannot be written: {shown(problem.strerror)}. "
            "Its text is incomplete; write it to another place."
        )


def guard_streams() -> None:
    """Have standard output say once that it is lost, and standard error never."""
    # A file that is opened later must not get the number of a stream that is closed.
    # One opened for reading refuses what is written, as a closed one does.
    for number, flags in ((0, os.O_RDONLY), (1, os.O_RDONLY), (2, os.O_WRONLY)):
        try:
            os.fstat(number)
        except OSError:
            _point(number, flags)
    if sys.stdout is sys.__stdout__:
        sys.stdout = _text(_Result(1, "w", closefd=False), sys.stdout)
    if sys.stderr is sys.__stderr__:
        sys.stderr = _text(_Notes(2, "w", closefd=False), sys.stderr)


class _Result(io.FileIO):
    """Standard output: the first write that fails ends the command."""

    def write(self, data: Any) -> int:
        try:
            while (written := super().write(data)) is None:
                select.select([], [self], [])  # it was made non-blocking, and its pipe is full
        except OSError as problem:
            _point(self.fileno(), os.O_WRONLY)  # the interpreter writes the rest at its end
            raise OutputLost(problem) from problem
        return written


class _Notes(io.FileIO):
    """Standard error: whoever stops reading progress stops nothing."""

    def write(self, data: Any) -> int:
        try:
            written = super().write(data)
        except OSError:
            written = None
        return memoryview(data).nbytes if written is None else written


def _text(raw: io.FileIO, old: TextIO | None) -> TextIO:
    """Return text as ``old`` writes it; there is none where the stream was closed."""
    encoding, errors, by_line = "utf-8", "backslashreplace", True
    if isinstance(old, io.TextIOWrapper):
        encoding, errors, by_line = old.encoding, old.errors or errors, old.line_buffering
    buffer = io.BufferedWriter(raw)
    return io.TextIOWrapper(buffer, encoding=encoding, errors=errors, line_buffering=by_line)


def _point(number: int, flags: int) -> None:
    """Open the null device as this descriptor."""
    null = os.open(os.devnull, flags)
    if null != number:
        os.dup2(null, number)
        os.close(null)
    os.set_inheritable(number, True)
