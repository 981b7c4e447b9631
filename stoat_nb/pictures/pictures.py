"""The pictures of a library: out of the cache, or drawn now."""

from __future__ import annotations

import base64
import binascii
import os
import threading
from collections.abc import Callable, Mapping
from concurrent.futures import CancelledError, Future
from functools import lru_cache, partial
from hashlib import blake2b
from typing import Any

from msgspec import Struct

from stoat_nb.catalog.whereabouts import Whereabouts
from stoat_nb.engines.engine import Answer
from stoat_nb.errors import NoPicture, PicturesBusy, StoatError
from stoat_nb.media.failures import ERROR_CLASSES
from stoat_nb.media.faults import failure_of
from stoat_nb.names import shown
from stoat_nb.pictures.cache import Kept, PictureCache
from stoat_nb.pictures.studio import Studio

#: Pictures that may be waited for at once; who asks for more is told to come again.
MOST_WAITING = 64
#: Seconds a picture may take before its process is killed; it stops by itself a little earlier.
DEADLINE_S, WITHIN_S = 20.0, 15.0

_FORM = 1  # of pictures: another number, and all are drawn anew
#: Reasons that may be gone the next time.
_PASSING = frozenset({"internal", "unreadable", "vanished", "changed_while_read"})
_JPEG = b"\xff\xd8\xff"


class Picture(Struct, frozen=True, kw_only=True):
    """A JPEG file, and a mark that is another for every other content."""

    jpeg: bytes
    etag: str


class Pictures:
    """Hands out the pictures of catalogued videos.

    Parameters
    ----------
    whereabouts
        Says where the file of a video lies.
    cache
        Where pictures are kept.
    memory_bytes
        Address space that drawing may take.
    """

    def __init__(
        self,
        whereabouts: Callable[[int], Whereabouts],
        cache: PictureCache,
        *,
        memory_bytes: int,
    ) -> None:
        self._whereabouts, self.cache = whereabouts, cache
        self._studio = Studio(deadline_s=DEADLINE_S, memory_bytes=memory_bytes)
        self._lock = threading.Lock()
        self._waiting: dict[str, Future[Picture]] = {}

    def ask(self, video_id: int, kind: str) -> Future[Picture]:
        """Return what will be the picture of a video, or NoPicture, and often is at once.

        Raises
        ------
        UnknownVideo
            If there is no such video.
        PicturesBusy
            If too many others are waited for.
        """
        known = self._whereabouts(video_id)
        if known.status not in ("ok", "failed"):
            raise NoPicture("its file is not there at present")
        key = _key_of(video_id, known, kind)
        with self._lock:
            if key in self._waiting:
                return self._waiting[key]
        kept = self.cache.get(key)
        if kept is not None:
            return _done(key, kept)
        return self._wait_for(key, _item_of(known, kind))

    def close(self) -> None:
        """Stop drawing; whoever waits is told."""
        self._studio.close()

    def _wait_for(self, key: str, item: Mapping[str, Any]) -> Future[Picture]:
        with self._lock:
            if key in self._waiting:
                return self._waiting[key]
            if len(self._waiting) >= MOST_WAITING:
                raise PicturesBusy(len(self._waiting))
            wanted: Future[Picture] = Future()
            wanted.set_running_or_notify_cancel()  # others may be waiting for the same one
            self._waiting[key] = wanted
        self._studio.draw(item).add_done_callback(partial(self._take, key, wanted))
        return wanted

    def _take(self, key: str, wanted: Future[Picture], drawn: Future[Answer]) -> None:
        """Hand out and keep what was drawn; on the studio's thread."""
        try:
            kept = _kept(drawn.result())
        except (RuntimeError, CancelledError):
            kept = Kept(why=("internal", "The library was closed."))
        except StoatError as problem:
            kept = Kept(why=("internal", str(problem)))
        if kept.why is None or kept.why[0] not in _PASSING:
            self.cache.put(key, kept)
        with self._lock:
            del self._waiting[key]
        _settle(wanted, key, kept)


@lru_cache(maxsize=1)
def _av_version() -> str:
    # The installer's records say it without loading libav, and are slow to load themselves.
    from importlib.metadata import version  # noqa: PLC0415 - only who asks for a picture pays

    return version("av")


def _key_of(video_id: int, known: Whereabouts, kind: str) -> str:
    """Name a picture by all that makes it what it is: another file has another name."""
    place = known.place
    parts = (_FORM, _av_version(), video_id, kind, known.device, place.inode)
    told = repr((*parts, place.size_bytes, place.mtime_ns))
    return blake2b(told.encode("ascii"), digest_size=16).hexdigest()


def _item_of(known: Whereabouts, kind: str) -> dict[str, Any]:
    place = known.place
    return {
        "root": os.fsdecode(place.root),
        "relative": os.fsdecode(place.relative),
        "size_bytes": place.size_bytes,
        "mtime_ns": place.mtime_ns,
        "inode": place.inode,
        "kind": kind,
        "within_s": WITHIN_S,
    }


def _kept(answer: Answer) -> Kept:
    """Check what a process answered that has read a hostile file."""
    if answer.fault is not None:
        failure = failure_of(str(answer.fault.kind), answer.fault.message)
        return Kept(why=(failure.error_class, failure.error))
    value = answer.value if isinstance(answer.value, Mapping) else {}
    jpeg, failed = value.get("jpeg"), value.get("failure")
    if isinstance(jpeg, str):
        try:
            content = base64.b64decode(jpeg, validate=True)
        except (binascii.Error, ValueError):
            content = b""
        if content.startswith(_JPEG):
            return Kept(jpeg=content)
    return Kept(why=_reason(failed if isinstance(failed, Mapping) else {}))


def _reason(failed: Mapping[str, Any]) -> tuple[str, str]:
    error_class, error = failed.get("error_class"), failed.get("error")
    if error_class in ERROR_CLASSES and isinstance(error, str):
        return str(error_class), shown(error)
    return "internal", "The process that draws gave no sensible answer."


def _done(key: str, kept: Kept) -> Future[Picture]:
    wanted: Future[Picture] = Future()
    _settle(wanted, key, kept)
    return wanted


def _settle(wanted: Future[Picture], key: str, kept: Kept) -> None:
    if kept.jpeg is not None:
        wanted.set_result(Picture(jpeg=kept.jpeg, etag=key))
    else:
        assert kept.why is not None  # noqa: S101 - one of both is
        wanted.set_exception(NoPicture(kept.why[1]))
