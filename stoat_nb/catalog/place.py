"""Whether a library's file may be where it is said to be: asked before anything is opened."""

from __future__ import annotations

import os
import re
import stat
from pathlib import Path

from stoat_nb.errors import CatalogError, CatalogNotWritable
from stoat_nb.names import shown

#: File systems on which SQLite's shared memory and locks cannot be relied on.
NETWORK_FILE_SYSTEMS = frozenset(
    {
        "9p",
        "afs",
        "beegfs",
        "ceph",
        "cifs",
        "coda",
        "davfs",
        "fakeowner",
        "fuse.davfs2",
        "fuse.glusterfs",
        "fuse.grpcfuse",
        "fuse.rclone",
        "fuse.s3fs",
        "fuse.sshfs",
        "lustre",
        "ncpfs",
        "nfs",
        "nfs4",
        "prl_fs",
        "smb3",
        "smbfs",
        "vboxsf",
        "virtiofs",
    }
)


def check_place(path: Path) -> None:
    """Refuse a place where no library can be, in words that say why."""
    try:
        kind = stat.S_IFMT(path.stat().st_mode)
    except FileNotFoundError:
        _check_folder(path)
    except (OSError, ValueError) as problem:
        raise CatalogNotWritable(path, getattr(problem, "strerror", None) or problem) from None
    else:
        _check_kind(path, kind)
    _check_encoding(path)
    refuse_network(path, file_system_of(os.path.realpath(path), _mounts()))


def refuse_network(path: Path, file_system: str) -> None:
    """Refuse a network file system: two machines there do not see each other's locks."""
    if file_system in NETWORK_FILE_SYSTEMS:
        raise CatalogError(
            f"The library '{shown(path)}' would be on a network file system ({file_system}), "
            "where SQLite can damage it. Keep it on a local disk; the videos may stay there."
        )


def file_system_of(path: str, mounts: str) -> str:
    """Return the type of the file system that holds a real path, from mountinfo's text."""
    best, found = -1, ""
    for line in mounts.splitlines():
        before, _, after = line.partition(" - ")
        point, kind = before.split(" ")[4:5], after.split(" ", 1)[0]
        # Of two mounts on the same point the later one is seen.
        if point and len(point[0]) >= best and _is_below(path, _unescaped(point[0])):
            best, found = len(point[0]), kind
    return found


def _is_below(path: str, point: str) -> bool:
    return path == point or path.startswith(point.rstrip("/") + "/")


def _unescaped(point: str) -> str:
    return re.sub(r"\\([0-7]{3})", lambda digits: chr(int(digits[1], 8)), point)


def _mounts() -> str:
    try:
        return Path("/proc/self/mountinfo").read_text("utf-8", "surrogateescape")
    except OSError:
        return ""  # without it nothing can be told, and most disks are local


def _check_folder(path: Path) -> None:
    if path.is_symlink():
        raise CatalogNotWritable(path, "it is a link to something that is not there")
    if not path.parent.is_dir():
        raise CatalogNotWritable(path, f"there is no folder '{shown(path.parent)}'")


def _check_kind(path: Path, kind: int) -> None:
    if kind == stat.S_IFDIR:
        raise CatalogNotWritable(path, "it is a folder")
    if kind != stat.S_IFREG:
        raise CatalogNotWritable(path, "it is a device or a pipe, not a file")


def _check_encoding(path: Path) -> None:
    try:
        str(path).encode()
    except UnicodeEncodeError:
        raise CatalogNotWritable(path, "its path is not valid UTF-8") from None
