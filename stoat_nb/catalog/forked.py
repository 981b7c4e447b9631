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

from stoat_nb.catalog.system_calls import IMPOSSIBLE, UnixCalls, place
from stoat_nb.errors import CatalogError

#: ``fstat(descriptor, status)``, as bytes and what they mean; the addresses of the system's own and
#: a mark follow them. In words: do as the system does, and mark the device, which comes first.
LISTINGS = {
    "x86_64": """
        56              push rsi
        ff1511000000    call [rip + first]
        5e              pop rsi
        85c0            test eax, eax
        750a            jnz end
        488b0d0d000000  mov rcx, [rip + second]
        48310e          xor [rsi], rcx
        c3              end: ret
        90              .balign 8
    """,
    "aarch64": """
        fd7bbea9        stp x29, x30, [sp, #-32]!
        e10b00f9        str x1, [sp, #16]
        50010058        ldr x16, first
        00023fd6        blr x16
        e10b40f9        ldr x1, [sp, #16]
        a0000035        cbnz w0, end
        02010058        ldr x2, second
        230040f9        ldr x3, [x1]
        630002ca        eor x3, x3, x2
        230000f9        str x3, [x1]
        fd7bc2a8        end: ldp x29, x30, [sp], #32
        c0035fd6        ret
    """,
}
_is_barred = False


def check() -> None:
    """Refuse to open a library in a forked child that would take its parent's locks for its own."""
    if _is_barred:
        raise CatalogError(
            "A forked process cannot open a library on this machine. Start the process otherwise, "
            "for example with multiprocessing.get_context('spawn')."
        )


def _separate_from_parent() -> None:
    """Run in every forked child, before anything else can use SQLite."""
    global _is_barred  # noqa: PLW0603 - there is one table of calls per process
    # Never closed here, also not at exit, when the module would close all that it knows of.
    for inherited in (apsw, *apsw.connections()):
        ctypes.pythonapi.Py_IncRef(ctypes.py_object(inherited))
    try:
        _forget_inherited_locks()
    except IMPOSSIBLE:
        _is_barred = True


def _forget_inherited_locks() -> None:
    """Have SQLite see every file as another than the parent saw, and so as one without locks.

    It tells files apart by the device and the number that ``fstat`` reports.
    """
    with UnixCalls() as calls:
        calls.xSetSystemCall("fstat", 0)
        code = place(LISTINGS, calls.xGetSystemCall("fstat"), os.getpid() << 32)
        calls.xSetSystemCall("fstat", code)


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
