"""Where a catalogued file lies, for those who want to open it once more."""

from __future__ import annotations

from hashlib import blake2b

import apsw
from msgspec import Struct

from stoat_nb.catalog.database import fetch
from stoat_nb.catalog.values import as_integer
from stoat_nb.errors import UnknownVideo
from stoat_nb.media.stat_guard import Place

_ONE = (
    "SELECT r.path, f.path, v.name, v.real_path, v.size_bytes, v.mtime_ns, v.inode, v.device, "
    "v.status, v.container FROM videos v JOIN folders f ON f.id = v.folder_id "
    "JOIN roots r ON r.id = f.root_id WHERE v.id = ?"
)


class Whereabouts(Struct, frozen=True, kw_only=True):
    """A file's place, and what the catalog makes of it."""

    place: Place
    device: int
    status: str
    container: str | None

    @property
    def tag(self) -> str:
        """A mark that is another for every other file, and for every other time of writing."""
        place = self.place
        told = repr((self.device, place.inode, place.size_bytes, place.mtime_ns))
        return blake2b(told.encode("ascii"), digest_size=12).hexdigest()


def whereabouts(connection: apsw.Connection, video_id: int) -> Whereabouts:
    """Return where the file of a row lies; UnknownVideo if there is no such row."""
    rows = fetch(connection, _ONE, (as_integer(video_id),))
    if not rows:
        raise UnknownVideo(video_id)
    root, folder, name, real_path, size_bytes, mtime_ns, inode, device, status, container = rows[0]
    below = folder[len(root) :].strip(b"/")
    relative = below + b"/" + name if below else name
    if real_path is not None:  # a link led there; no other is followed
        root, relative = b"/", real_path.lstrip(b"/")
    return Whereabouts(
        place=Place(
            root=root,
            relative=relative,
            size_bytes=size_bytes,
            mtime_ns=mtime_ns,
            inode=inode,
        ),
        device=device,
        status=status,
        container=container,
    )
