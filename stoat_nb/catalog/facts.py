"""From what a probe found to the cells of a row. Pure.

Cells go to SQLite as they are: what it would refuse, text that is no Unicode or numbers of more
than 64 bits, is rare and mended by ``values.mended`` when it has. What it would take in silence,
numbers that are not finite, never leaves here.
"""

from __future__ import annotations

import json
import os
import zlib
from collections.abc import Callable, Iterable
from functools import lru_cache
from math import inf, isfinite
from operator import attrgetter, itemgetter
from typing import Any

from msgspec import Struct
from msgspec.structs import astuple

from stoat_nb.catalog.column import columns_of, fact_columns, stream_columns
from stoat_nb.catalog.values import as_cell, as_moment_ns, as_stored_text, seconds_of
from stoat_nb.media.fact import facts_of
from stoat_nb.media.stream import Stream
from stoat_nb.media.video import FACTS_VERSION, Chapter, Found, Tag, Video
from stoat_nb.names import as_text

Cells = tuple[Any, ...]

_OWN = tuple(name for name in facts_of(Video) if name != "tool")  # a failure has a tool too
_PICTURE, _SOUND = stream_columns("video"), stream_columns("audio")
_SUMMED = columns_of(
    "v",
    "file",
    ("n_streams", "Int64", "Streams of any kind."),
    ("n_video", "Int64", "Video streams; cover pictures are not counted."),
    ("n_audio", "Int64", "Audio streams."),
    ("n_subtitle", "Int64", "Subtitle streams inside the file."),
    ("n_data", "Int64", "Data streams, such as time codes and telemetry."),
    ("has_cover", "boolean", "Whether a cover picture is attached."),
    ("encrypted", "boolean", "Whether a stream needs a key; null where nothing says."),
    ("audio_languages", "list<string>", "Languages of the audio streams, each once: ISO 639-3."),
    ("subtitle_languages", "list<string>", "The same of the subtitle streams."),
)
_DISPLAYED = columns_of(
    "v",
    "derived",
    ("display_width", "Int64", "px", "Width as shown: cropping, `sar` and `rotation` applied."),
    ("display_height", "Int64", "px", "Height as shown: cropping and `rotation` applied."),
    ("dar", "Float64", "Width over height of the picture as shown."),
    ("fps", "Float64", "frames/s", "`fps_num` over `fps_den`."),
)
#: What ``videos`` says of a file's content: declared of the file, of its main streams, or following
#: from these.
FACTS = (
    *fact_columns(Video, "v", "file", _OWN),
    *_SUMMED,
    *_DISPLAYED,
    *_PICTURE,
    *_SOUND,
)
#: The names of ``file_cells``, ``video_cells`` and ``stream_cells``, in their order.
FILE_FIELDS = (
    *("name", "path", "extension", "size_bytes", "mtime_ns", "device", "inode", "real_path"),
)
VIDEO_FIELDS = tuple(column.name for column in FACTS)
STREAM_FIELDS, CHAPTER_FIELDS, TAG_FIELDS = map(tuple, map(facts_of, (Stream, Chapter, Tag)))

#: Of a row of videos: no reader since the one that read it tells more, or only other scans may ask.
IS_CURRENT = f"coalesce(facts_version, {FACTS_VERSION}) >= {FACTS_VERSION}"

_NO_PICTURE, _NO_SOUND = Stream(idx=0, kind="video"), Stream(idx=0, kind="audio")
# Nobody has looked: that is known too.
_LOOKED = {"integrity": "unknown", "integrity_level": "none"}
_SIDEWAYS = (90, 270)
#: Pixels; what is thinner has no aspect that a number can tell.
_THINNEST = 1e-100
#: A document of fewer bytes, which fits into a page of the file, is kept as it is: packing it would
#: cost more than to write all else that is known of a file.
_WORTH_PACKING = 4000
_PACKED = b"x"  # what zlib begins with; JSON never does


def path_of(folder: bytes, name: bytes) -> bytes:
    """Return the path of a file in a folder."""
    return folder.rstrip(b"/") + b"/" + name


def file_cells(found: Found) -> Cells:
    """Return what the file system says of a file."""
    name = as_text(found.name)
    return (
        found.name,
        _folder_text(found.folder) + name,
        os.path.splitext(name)[1][1:].lower(),  # noqa: PTH122 - many millions of names
        found.size_bytes,
        as_moment_ns(found.mtime_ns),
        found.device,
        found.inode,
        found.real_path or None,
    )


@lru_cache(maxsize=256)
def _folder_text(folder: bytes) -> str:
    """Return what the paths of its files begin with; no character goes across a slash."""
    return as_text(path_of(folder, b""))


