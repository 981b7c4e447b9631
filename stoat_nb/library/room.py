"""The engine room of an open library: one per file in a process, however often it is opened.

A notebook's cell is run again, a page opens what the cell beside it has open: each gets a handle of
its own, and all handles share one queue, one catalog, one set of readers. The room is closed when
the last handle is closed or forgotten.
"""

from __future__ import annotations

import atexit
import os
import threading
import weakref
from collections.abc import Callable
from contextlib import ExitStack, suppress
from functools import partial
from pathlib import Path

from msgspec.structs import replace

from stoat_nb.catalog.catalog import Catalog
from stoat_nb.catalog.retention import Retention
from stoat_nb.engines.local import LocalEngine
from stoat_nb.engines.parcel import send
from stoat_nb.errors import (
    CatalogClosed,
    CatalogError,
    CatalogMoved,
    CatalogNotOpened,
    JobError,
    OpenedElsewhere,
)
from stoat_nb.jobs.memory_queue import InMemoryJobQueue
from stoat_nb.jobs.queue import Take
from stoat_nb.jobs.thread import QueueThread
from stoat_nb.maps import MAP_JOB_TYPE, MAP_LOCK, make_map_handler
from stoat_nb.names import shown
from stoat_nb.pictures import PictureCache, Pictures
from stoat_nb.scan import SCAN_JOB_TYPE, SCAN_LOCK, make_scan_handler
from stoat_nb.settings import Settings

_rooms: list[EngineRoom] = []
#: Rooms of the process that this one was forked from: never used, never closed, never collected.
_inherited: list[EngineRoom] = []
_lock = threading.RLock()


#: Maps that run at once: the other workers of the queue are for scans.
MAPS = 2
_FILES_OF_MAP, _CALLS_OF_MAP = 1024, 10_000


def _engine_of_map(workers: int, resident_bytes: int) -> LocalEngine:
    """Return an engine for functions of people's own, which may need much."""
    return LocalEngine(
        workers=workers,
        memory_bytes=None,
        resident_bytes=resident_bytes,
        files=_FILES_OF_MAP,
        recycle_after=_CALLS_OF_MAP,
    )


class EngineRoom:
    """Everything that one open library file needs: catalog, queue, readers and pictures."""

    def __init__(
        self,
        path: Path,
        settings: Settings,
        take: Take,
        read_only: bool = False,
        job_queue: InMemoryJobQueue | None = None,
    ) -> None:
        self.settings, self.take, self.read_only = settings, take, read_only
        self.is_shared = job_queue is None
        self.holds: set[object] = set()  #: One for each handle that uses it.
        with ExitStack() as undo:
            retention = Retention(count=settings.keep_jobs, days=settings.keep_jobs_days)
            takes = take != "none" and not read_only and job_queue is None
            self.catalog = Catalog(path, retention=retention, read_only=read_only, takes=takes)
            undo.callback(self.catalog.close)
            self.file = _identity(path)
            memory_bytes = settings.probe_memory_mb << 20
            engine = LocalEngine(
                workers=settings.probe_workers,
                deadline_s=settings.probe_timeout_s,
                memory_bytes=memory_bytes,
            )
            cache = PictureCache(
                path.with_name(f"{path.name}.pictures"),
                limit_bytes=settings.picture_cache_mb << 20,
            )
            self.pictures = Pictures(self.catalog.whereabouts, cache, memory_bytes=memory_bytes)
            self.queue = QueueThread(
                store=self.catalog.job_store,
                workers=settings.job_workers,
                timeout=settings.job_timeout_s,
                send=partial(send, engine),
                take="none" if read_only else take,
                on_close=engine.aclose,
                most_waiting=settings.max_pending_jobs,
                queue=job_queue,
            )
            undo.callback(self.queue.close)
            # A scan of a large disk takes hours: what is limited is how long it may stand still.
            self.queue.register_handler(
                SCAN_JOB_TYPE,
                make_scan_handler(catalog=self.catalog, engine=engine, settings=settings),
                timeout=None,
                stall_timeout=settings.stall_timeout_s,
                lock=SCAN_LOCK,
            )
            self.queue.register_handler(
                MAP_JOB_TYPE,
                make_map_handler(catalog=self.catalog, make_engine=_engine_of_map),
                timeout=None,
                concurrency=MAPS,
                lock=MAP_LOCK,
            )
            undo.pop_all()

    def serves(
        self, file: tuple[int, int] | None, settings: Settings, take: Take, read_only: bool = False
    ) -> bool:
        """Whether a library that is opened with these can use it."""
        mine = replace(self.settings, library=settings.library)
        asked, given = (self.file, mine, self.take), (file, settings, take)
        is_same = file is not None and asked == given and self.read_only == read_only
        return self.is_shared and is_same

    def close(self) -> None:
        """Stop what runs and let go of the file. May be called again."""
        self.queue.close()  # first, because it may refuse
        self.pictures.close()
        self.catalog.close()


