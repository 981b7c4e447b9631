"""Files of the read model: Arrow columns that every process maps and none reads in.

Which of them are true is told by the library itself (``read_models``). They lie in the user's cache
folder; one that is damaged or gone is made anew.
"""

from __future__ import annotations

import hashlib
import os
import re
import secrets
from contextlib import suppress
from pathlib import Path

import pyarrow as pa

from stoat_nb.catalog.columns import Table

#: All files together, of all libraries of this user.
LARGEST_BYTES = 8 << 30
#: Rows that are read at a time, by one thread.
PIECE = 122_880
_FORMAT = 2
_TOKEN = re.compile(r"[0-9a-f]{32}")
_SECOND_NS = 10**9


def cache_folder() -> Path:
    """Return where the files of all libraries are; RuntimeError if this user has no home."""
    given = os.environ.get("XDG_CACHE_HOME", "")
    base = Path(given) if os.path.isabs(given) else Path.home() / ".cache"  # noqa: PTH117 - text
    return base / "stoat-nb" / "read-model"


class KeptFiles:
    """The files of one table of one library."""

    def __init__(self, library: Path, table: Table) -> None:
        place = hashlib.blake2b(os.fsencode(library), digest_size=12).hexdigest()
        self._name = f"{place}-{table.name}"
        # A file of another version of Stoat may have other columns.
        shape = repr((_FORMAT, [(one.name, one.dtype, one.sql) for one in table.columns]))
        self._shape = hashlib.blake2b(shape.encode(), digest_size=8).hexdigest()

    def load(self, token: str) -> pa.Table | None:
        """Map the file of a token; None if there is no such file, or a damaged one."""
        if not _TOKEN.fullmatch(token):
            return None  # it becomes a file's name, and the library may be a stranger's
        try:
            path = self._file(token)
            if path.stat().st_mtime_ns % _SECOND_NS != _mark(token):
                return None
            with pa.memory_map(str(path)) as mapped:
                return pa.ipc.open_file(mapped).read_all()
        except Exception:  # noqa: BLE001 - whatever is wrong with it, it can be made anew
            return None

    def save(self, token: str, rows: pa.Table) -> bool:
        """Write a file, and remove those of other states; return whether that could be done."""
        with suppress(OSError, RuntimeError):
            folder = self._folder
            folder.mkdir(parents=True, exist_ok=True, mode=0o700)
            partial = folder / f".{secrets.token_hex(8)}.part"
            try:
                _write(partial, rows, _mark(token))
                partial.replace(self._file(token))
            finally:
                partial.unlink(missing_ok=True)
            _remove_old(folder, self._file(token))
            return True
        return False

    @property
    def _folder(self) -> Path:
        return cache_folder() / self._name

    def _file(self, token: str) -> Path:
        return self._folder / f"{token}-{self._shape}.arrow"


def _remove_old(folder: Path, newest: Path) -> None:
    """Remove what is no longer true of this library, and the oldest of others above the limit."""
    for path in folder.iterdir():
        if path != newest:
            path.unlink(missing_ok=True)
    others = sorted(folder.parent.glob("*/*.arrow"), key=lambda path: -path.stat().st_ctime_ns)
    room = LARGEST_BYTES
    for path in others:
        room -= path.stat().st_size
        if room < 0:
            path.unlink(missing_ok=True)


def _write(path: Path, rows: pa.Table, mark: int) -> None:
    with path.open("xb") as file:
        with pa.ipc.new_file(file, rows.schema) as writer:
            writer.write_table(rows, PIECE)
        file.flush()
        written_ns = os.fstat(file.fileno()).st_mtime_ns // _SECOND_NS * _SECOND_NS + mark
        os.utime(file.fileno(), ns=(written_ns, written_ns))
        os.fsync(file.fileno())  # a file that is there must be whole, also after a power cut


def _mark(token: str) -> int:
    """Return the part of a second that a file's time has: who changes the file sets another.

    So a file that was changed is told from one that was not without being read.
    """
    return int(token[:7], 16)
