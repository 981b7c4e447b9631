"""The columns of ``videos()``: one row a file, whatever came of it."""

from __future__ import annotations

from stoat_nb.catalog.column import Column, columns_of, fact_columns, moment
from stoat_nb.catalog.derived_columns import DERIVED
from stoat_nb.catalog.facts import FACTS
from stoat_nb.media.groups import KINDS
from stoat_nb.media.video import Video

#: The tables a row of videos is put together from.
VIDEOS_FROM = (
    "videos v LEFT JOIN folders f ON f.id = v.folder_id LEFT JOIN roots r ON r.id = f.root_id "
    "LEFT JOIN failures x ON x.video_id = v.id"
)

_ERROR = "CASE WHEN v.status = 'failed' THEN x.{} END"


_PLACE = [
    Column(
        "video_id",
        "Int64",
        "The row's number. It stays with the file, also where that is moved or renamed.",
        basis="catalog",
        sql="v.id",
    ),
    Column(
        "path",
        "string",
        "Absolute path. Bytes that are no UTF-8 are shown as `\\xNN`.",
        basis="file system",
        sql="v.path",
    ),
    Column(
        "root",
        "category",
        "The scanned folder it belongs to; of nested ones the outermost.",
        basis="catalog",
        sql="r.path_text",
    ),
    Column(
        "relative_path",
        "string",
        "The path below `root`.",
        basis="derived",
        sql="substr(v.path, length(rtrim(r.path_text, '/')) + 2)",
    ),
    Column(
        "name",
        "string",
        "The file's name with its ending.",
        basis="file system",
        sql="substr(v.path, length(rtrim(f.path_text, '/')) + 2)",
    ),
    *columns_of(
        "v",
        "derived",
        (
            "extension",
            "category",
            "The name's ending in lower case, without the dot; may be empty.",
        ),
    ),
    Column(
        "folder",
        "string",
        "Absolute path of the folder that holds it.",
        basis="file system",
        sql="f.path_text",
    ),
    *columns_of("v", "file system", ("size_bytes", "Int64", "bytes", "Size.")),
    Column(
        "mtime",
        "datetime64[ns, UTC]",
        "When its content was last modified.",
        basis="file system",
        sql="v.mtime_ns",
    ),
    *columns_of(
        "v",
        "file system",
        ("mtime_ns", "Int64", "ns", "The same as a number, since 1970."),
        ("device", "Int64", "The file system's number; with `inode` it names the file itself."),
        ("inode", "Int64", "The file's number on its file system."),
    ),
    *columns_of(
        "v",
        "catalog",
        (
            "status",
            "category",
            "ok; failed: not to be probed; missing: gone; offline: disk away; excluded: by rules.",
        ),
    ),
]

_LIFE = [
    moment("first_seen", "When a scan first met the file.", basis="catalog", sql="v.first_seen"),
    moment(
        "last_seen",
        "When a scan last met the file.",
        basis="catalog",
        sql="CASE WHEN v.status IN ('ok', 'failed') "
        "THEN max(v.last_seen, coalesce(f.seen_at, 0)) ELSE v.last_seen END",
    ),
    moment(
        "missing_since",
        "When a scan found that it was gone or excluded; null for other rows.",
        basis="catalog",
        sql="v.missing_since",
    ),
    moment("probed_at", "When the last reading of it began.", basis="catalog", sql="v.probed_at"),
    *columns_of("v", "catalog", ("scan_id", "Int64", "The scan that last changed this row.")),
    *fact_columns(Video, "v", "catalog", ["tool"]),
    Column(
        "error_class",
        "category",
        "Why it could not be probed, in one word; null unless `status` is `failed`.",
        basis="catalog",
        sql=_ERROR.format("error_class"),
    ),
    Column(
        "error",
        "string",
        "The same as a sentence.",
        basis="catalog",
        sql=_ERROR.format("error"),
    ),
]

_RELATED = columns_of(
    "v",
    "folder",
    (
        "group_id",
        "Int64",
        "Of a part of one recording or disc: the `video_id` of its first part; see groups.",
    ),
    ("group_part", "Int64", "Its number among the parts."),
    ("group_kind", "category", f"{', '.join(KINDS)}: why they are one."),
    ("n_subtitle_external", "Int64", "Subtitle files beside it; `streams` has them as `external`."),
    ("external_subtitle_languages", "list<string>", "The languages in their names, each once."),
)
#: Told of all videos of a folder together.
RELATED = tuple(column.name for column in _RELATED)

#: What people look at first, and what programs need but hardly anybody looks at.
_FIRST = (
    *("name", "folder", "duration_s", "display_width", "display_height", "resolution", "fps"),
    *("codec", "hdr"),
    *("audio_codec", "channels", "audio_languages", "subtitle_languages", "container"),
    *("size_bytes", "bitrate", "created_at", "status", "error", "integrity"),
)
_LAST = (
    *("first_seen", "last_seen", "missing_since", "probed_at", "error_class", "format_name"),
    *("tool", "extension", "mtime", "mtime_ns", "quick_hash", "path", "root", "relative_path"),
    *("scan_id", "device", "inode", "video_id"),
)


def _place_of(column: Column) -> tuple[int, int]:
    if column.name in _LAST:
        return 1, _LAST.index(column.name)
    return 0, (*_FIRST, column.name).index(column.name)


VIDEO_COLUMNS: tuple[Column, ...] = tuple(
    sorted((*_PLACE, *FACTS, *DERIVED, *_RELATED, *_LIFE), key=_place_of)
)
