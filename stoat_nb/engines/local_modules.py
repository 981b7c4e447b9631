"""Modules that lie beside a notebook or a script: where they are, and whether they were edited.

A worker imports them as the notebook did, from their own folder, whatever the current one is by
then. It keeps what it has imported; once a file of those has changed, it imports all of them anew,
for they may have taken things from each other.
"""

from __future__ import annotations

import importlib
import os
import sys
import sysconfig
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from functools import cache
from types import ModuleType

_PACKAGE = __name__.partition(".")[0]
#: Where the standard library is: nobody edits that while it runs, nor what is installed.
_STANDARD = os.path.realpath(sysconfig.get_path("stdlib")) + os.sep
_INSTALLED = (f"{os.sep}site-packages{os.sep}", f"{os.sep}dist-packages{os.sep}")

#: In a worker: time and size of the files that local modules were imported from.
_seen: dict[str, tuple[int, int]] = {}


def local_modules() -> Iterator[tuple[str, ModuleType]]:
    """Yield the names and modules that this process has imported from files of its user's own."""
    for name, module in list(sys.modules.items()):
        if name != "__main__" and name.partition(".")[0] != _PACKAGE:
            file = getattr(module, "__file__", None)
            if isinstance(file, str) and _is_local(file):
                yield name, module


@contextmanager
def importable(folders: Sequence[str]) -> Iterator[None]:
    """Import local modules from their folders meanwhile, and those that were edited again."""
    if any(_look(module) != _seen.get(name) for name, module in local_modules() if name in _seen):
        for name in _seen:
            sys.modules.pop(name, None)
        _seen.clear()
        importlib.invalidate_caches()
    before = sys.path[:]
    sys.path[:0] = folders
    try:
        yield
    finally:
        sys.path[:] = before
        note_imports()


def note_imports() -> None:
    """Remember how the files of modules look that were imported just now."""
    for name, module in local_modules():
        if name not in _seen:
            _seen[name] = _look(module)


def _look(module: ModuleType) -> tuple[int, int]:
    try:
        status = os.stat(str(module.__file__))  # noqa: PTH116 - many files, for each call
    except OSError:
        return 0, 0
    return status.st_mtime_ns, status.st_size


@cache
def _is_local(file: str) -> bool:
    real = os.path.realpath(file)
    is_installed = any(part in real for part in _INSTALLED)
    return file.endswith(".py") and not is_installed and not real.startswith(_STANDARD)
