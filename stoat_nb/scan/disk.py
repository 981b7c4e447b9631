"""What a folder lies on: so that a disk is asked for no more at once than it is good at.

The kernel's own words are read: ``/proc/self/mountinfo`` (proc_pid_mountinfo(5)) says which file
system a device number belongs to, ``/sys/dev/block`` whether its disk turns.
"""

from __future__ import annotations

import os
import re
from pathlib import Path
from typing import Literal

from msgspec import Struct

Kind = Literal["solid", "turning", "network", "unknown"]

_NETWORK = frozenset({"nfs", "nfs4", "cifs", "smb3", "smbfs", "afs", "ceph", "9p", "lustre"})
#: User-space file systems that reach over the network are called after their program.
_NETWORK_PROGRAMS = frozenset({"sshfs", "rclone", "s3fs", "glusterfs", "davfs", "ceph"})
#: File systems that write a file's number down: it is the same after the disk was away.
_KEEPS_NUMBERS = frozenset(
    {"ext2", "ext3", "ext4", "xfs", "btrfs", "zfs", "f2fs", "jfs", "bcachefs", "tmpfs", "overlay"}
    | {"nfs", "nfs4", "ceph", "lustre"}
)
#: A disk of a virtual machine says that it turns, whatever it really lies on.
_VIRTUAL = ("/virtio", "/vbd-", "/VMBUS:")
_ESCAPED = re.compile(rb"\\([0-7]{3})")


class Disk(Struct, frozen=True):
    """The disk behind a folder, as far as the system tells."""

    device: int  #: As ``os.stat`` numbers it.
    kind: Kind
    keeps_numbers: bool  #: Whether a file's number is worth comparing.

    def readers(self, slots: int, at_most: int | None) -> int:
        """Return how many processes may read from it at once, of so many.

        A head that turns between two places reads less than one that stays at one.
        """
        if at_most is not None:
            return min(slots, at_most)
        return 1 if self.kind == "turning" else slots


def disk_of(
    folder: bytes,
    *,
    mounts: Path = Path("/proc/self/mountinfo"),
    blocks: Path = Path("/sys/dev/block"),
) -> Disk:
    """Tell what a folder lies on. Blocking."""
    try:
        device = os.stat(folder).st_dev  # noqa: PTH116 - bytes
    except OSError:
        return Disk(0, "unknown", keeps_numbers=False)
    file_system = _file_system(os.path.realpath(folder), mounts)
    keeps_numbers = file_system in _KEEPS_NUMBERS
    if _is_network(file_system):
        return Disk(device, "network", keeps_numbers)
    return Disk(device, _kind(device, blocks), keeps_numbers)


def _is_network(file_system: str | None) -> bool:
    kind, _, program = (file_system or "").partition(".")
    return kind in _NETWORK or program in _NETWORK_PROGRAMS


def _file_system(folder: bytes, mounts: Path) -> str | None:
    """Return the type of the file system that a folder lies on: of the innermost mount above it."""
    found, longest = None, -1
    try:
        lines = mounts.read_bytes().splitlines()
    except OSError:  # not Linux
        return None
    for line in lines:
        before, _, after = line.partition(b" - ")
        point = _ESCAPED.sub(_byte, before.split(b" ")[4])
        # Of several mounts on one point the last one counts.
        if _is_in(folder, point) and len(point) >= longest:
            found, longest = after.split(b" ")[0].decode("ascii", "replace"), len(point)
    return found


def _byte(match: re.Match[bytes]) -> bytes:
    return bytes([int(match[1], 8) & 0xFF])


def _is_in(folder: bytes, point: bytes) -> bool:
    return folder == point or folder.startswith(point.rstrip(b"/") + b"/")


def _kind(device: int, blocks: Path) -> Kind:
    place = (blocks / f"{os.major(device)}:{os.minor(device)}").resolve()
    if any(word in str(place) for word in _VIRTUAL):
        return "unknown"
    for disk in (place, place.parent):  # a partition's disk is the folder around it
        try:
            turns = (disk / "queue" / "rotational").read_text("ascii").strip()
        except OSError:
            continue
        return "turning" if turns == "1" else "solid"
    return "unknown"
