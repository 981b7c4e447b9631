"""Pictures on disk, up to a size: what was not looked at for longest goes first.

Whatever is here can be made again. So nothing that fails here is more than a loss of time: a full
disk or a folder that cannot be written means that pictures are not kept.
"""

from __future__ import annotations

import json
import os
import threading
from contextlib import suppress
from pathlib import Path

from msgspec import Struct

from stoat_nb.logs import logger
from stoat_nb.names import shown

log = logger(__name__)

_RECOUNT_AFTER = 64  # files written between two looks at what others have written
_ROOM = 0.9  # of the limit is what is left after making room
_PICTURE, _REASON = ".jpg", ".why"


class Kept(Struct, frozen=True, kw_only=True):
    """What is known of one picture: exactly one of both is set."""

    jpeg: bytes | None = None
    why: tuple[str, str] | None = None  #: Class and sentence, where there is none to be had.


class PictureCache:
    """A folder of pictures and of reasons why there are none. Any thread, any process.

    Parameters
    ----------
    folder
        Where they are; made when the first is kept.
    limit_bytes
        What all files together may have.
    """

    def __init__(self, folder: Path, *, limit_bytes: int) -> None:
        self.folder, self._limit = folder, limit_bytes
        self._lock = threading.Lock()
        self._bytes = 0
        self._until_recount = 0
        self._is_told = False

    def get(self, key: str) -> Kept | None:
        """Return what is kept under a key, and note that it was wanted."""
        try:
            jpeg = self._path(key, _PICTURE).read_bytes()
        except OSError:
            return self._reason(key)
        with suppress(OSError):
            os.utime(self._path(key, _PICTURE))
        return Kept(jpeg=jpeg)

    def put(self, key: str, kept: Kept) -> None:
        """Keep a picture, or the reason why there is none, as far as there is room."""
        if kept.jpeg is not None:
            content, suffix = kept.jpeg, _PICTURE
        else:
            content, suffix = json.dumps(kept.why).encode("ascii"), _REASON
        if len(content) > self._limit:
            return
        with self._lock:
            try:
                self._write(self._path(key, suffix), content)
                self._make_room(len(content))
            except OSError as problem:
                self._tell(problem)

    def _reason(self, key: str) -> Kept | None:
        try:
            error_class, error = json.loads(self._path(key, _REASON).read_bytes())
        except (OSError, ValueError, TypeError):
            return None
        return Kept(why=(str(error_class), str(error)))

    def _path(self, key: str, suffix: str) -> Path:
        return self.folder / key[:2] / (key[2:] + suffix)

    def _write(self, path: Path, content: bytes) -> None:
        """Write a file of which nobody ever sees a part."""
        path.parent.mkdir(parents=True, exist_ok=True)
        part = path.with_name(f"{path.name}.{os.getpid()}.part")
        try:
            part.write_bytes(content)
            part.replace(path)
        except OSError:
            part.unlink(missing_ok=True)
            raise

    def _make_room(self, added: int) -> None:
        self._bytes += added
        self._until_recount -= 1
        if self._until_recount > 0 and self._bytes <= self._limit:
            return
        self._until_recount = _RECOUNT_AFTER
        files = sorted(self._files())
        self._bytes = sum(size for _used, size, _path in files)
        if self._bytes <= self._limit:
            return
        for _used, size, path in files:
            if self._bytes <= self._limit * _ROOM:
                return
            Path(path).unlink(missing_ok=True)
            self._bytes -= size

    def _files(self) -> list[tuple[int, int, str]]:
        """Return when each file was last wanted, its size and its path."""
        found = []
        for folder in self.folder.iterdir():
            if not folder.is_dir():
                continue
            with os.scandir(folder) as entries:
                for entry in entries:
                    with suppress(FileNotFoundError):  # another process made room
                        seen = entry.stat(follow_symlinks=False)
                        found.append((seen.st_mtime_ns, seen.st_size, entry.path))
        return found

    def _tell(self, problem: OSError) -> None:
        if not self._is_told:
            self._is_told = True
            log.warning(
                "Pictures are not kept in '%s': %s.", shown(self.folder), shown(problem.strerror)
            )
