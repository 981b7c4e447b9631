"""Every table and every column, in one place: frames, exports and docs/columns.md are made from it.

``python -m stoat_nb.catalog.columns`` prints the page.
"""

from __future__ import annotations

from collections.abc import Sequence

from msgspec import Struct

from stoat_nb.catalog.column import (
    PATH,
    VIDEO_ID,
    Column,
    columns_of,
    fact_columns,
    moment,
)
from stoat_nb.catalog.map_columns import (
    ANALYSES,
    ANALYSES_FROM,
    MAP_FAILURES,
    MAP_FAILURES_FROM,
)
from stoat_nb.catalog.video_columns import VIDEO_COLUMNS, VIDEOS_FROM
from stoat_nb.media.groups import KINDS
from stoat_nb.media.video import Chapter, Stream, Tag, Video


class Table(Struct, frozen=True, kw_only=True):
    """What one frame is made of."""

    name: str
    doc: str
    columns: tuple[Column, ...]
    source: str  #: What follows FROM.
    order: str  #: What follows ORDER BY.

    def column(self, name: str) -> Column | None:
        """Return a column by its name."""
        return next((column for column in self.columns if column.name == name), None)

    @property
    def select(self) -> str:
        """Everything up to FROM and its tables."""
        fields = ", ".join(f'{column.sql} AS "{column.name}"' for column in self.columns)
        return f"SELECT {fields} FROM {self.source}"  # noqa: S608 - of our own words alone


_STREAMS = (
    VIDEO_ID,
    PATH,
    *fact_columns(Stream, "s", "stream"),
    *columns_of(
        "s",
        "folder",
        ("external", "boolean", "Of a file of its own beside the video; its name tells the rest."),
        ("external_path", "string", "That file's path."),
    ),
    Column(
        "fps",
        "Float64",
        "`fps_num` over `fps_den`.",
        "frames/s",
        "derived",
        "CAST(s.fps_num AS REAL) / s.fps_den",
    ),
)
_CHAPTERS = (VIDEO_ID, PATH, *fact_columns(Chapter, "c", "file"))
_TAGS = (VIDEO_ID, PATH, *fact_columns(Tag, "t", "file"))

_GROUPS = (
    *columns_of(
        "g",
        "folder",
        ("group_id", "Int64", "The `video_id` of its first part."),
        ("kind", "category", f"{'; '.join(f'{kind}: {doc}' for kind, doc in KINDS.items())}."),
        ("n_parts", "Int64", "Parts that are there."),
        ("first_part", "Int64", "Number of the first part: above 1, those before it are not here."),
        ("last_part", "Int64", "Number of the last part."),
        ("duration_s", "Float64", "s", "Of all parts together; null where one is not known."),
        ("size_bytes", "Int64", "bytes", "Of all parts together."),
    ),
    Column("folder", "string", "Where they lie.", basis="file system", sql="f.path_text"),
    Column("first_path", "string", "Path of the first part.", basis="file system", sql="v.path"),
    Column(
        "last_path",
        "string",
        "Path of the last part.",
        basis="file system",
        sql="(SELECT l.path FROM videos l WHERE l.group_id = g.group_id "
        "ORDER BY l.group_part DESC LIMIT 1)",
    ),
    *fact_columns(Video, "v", "file", ["created_at"]),
)
_GROUPS_FROM = (
    "(SELECT group_id, group_kind AS kind, count(*) AS n_parts, min(group_part) AS first_part, "
    "max(group_part) AS last_part, sum(size_bytes) AS size_bytes, "
    "CASE WHEN count(duration_s) = count(*) THEN total(duration_s) END AS duration_s "
    "FROM videos WHERE group_id IS NOT NULL GROUP BY group_id) g "
    "JOIN videos v ON v.id = g.group_id JOIN folders f ON f.id = v.folder_id"
)

_FAILURES = (
    VIDEO_ID,
    PATH,
    *columns_of(
        "x",
        "catalog",
        ("error_class", "category", "Why it could not be probed, in one word."),
        ("error", "string", "The same as a sentence; never empty."),
        ("tool", "category", "What found it out, with its version."),
        ("elapsed_ms", "Int64", "ms", "How long the probe took, where it was measured."),
        ("scan_id", "Int64", "The scan in which it failed."),
    ),
    moment("failed_at", "When it failed.", basis="catalog", sql="x.failed_at"),
    *columns_of("v", "file system", ("size_bytes", "Int64", "bytes", "Size.")),
)

