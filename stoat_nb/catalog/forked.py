"""SQLite in a forked child: the parent's connections are left alone, and new ones lock properly.

SQLite keeps one record per open file of the locks that its process holds (``unixInodeInfo`` in its
``os_unix.c``). A fork copies the records, but not the locks. A connection that the child opens to
the same file would take the copies for its own locks: it would read unprotected, and wait for ever
for a writer that is not there. Closing an inherited connection would touch the parent's log.
"""

from __future__ import annotations

import ctypes
import os

import apsw

#: Kept for as long as the process lives: SQLite calls it.
_kept: list[object] = []


def _separate_from_parent() -> None:
    """Run in every forked child, before anything else can use SQLite."""
    # Never closed here, also not at exit, when the module would close all that it knows of.
    for inherited in (apsw, *apsw.connections()):
        ctypes.pythonapi.Py_IncRef(ctypes.py_object(inherited))
    _forget_inherited_locks()


def _forget_inherited_locks() -> None:
    """Have SQLite see every file as another than the parent saw, and so as one without locks.

    It tells files apart by the device and the number that ``fstat`` reports.
    """
    mark = os.getpid() << 32
    system = ctypes.CDLL(None, use_errno=True)

    def fstat(descriptor: int, status: int) -> int:
        result = int(system.fstat(descriptor, ctypes.c_void_p(status)))
        if result == 0:
            ctypes.c_uint64.from_address(status).value ^= mark  # st_dev comes first
        return result

    signature = ctypes.CFUNCTYPE(ctypes.c_int, ctypes.c_int, ctypes.c_void_p, use_errno=True)
    call, vfs = signature(fstat), apsw.VFS("stoat-forked", "")
    vfs.xSetSystemCall("fstat", ctypes.cast(call, ctypes.c_void_p).value or 0)
    _kept.extend((call, vfs))


def _count_no_memory() -> None:
    """Have SQLite not count the memory it uses, for which all its threads would share a lock.

    A thread that holds it while another one forks would leave it locked in the child for ever.
    """
    if not apsw.connections():
        apsw.shutdown()
        apsw.config(apsw.SQLITE_CONFIG_MEMSTATUS, False)
        apsw.initialize()


_count_no_memory()
os.register_at_fork(after_in_child=_separate_from_parent)
