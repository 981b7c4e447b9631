"""What a walk leaves out by patterns: those of the scan, and of ``.stoatignore`` files.

As Git has it (gitignore(5)): of two patterns of one place the later counts; a file in an inner
folder counts before one further out, the patterns of the scan before all files; and beneath a
folder that is left out nothing is looked at.
"""

from __future__ import annotations

import os
import stat
import zlib
from typing import TYPE_CHECKING, NamedTuple

from stoat_nb.names import shown
from stoat_nb.patterns import MOST_PATTERNS, BadPattern, check, compiled

if TYPE_CHECKING:
    from pathspec import GitIgnoreSpec

#: The file that says what to leave out of its folder and of all below it.
IGNORE_FILE = b".stoatignore"
#: Bytes of such a file; nobody writes more by hand.
LARGEST = 65_536


class _Layer(NamedTuple):
    """The patterns of one place."""

    base: bytes  #: The folder that they are about, with a slash at its end.
    spec: GitIgnoreSpec
    lines: tuple[str, ...]
    where: str  #: As a reason names it.


class Exclusion(NamedTuple):
    """The patterns that count in one folder."""

    scan: tuple[_Layer, ...] = ()
    files: tuple[_Layer, ...] = ()  #: Of the innermost folder first.
    mark: int = 0  #: Another one for other patterns, 0 for none.

    def reason(self, path: bytes, *, is_folder: bool) -> str | None:
        """Say why a path is left out; None: it is not."""
        for base, spec, lines, where in (*self.scan, *self.files):
            relative = os.fsdecode(path[len(base) :]) + ("/" if is_folder else "")
            found = spec.check_file(relative)
            if found.include is False:
                return None
            if found.index is not None:
                return f"It is excluded by '{shown(lines[found.index])}' {where}."
        return None

    def with_scan(self, root: bytes, patterns: tuple[str, ...]) -> Exclusion:
        """Return these and the patterns of a scan of ``root``."""
        if not any(map(str.strip, patterns)):  # as most scans have it: compiling loads a library
            return self
        layer = _layer(root, patterns, "of the scan's own patterns")
        return self._replace(scan=(layer,), mark=self._marked(layer))

    def with_file(self, folder: bytes, lines: tuple[str, ...]) -> Exclusion:
        """Return these and the lines of the file in a folder further in."""
        layer = _layer(folder, lines, f"in {shown(below(folder, IGNORE_FILE))}")
        return self._replace(files=(layer, *self.files), mark=self._marked(layer))

    def _marked(self, layer: _Layer) -> int:
        said = "\0".join([os.fsdecode(layer.base), *layer.lines])
        return zlib.crc32(said.encode("utf-8", "surrogateescape"), self.mark) or 1


def read_lines(dir_fd: int) -> tuple[tuple[str, ...], list[str]]:
    """Return the patterns that a folder's own file holds, and what is wrong with it."""
    flags = os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC | os.O_NOCTTY
    try:
        fd = os.open(IGNORE_FILE, flags, dir_fd=dir_fd)
        try:
            is_file = stat.S_ISREG(os.fstat(fd).st_mode)
            content = os.pread(fd, LARGEST + 1, 0) if is_file else b""
        finally:
            os.close(fd)
    except OSError as error:
        return (), [f"Its patterns cannot be read: {error.strerror}."]
    if not is_file:
        return (), ["It is not a file, so it holds no patterns."]
    if len(content) > LARGEST:
        return (), [f"It has more than {LARGEST:,} bytes: its patterns are passed over."]
    return _sound(os.fsdecode(content.removeprefix(b"\xef\xbb\xbf")).split("\n"))


def _sound(lines: list[str]) -> tuple[tuple[str, ...], list[str]]:
    kept, faults = [], []
    for number, line in enumerate(lines, 1):
        try:
            check(line.removesuffix("\r"))
        except BadPattern as fault:
            faults.append(f"Line {number} is passed over: {fault}")
        else:
            kept.append(line.removesuffix("\r"))
    if len(kept) > MOST_PATTERNS:
        faults.append(f"Lines beyond {MOST_PATTERNS:,} are passed over.")
    return tuple(kept[:MOST_PATTERNS]), faults


def _layer(folder: bytes, lines: tuple[str, ...], where: str) -> _Layer:
    kept = tuple(line for line in lines if line.strip())
    return _Layer(below(folder), compiled(kept), kept, where)


def below(folder: bytes, name: bytes = b"") -> bytes:
    """Return the path of something in a folder, or what all such paths begin with."""
    return folder.rstrip(b"/") + b"/" + name