_SCANS = (
    Column("scan_id", "Int64", "The scan's number.", basis="catalog", sql="s.id"),
    *columns_of("s", "catalog", ("job_id", "string", "The job that ran it.")),
    Column("root", "category", "The root it belongs to.", basis="catalog", sql="r.path_text"),
    Column("folder", "string", "The folder scanned.", basis="catalog", sql="s.folder_text"),
    *columns_of(
        "s",
        "catalog",
        ("recursive", "boolean", "Whether sub-folders were entered."),
        ("status", "category", "running, complete, cancelled or failed."),
    ),
    moment("started_at", "When it started.", basis="catalog", sql="s.started_at"),
    moment("finished_at", "When it ended.", basis="catalog", sql="s.finished_at"),
    *columns_of(
        "s",
        "report",
        ("scanned", "Int64", "files", "Video files that were found."),
        ("new", "Int64", "files", "Probed for the first time."),
        (
            "updated",
            "Int64",
            "files",
            "Probed again: they had changed or come back, or Stoat tells more of them by now.",
        ),
        ("skipped", "Int64", "files", "Unchanged since they were last probed."),
        ("failed", "Int64", "files", "Could not be probed this time."),
        ("removed", "Int64", "files", "Known, and no longer there."),
        ("moved", "Int64", "files", "Known from another place, and moved here."),
        ("returned", "Int64", "files", "Missing or out of reach before, and as they were."),
        ("offline", "Int64", "files", "Known, and out of reach: their disk seems to be away."),
        ("bytes_scanned", "Int64", "bytes", "Size of the files that were found."),
        ("elapsed_s", "Float64", "s", "How long it took."),
    ),
)

_JOBS = (
    Column("job_id", "string", "The job's UUID.", basis="queue", sql="j.id"),
    *columns_of(
        "j",
        "queue",
        ("type", "category", "Which handler it went to."),
        ("status", "category", "pending, running, complete, failed, timeout or cancelled."),
    ),
    Column("phase", "category", "What it did last.", basis="handler", sql="j.progress ->> 'phase'"),
    Column(
        "done",
        "Int64",
        "Units finished.",
        basis="handler",
        sql="coalesce(j.progress ->> 'done', 0)",
    ),
    Column(
        "total",
        "Int64",
        "Units there were; null where that was never known.",
        basis="handler",
        sql="j.progress ->> 'total'",
    ),
    Column(
        "n_failed",
        "Int64",
        "Units that ended in a failure.",
        basis="handler",
        sql="coalesce(j.progress ->> 'failed', 0)",
    ),
    *columns_of("j", "queue", ("error", "string", "Why it ended badly, if it did.")),
    moment("submitted_at", "When it was submitted.", basis="queue", sql="j.submitted_at"),
    moment("started_at", "When its handler started.", basis="queue", sql="j.started_at"),
    moment("finished_at", "When it ended.", basis="queue", sql="j.finished_at"),
    moment("heartbeat_at", "When it last moved.", basis="queue", sql="j.heartbeat_at"),
    Column(
        "waited_s",
        "Float64",
        "From its submission to its last start.",
        unit="s",
        basis="queue",
        sql="j.started_at - j.submitted_at",
    ),
    Column(
        "duration_s",
        "Float64",
        "From its last start to its end.",
        unit="s",
        basis="queue",
        sql="j.finished_at - j.started_at",
    ),
    *columns_of(
        "j",
        "queue",
        ("timeout_s", "Float64", "s", "Its limit; null: none."),
        ("attempt", "Int64", "How often it was started."),
        ("priority", "Int64", "Of those that wait the highest runs first, then the oldest."),
        ("paused", "boolean", "Whether it waits until somebody resumes it."),
        ("cancel_requested", "boolean", "Whether somebody asked it to stop."),
        ("retry_of", "string", "The job that it tries once more."),
        ("payload", "string", "What it was given, as JSON."),
        ("result", "string", "What it returned, as JSON."),
    ),
)

