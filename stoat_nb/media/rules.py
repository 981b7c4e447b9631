"""What a walk looks for, and what it leaves out by name."""

from __future__ import annotations

import os
import zlib
from collections.abc import Collection
from typing import Any, Literal, Self

from msgspec import Struct

from stoat_nb.media.video import FACTS_VERSION

#: Folders that systems and appliances keep for themselves, by lower-case name.
_SYSTEM_FOLDERS: dict[bytes, str] = {
    b"$recycle.bin": "the recycle bin of Windows",
    b"recycler": "the recycle bin of Windows",
    b"system volume information": "Windows' own folder",
    b"lost+found": "the file system's own folder",
    b"@eadir": "the index of a Synology NAS",
    b"#recycle": "the recycle bin of a Synology NAS",
    b"#snapshot": "the snapshots of a Synology NAS",
    b"@recycle": "the recycle bin of a QNAP NAS",
    b"@recently-snapshot": "the snapshots of a QNAP NAS",
    b"__macosx": "the resource forks of a macOS archive",
    b"node_modules": "a program's packages (.ts there is TypeScript)",
}


#: Which links a walk follows; never one that leads out of the roots.
FollowLinks = Literal["none", "files", "all"]


class Rules(Struct, frozen=True, kw_only=True):
    """What is looked for."""

    suffixes: frozenset[bytes]
    hidden: bool = False
    recursive: bool = True
    exclude: tuple[str, ...] = ()  #: Patterns in gitignore's syntax.
    follow_links: FollowLinks = "none"
    roots: tuple[bytes, ...] = ()  #: Real paths of the folders that may be scanned; none: any.

    @classmethod
    def of(cls, extensions: Collection[str], **others: Any) -> Self:
        """Return rules for files with certain endings."""
        suffixes = frozenset(os.fsencode(word.lower().lstrip(".")) for word in extensions)
        return cls(suffixes=suffixes, **others)

    @property
    def mark(self) -> int:
        """A number for what is looked for in a folder, but for the patterns."""
        said = sorted(map(os.fsdecode, self.suffixes))
        said += [str(self.hidden), self.follow_links, str(FACTS_VERSION)]
        return zlib.crc32(" ".join(said).encode("utf-8", "surrogateescape"))

    def allows(self, real: bytes) -> bool:
        """Whether a real path lies in a folder that may be scanned."""
        return not self.roots or any(
            real == root or real.startswith(root.rstrip(b"/") + b"/") for root in self.roots
        )

    def is_video(self, name: bytes) -> bool:
        dot = name.rfind(b".") + 1
        return dot > 0 and name[dot:].lower() in self.suffixes

    def unwanted_folder(self, name: bytes) -> str | None:
        if self.hidden:
            return None
        if reason := _SYSTEM_FOLDERS.get(name.lower()):
            return f"The folder is {reason}."
        return "The folder is hidden." if name.startswith(b".") else None

    def unwanted_file(self, name: bytes) -> str | None:
        if self.hidden or not name.startswith(b"."):
            return None
        if name.startswith(b"._"):
            return "The file holds what macOS notes about another file (AppleDouble)."
        return "The file is hidden."