def _cells_of(struct: type[Struct], names: Iterable[str]) -> Callable[[Struct], Cells]:
    """Return what makes cells of some facts of a Struct: there are many millions of them."""
    facts = [(name, facts_of(struct)[name]) for name in names]
    fields = struct.__struct_fields__
    # All the fields at one go, and those in their order: an attribute at a time takes longer.
    in_order = itemgetter(*(fields.index(name) for name, _ in facts))
    is_all = fields == tuple(name for name, _ in facts)
    converted = [
        (at, _TO_CELL[one.dtype]) for at, (_, one) in enumerate(facts) if one.dtype in _TO_CELL
    ]
    numbers = [at for at, (_, one) in enumerate(facts) if one.dtype == "Float64"]

    def cells(one: Struct) -> Cells:
        found: Cells = astuple(one) if is_all else in_order(astuple(one))
        if converted:
            kept = [*found]
            for at, convert in converted:
                if kept[at] is not None:
                    kept[at] = convert(kept[at])
            found = tuple(kept)
        for at in numbers:
            if found[at] and not isfinite(found[at]):
                return tuple(map(as_cell, found))
        return found

    return cells


@lru_cache(maxsize=1024)
def _listed(texts: tuple[str, ...]) -> str:
    return json.dumps([as_stored_text(one) for one in dict.fromkeys(texts)])


_TO_CELL: dict[Any, Callable[[Any], Any]] = {
    "datetime64[ns, UTC]": seconds_of,
    "list<string>": _listed,
}
_own = _cells_of(Video, _OWN)
_of_picture, _of_sound = _cells_of(Stream, _PICTURE.values()), _cells_of(Stream, _SOUND.values())
stream_cells = _cells_of(Stream, STREAM_FIELDS)
_kept_of = attrgetter("kind", "is_cover", "language", "languages", "encrypted")


def video_cells(video: Video | None) -> Cells:
    """Return the facts of a video; of none, as many cells."""
    if video is None:
        return _UNKNOWN
    picture = video.main("video") or _NO_PICTURE
    return (
        *_own(video),
        *_summed(tuple([_kept_of(stream) for stream in video.streams])),
        *_displayed(picture),
        picture.fps_num / picture.fps_den if picture.fps_num and picture.fps_den else None,
        *_of_picture(picture),
        *_of_sound(video.main("audio") or _NO_SOUND),
    )


_UNKNOWN = tuple(_LOOKED.get(name) for name in VIDEO_FIELDS)
_of_chapter = _cells_of(Chapter, CHAPTER_FIELDS)
_of_tag = _cells_of(Tag, TAG_FIELDS)


def chapter_rows(video_id: int, video: Video) -> Iterable[Cells]:
    """Return number of the video, then the fields of every chapter."""
    return [(video_id, *_of_chapter(chapter)) for chapter in video.chapters]


def tag_rows(video_id: int, video: Video) -> Iterable[Cells]:
    """Return number of the video, place, then the fields of every tag."""
    return [(video_id, place, *_of_tag(tag)) for place, tag in enumerate(video.tags)]


def document_cell(document: str) -> bytes:
    """Return what the reader said beyond the facts; a long one is compressed."""
    written = as_stored_text(document).encode()
    return written if len(written) < _WORTH_PACKING else zlib.compress(written)


def document_of(cell: bytes) -> Any:
    """Return the document that a cell holds."""
    try:
        return json.loads(zlib.decompress(cell) if cell.startswith(_PACKED) else cell)
    except zlib.error as problem:
        raise ValueError(problem) from None


@lru_cache(maxsize=1024)
def _summed(streams: tuple[tuple[Any, ...], ...]) -> Cells:
    """Return how many streams there are of each kind, and what is said of any of them."""
    kinds = [kind for kind, is_cover, *_ in streams if not is_cover]
    languages: dict[str, list[str]] = {"audio": [], "subtitle": []}
    for kind, _is_cover, one, several, _key in streams:
        if kind in languages:
            languages[kind] += several or ([one] if one else [])
    keys = {key for *_, key in streams if key is not None}
    return (
        len(streams),
        *(kinds.count(kind) for kind in ("video", "audio", "subtitle", "data")),
        len(kinds) < len(streams),
        any(keys) if keys else None,
        *(_listed(tuple(some)) for some in languages.values()),
    )


def _displayed(stream: Stream) -> tuple[int | None, int | None, float | None]:
    """Return width, height and aspect as shown: pixels stretched in width, then the turn."""
    across = stream.visible_width or stream.width
    down = stream.visible_height or stream.height
    if not across or not down:
        return None, None, None
    stretched = across * (stream.sar or 1.0)
    if not _THINNEST < stretched < inf:
        return None, None, None
    width, height = max(1, round(stretched)), down
    aspect = stretched / down
    if stream.rotation in _SIDEWAYS:
        return height, width, 1 / aspect
    return width, height, aspect