TABLES: dict[str, Table] = {
    table.name: table
    for table in (
        Table(
            name="videos",
            doc="One row a file, in the order of their paths. Facts that are not known are null.",
            columns=VIDEO_COLUMNS,
            source=VIDEOS_FROM,
            order="v.path, v.id",
        ),
        Table(
            name="streams",
            doc="One row a stream of a file that could be probed, and a subtitle file beside it.",
            columns=_STREAMS,
            source="videos v JOIN streams s ON s.video_id = v.id",
            order="v.path, v.id, s.idx",
        ),
        Table(
            name="chapters",
            doc="One row a chapter of a file that could be probed.",
            columns=_CHAPTERS,
            source="videos v JOIN chapters c ON c.video_id = v.id",
            order="v.path, v.id, c.n",
        ),
        Table(
            name="tags",
            doc="One row a tag: what a file says of itself and of its streams.",
            columns=_TAGS,
            source="videos v JOIN tags t ON t.video_id = v.id",
            order="v.path, v.id, t.place",
        ),
        Table(
            name="groups",
            doc="One row a recording or disc in several files; `videos` has its parts.",
            columns=_GROUPS,
            source=_GROUPS_FROM,
            order="v.path, v.id",
        ),
        Table(
            name="failures",
            doc="One row a file that could not be probed and is still there.",
            columns=_FAILURES,
            source="failures x JOIN videos v ON v.id = x.video_id AND v.status = 'failed'",
            order="v.path, v.id",
        ),
        Table(
            name="scans",
            doc="One row a scan, oldest first.",
            columns=_SCANS,
            source="scans s JOIN roots r ON r.id = s.root_id",
            order="s.id",
        ),
        Table(
            name="analyses",
            doc="One row per analysis: a function that `library.map` ran over videos.",
            columns=ANALYSES,
            source=ANALYSES_FROM,
            order="a.name",
        ),
        Table(
            name="map_failures",
            doc="One row per video and analysis that has no answer for it.",
            columns=MAP_FAILURES,
            source=MAP_FAILURES_FROM,
            order="a.name, v.path, v.id",
        ),
        Table(
            name="jobs",
            doc="One row a job, newest first.",
            columns=_JOBS,
            source="jobs j",
            order="j.number DESC",
        ),
    )
}

#: What ``Library.diff`` returns: made from what scans wrote down, not read from one table.
DIFF = Table(
    name="diff",
    doc="What is different after one scan from what was after another: one row per change.",
    columns=tuple(
        columns_of(
            "d",
            "catalog",
            (
                "change",
                "category",
                "added, removed, moved, changed, returned, offline or excluded.",
            ),
            ("path", "string", "Where the file is, or was last."),
            ("column", "category", "The column that changed; null of files that were added."),
            ("old", "string", "Its value before, as text."),
            ("new", "string", "Its value after, as text."),
            ("video_id", "Int64", "The row in videos."),
        )
    ),
    source="",
    order="",
)

DIFF_BY_FILE = Table(
    name="diff_by_file",
    doc='What `diff(by="file")` returns: the same with one row per file.',
    columns=tuple(
        columns_of(
            "d",
            "catalog",
            (
                "change",
                "category",
                "The first of: added, removed, returned, offline, excluded, moved, changed.",
            ),
            ("path", "string", "Where the file is, or was last."),
            ("changed", "list<string>", "The columns that changed."),
            ("before", "string", "Their values before, as text, in a JSON object by column."),
            ("after", "string", "Their values after, likewise."),
            ("video_id", "Int64", "The row in videos."),
        )
    ),
    source="",
    order="",
)

HISTORY = Table(
    name="history",
    doc="What became of one file, oldest first: a row for each change.",
    columns=(
        moment("at", "When a scan found it.", basis="catalog", sql=""),
        *columns_of(
            "h",
            "catalog",
            (
                "change",
                "category",
                "added, removed, moved, changed, returned, offline or excluded.",
            ),
            ("column", "category", "The column that changed; null when the file was added."),
            ("old", "string", "Its value before, as text."),
            ("new", "string", "Its value after, as text."),
            ("path", "string", "Where the file was then."),
            ("scan_id", "Int64", "The scan that found it."),
        ),
    ),
    source="",
    order="",
)

_OPENING = """\
# Columns

Every column of every frame and export. This page is made from `stoat_nb/catalog/columns.py`:
`python -m stoat_nb.catalog.columns > docs/columns.md`.

dtypes are those of pandas, and the same when a frame is empty. `category` columns hold text.
`list<string>` columns are Arrow lists; exports write them as JSON text in CSV and Excel, and as
lists elsewhere. The basis says where a value comes from: the `file system`, the `file` or one of
its streams, what is `derived` from those, or the `catalog`. The main stream of a kind is the first
one marked as default, else the first; covers are never it.
"""


def page(tables: Sequence[Table] = (*TABLES.values(), DIFF, DIFF_BY_FILE, HISTORY)) -> str:
    """Return docs/columns.md."""
    return "\n".join([_OPENING, *(_section(table) for table in tables)])


def _section(table: Table) -> str:
    head = [f"## {table.name}", "", table.doc, ""]
    rows = [
        f"| `{column.name}` | {column.dtype} | {column.unit} | {column.basis} | {column.doc} |"
        for column in table.columns
    ]
    return "\n".join(
        [*head, "| column | dtype | unit | basis | what it says |", "| --- " * 5 + "|", *rows, ""]
    )


if __name__ == "__main__":
    print(page(), end="")  # noqa: T201 - a command that prints
