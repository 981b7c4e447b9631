"""SQLite's locks, kept so that nothing else in this process can drop them.

POSIX gives locks on a file to the process, and drops all of them as soon as the process closes any
descriptor of the file: another SQLite (``sqlite3``, pandas, DuckDB), a copy or a plain ``open`` is
enough. Locks of an *open file description* belong to that, and nobody else's ``close`` drops them.

SQLite knows one state of locks per file and process, and sets and drops them through whichever of
its descriptors is at hand. So all locks of a library go through one description, which is ours:
``_held``. Its ``-shm`` file has one descriptor per process anyway.

The calls are redirected by a function in machine code in SQLite's table of system calls
(``system_calls.py`` says why). ``docs/reliability.md`` says more.
"""

from __future__ import annotations

import ctypes
import fcntl
import os
import struct
import threading
from dataclasses import dataclass, field
from pathlib import Path

import apsw

from stoat_nb.catalog import forked
from stoat_nb.catalog.system_calls import IMPOSSIBLE, UnixCalls, memory, place
from stoat_nb.errors import CatalogError
from stoat_nb.logs import logger

log = logger(__name__)

#: ``fcntl(descriptor, command, lock)``, as bytes and what they mean; the addresses of ``table`` and
#: of the system's own follow them. In words: where a lock is asked for (commands 5 to 7), of the
#: ``-shm`` file (its locks begin below the byte 2**30) or of a descriptor that ``table`` maps to
#: another, take that one, and the command for its description, which is 31 more and wants 0 for
#: the process; then do as the system does.
LISTINGS = {
    "x86_64": """
        8d4efb          lea ecx, [rsi - 5]
        83f902          cmp ecx, 2
        7734            ja real
        488b4a08        mov rcx, [rdx + 8]
        48ffc9          dec rcx
        4881f9ffffff3f  cmp rcx, 0x3fffffff
        721a            jb own
        89f9            mov ecx, edi
        c1e910          shr ecx, 16
        751d            jnz real
        89f9            mov ecx, edi
        4c8b1d20000000  mov r11, [rip + first]
        418b0c8b        mov ecx, [r11 + rcx * 4]
        85c9            test ecx, ecx
        740c            jz real
        89cf            mov edi, ecx
        c7421800000000  own: mov dword ptr [rdx + 24], 0
        83c61f          add esi, 31
        ff250e000000    real: jmp [rip + second]
        660f1f440000    .balign 8
    """,
    "aarch64": """
        29140051        sub w9, w1, #5
        3f090071        cmp w9, #2
        a8010054        b.hi real
        4a0440f9        ldr x10, [x2, #8]
        6a0000b4        cbz x10, main
        4afd5ed3        lsr x10, x10, #30
        ea0000b4        cbz x10, own
        0b7c1053        main: lsr w11, w0, #16
        eb000035        cbnz w11, real
        2b010058        ldr x11, first
        6b5960b8        ldr w11, [x11, w0, uxtw #2]
        8b000034        cbz w11, real
        e0030b2a        mov w0, w11
        5f1800b9        own: str wzr, [x2, #24]
        217c0011        add w1, w1, #31
        b0000058        real: ldr x16, second
        00021fd6        br x16
        1f2003d5        .balign 8
    """,
}
#: Descriptors that the table has room for.
_MOST = 1 << 16
_DESCRIPTOR_OFFSET = 24  #: Of ``h`` in ``struct unixFile``, behind three pointers.
_FLOCK = struct.Struct("hhqqi4x")

#: Device and inode.
_File = tuple[int, int]


@dataclass(slots=True)
class _Description:
    """Our own open file description of a library, which all its locks go through."""

    descriptor: int
    #: The descriptors of SQLite's that are mapped to it.
    mapped: set[int] = field(default_factory=set)


class _Redirection:
    """The redirected system call, and which descriptor stands for which."""

    def __init__(self) -> None:
        table = ctypes.c_int * _MOST
        address = memory(ctypes.sizeof(table))
        with UnixCalls() as calls:
            code = place(LISTINGS, address, calls.xGetSystemCall("fcntl"))
            calls.xSetSystemCall("fcntl", code)
        self.table = table.from_address(address)
        os.register_at_fork(after_in_child=_leave_to_the_parent)


