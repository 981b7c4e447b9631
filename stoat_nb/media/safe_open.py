"""Opening beneath a root: no link is followed, nothing outside is reached, nothing blocks.

Linux's ``openat2`` refuses in the kernel what a check before the open could only race with. Where
it is missing or forbidden, and for paths longer than it takes, each part of the path is opened by
itself without following links.
"""

from __future__ import annotations

import ctypes
import errno
import functools
import os
import stat
from collections.abc import Callable
from typing import cast

from stoat_nb.errors import require_linux

require_linux()  # before the first name that other systems lack

_OPENAT2 = 437  # the same number on every architecture
_NO_MAGIC_LINKS, _NO_SYMLINKS, _BENEATH = 0x02, 0x04, 0x08
_RESOLVE = _NO_MAGIC_LINKS | _NO_SYMLINKS | _BENEATH
_LONGEST = 4000  # the kernel takes paths of up to 4095 bytes in one call
_MISSING = frozenset({errno.ENOSYS, errno.EPERM, errno.EINVAL, errno.E2BIG})

_FOLDER = os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC | os.O_NONBLOCK
_STEP = os.O_PATH | os.O_DIRECTORY | os.O_CLOEXEC
_FILE = os.O_RDONLY | os.O_NONBLOCK | os.O_CLOEXEC | os.O_NOCTTY


class NotRegularError(OSError):
    """What was opened is a pipe, a socket, a device or a folder."""


class _How(ctypes.Structure):
    _fields_ = (
        ("flags", ctypes.c_uint64),
        ("mode", ctypes.c_uint64),
        ("resolve", ctypes.c_uint64),
    )


_HOW_BYTES = ctypes.sizeof(_How)


def opened_beneath(root: bytes, relative: bytes) -> tuple[int, os.stat_result]:
    """Open a regular file for reading; return its descriptor, and what it is.

    Raises ``OSError``: ``NotRegularError`` for anything but a regular file, ``EXDEV`` for a path
    that would leave the root, ``ELOOP`` for a link on the way.
    """
    root_fd = open_root(root)
    try:
        fd = _open(root_fd, relative, _FILE)
    finally:
        os.close(root_fd)
    seen = os.fstat(fd)
    if stat.S_ISREG(seen.st_mode):
        return fd, seen
    os.close(fd)
    raise NotRegularError(errno.EINVAL, "It is not a regular file", relative)


def open_root(root: bytes) -> int:
    """Open the folder a scan was asked for. Links on the way to it are the user's own choice."""
    return os.open(root, _FOLDER)


def open_folder(root_fd: int, relative: bytes) -> int:
    """Open a folder beneath an open root; an empty path is the root itself."""
    return _open(root_fd, relative, _FOLDER) if relative else os.open(b".", _FOLDER, dir_fd=root_fd)


def _open(root_fd: int, relative: bytes, flags: int) -> int:
    parts = relative.split(b"/")
    if any(part in (b"", b".", b"..") or b"\0" in part for part in parts):
        raise OSError(errno.EXDEV, "It is no plain path beneath the folder", relative)
    if has_openat2() and len(relative) <= _LONGEST:
        return _openat2(root_fd, relative, flags)
    here = root_fd
    try:
        for name in parts[:-1]:
            there = os.open(name, _STEP | os.O_NOFOLLOW, dir_fd=here)
            if here != root_fd:
                os.close(here)
            here = there
        return os.open(parts[-1], flags | os.O_NOFOLLOW, dir_fd=here)
    finally:
        if here != root_fd:
            os.close(here)


@functools.cache
def has_openat2() -> bool:
    """Whether the kernel has ``openat2`` and lets us call it."""
    try:
        os.close(_openat2(-100, b".", _STEP))  # -100: relative to the working folder
    except OSError as error:
        if error.errno in _MISSING:
            return False
        raise
    return True


@functools.cache
def _syscall() -> Callable[..., int]:
    syscall = ctypes.CDLL(None, use_errno=True).syscall
    syscall.restype = ctypes.c_long
    syscall.argtypes = (
        ctypes.c_long,
        ctypes.c_int,
        ctypes.c_char_p,
        ctypes.POINTER(_How),
        ctypes.c_size_t,
    )
    return cast("Callable[..., int]", syscall)


def _openat2(dir_fd: int, path: bytes, flags: int) -> int:
    how, call = _How(flags, 0, _RESOLVE), _syscall()
    while True:
        fd = call(_OPENAT2, dir_fd, path, how, _HOW_BYTES)
        if fd >= 0:
            return fd
        code = ctypes.get_errno()
        if code not in (errno.EINTR, errno.EAGAIN):
            raise OSError(code, os.strerror(code), path)
