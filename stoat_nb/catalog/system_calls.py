"""SQLite's table of system calls, and functions in machine code to put into it.

A function in Python would have to take the interpreter's lock while SQLite holds its own, and apsw
closes files with the interpreter's lock in its hand: two threads then wait for each other for ever.
"""

from __future__ import annotations

import ctypes
import errno
import mmap
import platform
import struct
import sys
from collections.abc import Mapping
from typing import Self

import apsw

#: What ``place`` raises where it cannot.
IMPOSSIBLE = (OSError, AttributeError, KeyError)


class UnixCalls(apsw.VFS):
    """The system calls of SQLite's own VFS; another VFS on top of it is the way to them."""

    def __init__(self) -> None:
        super().__init__("stoat-calls", "unix")

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.unregister()


def place(listings: Mapping[str, str], *words: int | None) -> int:
    """Make the code of a listing executable, with words of 64 bits behind it; return its address.

    A listing has the bytes of an instruction and what they mean in each line, for each machine.
    """
    if sys.platform != "linux" or sys.maxsize < 1 << 62 or None in words:
        raise OSError(errno.ENOSYS, f"not known on {sys.platform}")
    lines = listings[platform.machine()].split("\n")
    code = b"".join(bytes.fromhex(line.split()[0]) for line in lines if line.strip())
    code += struct.pack(f"{len(words)}Q", *words)
    address = memory(mmap.PAGESIZE)
    ctypes.memmove(address, code, len(code))
    system = ctypes.CDLL(None, use_errno=True)
    system.mprotect.argtypes = [ctypes.c_void_p, ctypes.c_size_t, ctypes.c_int]
    if system.mprotect(address, mmap.PAGESIZE, mmap.PROT_READ | mmap.PROT_EXEC):
        raise OSError(ctypes.get_errno(), "this process may make no memory executable")
    return address


def memory(size: int) -> int:
    """Return memory that is never given back: SQLite may make calls to the very end."""
    system = ctypes.CDLL(None, use_errno=True)
    system.mmap.restype = ctypes.c_void_p
    system.mmap.argtypes = [ctypes.c_void_p, ctypes.c_size_t, *[ctypes.c_int] * 3, ctypes.c_long]
    protection, flags = mmap.PROT_READ | mmap.PROT_WRITE, mmap.MAP_PRIVATE | mmap.MAP_ANONYMOUS
    address = system.mmap(None, size, protection, flags, -1, 0)
    if address == ctypes.c_void_p(-1).value:
        raise OSError(ctypes.get_errno(), "no memory for a system call")
    return int(address)