class Hold:
    """One handle's hold on an engine room, which stays open as long as anybody holds it.

    Pickled, it is the library's path and how it was opened: whoever unpickles it opens the library.
    """

    def __init__(
        self,
        path: Path,
        settings: Settings,
        take: Take,
        read_only: bool = False,
        job_queue: InMemoryJobQueue | None = None,
    ) -> None:
        self.path, self.settings, self.take = path, settings, take
        self.read_only = read_only
        self.closed = False
        self._pid = os.getpid()
        self._token = object()
        with _lock:
            self._room = _room_for(path, settings, take, read_only, job_queue)
            self._room.holds.add(self._token)
        self._let_go = weakref.finalize(self, _forgotten, self._room, self._token, self._pid)
        self._let_go.atexit = False  # all rooms are closed earlier, while threads can still work

    @property
    def room(self) -> EngineRoom:
        """The room, as long as this handle is open and in the process that opened it."""
        self.check_process()
        if self.closed:
            raise CatalogClosed(self.path)
        return self._room

    def desk(self) -> QueueThread:
        """Return the queue, closed or not; jobs ask it for their state."""
        self.check_process()
        return self._room.queue

    def check_process(self) -> None:
        """Refuse to work in a forked child: threads, locks and connections stay with the parent."""
        if os.getpid() != self._pid:
            raise OpenedElsewhere(self.path)

    def close(self) -> None:
        """Let go of the room, and close it if nobody else holds it. May be called again."""
        room = self._room
        if os.getpid() == self._pid:
            with _lock:
                is_last = not room.holds - {self._token}
                if is_last:
                    _remove(room)
            if is_last:
                self._close_room()
            self._forget_room()
        self.closed = True

    def _close_room(self) -> None:
        try:
            self._room.close()
        except JobError:  # one of its own jobs asked for it
            with _lock:
                _rooms.append(self._room)
            raise
        except CatalogMoved:
            self._forget_room()
            self.closed = True
            raise

    def _forget_room(self) -> None:
        self._let_go.detach()
        self._room.holds.discard(self._token)

    def __reduce__(self) -> tuple[Callable[..., Hold], tuple[Path, Settings, Take, bool]]:
        return _held_again, (self.path, self.settings, self.take, self.read_only)


class Handle:
    """What the parts of a Library have in common: the open file behind them."""

    path: Path
    settings: Settings
    _hold: Hold

    @property
    def catalog(self) -> Catalog:
        """The tables; CatalogClosed once this library is closed."""
        return self._hold.room.catalog

    @property
    def closed(self) -> bool:
        """Whether this handle was closed."""
        return self._hold.closed

    @property
    def _pictures(self) -> Pictures:
        return self._hold.room.pictures

    @property
    def _queue(self) -> QueueThread:
        return self._hold.room.queue


def _held_again(path: Path, settings: Settings, take: Take, read_only: bool = False) -> Hold:
    """Open a library that was pickled, but do not make one."""
    if not path.exists():
        raise CatalogError(
            f"There is no library at '{shown(path)}' any more. "
            "Open it where it is now: Library(...)"
        )
    return Hold(path, settings, take, read_only)


def _room_for(
    path: Path,
    settings: Settings,
    take: Take,
    read_only: bool,
    job_queue: InMemoryJobQueue | None,
) -> EngineRoom:
    file = _identity(path)
    for room in _rooms if job_queue is None else ():
        if room.serves(file, settings, take, read_only) and room.catalog.is_usable():
            return room
    if not _exit_hook:
        # atexit's own callbacks come after executors are shut down; this hook, which is what
        # concurrent.futures itself uses, comes while threads can still work.
        getattr(threading, "_register_atexit", atexit.register)(_close_all)
        _exit_hook.append(_close_all)
    try:
        room = EngineRoom(path, settings, take, read_only, job_queue)
    except (OSError, RuntimeError) as problem:  # loops need descriptors, and queues need threads
        raise CatalogNotOpened(path, getattr(problem, "strerror", None) or problem) from problem
    _rooms.append(room)
    return room


_exit_hook: list[object] = []


def _forgotten(room: EngineRoom, token: object, pid: int) -> None:
    """Note that a handle was collected; that may be at any instruction of any thread: no locks."""
    if os.getpid() == pid:
        room.holds.discard(token)
        if not room.holds:
            room.queue.when_idle(partial(_close_unused, room))


def _close_unused(room: EngineRoom) -> None:
    with _lock:
        if room.holds:
            return  # opened again meanwhile
        _remove(room)
    _close_unattended(room)


def _close_all() -> None:
    while _rooms:
        with _lock:
            room = _rooms.pop() if _rooms else None
        if room is not None:
            _close_unattended(room)


def _close_unattended(room: EngineRoom) -> None:
    with suppress(CatalogMoved):  # which a traceback would not make clearer: it is logged
        room.close()


def _remove(room: EngineRoom) -> None:
    if room in _rooms:
        _rooms.remove(room)


def _identity(path: Path) -> tuple[int, int] | None:
    """Return what file is at a path, by whichever name."""
    try:
        status = path.stat()
    except OSError:
        return None
    return status.st_dev, status.st_ino


def _after_fork() -> None:
    global _lock  # noqa: PLW0603 - the parent's may be held by a thread that is not here
    _lock = threading.RLock()
    _inherited.extend(_rooms)
    _rooms.clear()


os.register_at_fork(after_in_child=_after_fork)