_lock = threading.Lock()
_held: dict[_File, _Description] = {}
_redirection: _Redirection | None = None
_is_possible = True


def connect(path: Path, flags: int) -> apsw.Connection:
    """Open a file with SQLite, so that its locks are kept; close it with ``disconnect``."""
    forked.check()
    with _lock:
        connection = apsw.Connection(os.fspath(path), flags=flags)
        try:
            _redirect(connection, path)
        except BaseException:
            connection.close()
            raise
        return connection


def disconnect(connection: apsw.Connection) -> None:
    """Close a connection. With the last one of a file our own description of it goes, too."""
    with _lock:
        try:
            connection.close()
        finally:
            _let_go()


def are_kept() -> bool:
    """Whether locks of this process are kept whatever else it opens and closes."""
    with _lock:
        return _redirected() is not None


def _redirected() -> _Redirection | None:
    global _redirection, _is_possible  # noqa: PLW0603 - there is one table of calls per process
    if _redirection is None and _is_possible:
        try:
            _redirection = _Redirection()
        except IMPOSSIBLE as problem:
            _is_possible = False
            log.info("another SQLite in this process may drop the locks of libraries: %s", problem)
    return _redirection


def _redirect(connection: apsw.Connection, path: Path) -> None:
    redirection = _redirected()
    if redirection is None or connection.open_vfs != "unix":
        return
    _let_go()
    descriptor = _descriptor_of(connection)
    file = _file_of(descriptor)
    if file is None:
        return
    if descriptor >= _MOST:
        raise CatalogError(
            f"This process has more than {_MOST:,} files open, too many to open a library. "
            "Close some of them."
        )
    if file not in _held:
        own = _own_descriptor(path, file)
        if own is None:
            return
        _held[file] = _Description(own)
    _held[file].mapped.add(descriptor)
    redirection.table[descriptor] = _held[file].descriptor


def _let_go() -> None:
    """Forget what SQLite has closed. It keeps descriptors until the last lock of the file goes."""
    if _redirection is None:
        return
    for file, description in list(_held.items()):
        for descriptor in [one for one in description.mapped if _file_of(one) != file]:
            _redirection.table[descriptor] = 0
            description.mapped.remove(descriptor)
        if not description.mapped:
            del _held[file]
            os.close(description.descriptor)


def _leave_to_the_parent() -> None:
    """In a forked child: never touch a lock of the parent's; its own ones are POSIX's."""
    global _lock, _redirection, _is_possible
    _lock, _redirection, _is_possible = threading.Lock(), None, False
    with UnixCalls() as calls:
        calls.xSetSystemCall("fcntl", 0)
    for description in _held.values():
        os.close(description.descriptor)
    _held.clear()


def _own_descriptor(path: Path, file: _File) -> int | None:
    """Open a file for its locks; None where there are no locks of descriptions."""
    try:
        own = os.open(path, os.O_RDWR | os.O_CLOEXEC)
    except OSError:
        own = os.open(path, os.O_RDONLY | os.O_CLOEXEC)
    try:
        if _file_of(own) == file:
            fcntl.fcntl(own, fcntl.F_OFD_GETLK, _FLOCK.pack(fcntl.F_RDLCK, os.SEEK_SET, 1, 1, 0))
            return own
    except OSError as problem:
        log.info("the file system of %r has no locks of descriptions: %s", path, problem)
    os.close(own)
    return None


def _descriptor_of(connection: apsw.Connection) -> int:
    file = ctypes.c_void_p()
    connection.file_control("main", apsw.SQLITE_FCNTL_FILE_POINTER, ctypes.addressof(file))
    return ctypes.c_int.from_address((file.value or 0) + _DESCRIPTOR_OFFSET).value


def _file_of(descriptor: int) -> _File | None:
    try:
        status = os.fstat(descriptor)
    except OSError:
        return None
    return status.st_dev, status.st_ino
