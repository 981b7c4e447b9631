"""What each column of videos is called on a page, and how its values read."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import datetime
from pathlib import PurePath
from typing import Any

from msgspec import Struct

from stoat_nb import words
from stoat_nb.catalog.column import Column as Fact
from stoat_nb.catalog.columns import TABLES
from stoat_nb.catalog.query import SORTABLE
from stoat_nb.media.origin.moments import UTC_BY_FORMAT, offset_of
from stoat_nb.names import shown

Row = Mapping[str, Any]


class Column(Struct, frozen=True, kw_only=True):
    """One column as it is shown. ``field`` is also what the catalog sorts by."""

    field: str
    title: str
    text: Callable[[Row], str]
    tone: Callable[[Row], str] = lambda _row: ""  #: good, warn, bad or quiet.
    grow: int = 0  #: Whether it takes of the room that is left.
    width: int = 100  #: Pixels it has at least.
    right: bool = False  #: Whether it is aligned to the right, as numbers are.

    def layout(self) -> dict[str, Any]:
        """Return what the page needs to know of it."""
        return {
            "field": self.field,
            "title": self.title,
            "width": self.width,
            "grow": self.grow,
            "right": self.right,
            "sortable": self.field in SORTABLE or TABLES["videos"].column(self.field) is None,
        }


#: The columns a new explorer shows.
SHOWN = (
    "name",
    "folder",
    "duration_s",
    "display_width",
    "fps",
    "codec",
    "audio_codec",
    "size_bytes",
    "status",
)

#: What people call a status.
STATUSES = {
    "ok": "OK",
    "failed": "Unreadable",
    "missing": "Missing",
    "offline": "Drive offline",
    "excluded": "Excluded",
}


def column_of(field: str) -> Column:
    """Return how a column of videos is shown."""
    if TABLES["videos"].column(field) is None:
        return Column(field=field, title=field, text=lambda row: found_text(row.get(field)))
    return _BY_FIELD.get(field) or _plain(field)


def title_of(field: str) -> str:
    """Return what a column is called on a page."""
    return column_of(field).title


def value_text(fact: Fact, value: Any) -> str:
    """Return one value as people read it."""
    if value is None:
        return words.UNKNOWN
    if fact.dtype == "boolean":
        return "Yes" if value else "No"
    if fact.dtype == "list<string>":
        return ", ".join(shown(one) for one in value) or words.UNKNOWN
    if fact.dtype.startswith("datetime"):
        return words.moment(value.timestamp())
    if fact.is_text:
        return shown(value) or words.UNKNOWN
    return _number(fact, value)


def found_text(value: Any) -> str:
    """Return what an analysis found as people read it."""
    if value is None:
        return words.UNKNOWN
    if isinstance(value, bool):
        return "Yes" if value else "No"
    if isinstance(value, float):
        return f"{value:,.3f}".rstrip("0").rstrip(".")
    if isinstance(value, datetime):
        return words.moment(value.timestamp())
    return ", ".join(map(shown, value)) if isinstance(value, list) else shown(value)


def recorded_text(when: datetime | None, zone: str | None) -> str:
    """Return when a video was recorded: by the clock of that place where its zone is not UTC."""
    if when is None:
        return words.UNKNOWN
    if not zone or zone == UTC_BY_FORMAT:
        return words.moment(when.timestamp())
    return f"{when + offset_of(zone):%-d %b %Y, %H:%M} {shown(zone)}"


def _number(fact: Fact, value: Any) -> str:
    said = {"bytes": words.size, "s": words.length, "bit/s": words.bit_rate}.get(fact.unit)
    if said is not None:
        return said(value)
    if fact.dtype == "Float64":
        return f"{value:.3f}".rstrip("0").rstrip(".")
    return f"{value:,}" if fact.unit else str(value)


def _plain(field: str) -> Column:
    fact = TABLES["videos"].column(field)
    assert fact is not None  # noqa: S101 - whoever asks has checked
    is_number = fact.dtype in ("Int64", "Float64")
    return Column(
        field=field,
        title=field.removesuffix("_s").replace("_", " ").capitalize(),
        text=lambda row: value_text(fact, row[field]),
        grow=int(fact.dtype == "string"),
        width=170 if fact.dtype.startswith(("string", "datetime", "list")) else 116,
        right=is_number,
    )


def _folder(row: Row) -> str:
    """Return the folder below what was scanned: the long way there is the same in every row."""
    below = PurePath(row["relative_path"] or "").parent
    return shown(PurePath(PurePath(row["root"] or row["folder"]).name) / below)


def _resolution(row: Row) -> str:
    width, height = row["display_width"], row["display_height"]
    return f"{width:.0f} {words.TIMES} {height:.0f}" if width and height else words.UNKNOWN


def _fps(row: Row) -> str:
    fps = row["fps"]
    return words.UNKNOWN if fps is None else f"{fps:.2f}".rstrip("0").rstrip(".")


def _recorded(row: Row) -> str:
    return recorded_text(row["created_at"], row["created_tz"])


def _status(row: Row) -> str:
    if row["status"] == "failed":
        return f"Unreadable: {shown(row['error'] or 'no reason is known')}"
    if row["status"] == "ok":
        return {"truncated": "Truncated", "suspect": "Possibly damaged"}.get(
            str(row["integrity"]), "OK"
        )
    return STATUSES.get(str(row["status"]), shown(row["status"]))


def _status_tone(row: Row) -> str:
    if row["status"] == "failed" or row["integrity"] == "truncated":
        return "bad"
    if row["integrity"] == "suspect":
        return "warn"
    return "" if row["status"] == "ok" else "quiet"


def reason_text(error_class: str | None) -> str:
    """Return why a file could not be read, in a word or two."""
    return shown(error_class).replace("_", " ").capitalize() if error_class else words.UNKNOWN


def _text(field: str) -> Callable[[Row], str]:
    fact = TABLES["videos"].column(field)
    assert fact is not None  # noqa: S101 - it is named in this file
    return lambda row: value_text(fact, row[field])


_SPECIAL = (
    Column(field="name", title="Name", text=_text("name"), grow=1, width=170),
    Column(field="folder", title="Folder", text=_folder, grow=1, width=124),
    Column(field="duration_s", title="Length", text=_text("duration_s"), width=86, right=True),
    Column(field="display_width", title="Resolution", text=_resolution, width=110, right=True),
    Column(field="fps", title="FPS", text=_fps, width=68, right=True),
    Column(field="codec", title="Codec", text=_text("codec"), width=82),
    Column(field="audio_codec", title="Audio", text=_text("audio_codec"), width=74),
    Column(field="size_bytes", title="Size", text=_text("size_bytes"), width=88, right=True),
    Column(field="bitrate", title="Bit rate", text=_text("bitrate"), width=108, right=True),
    Column(field="hdr", title="HDR", text=_text("hdr"), width=110),
    Column(field="mtime", title="Modified", text=_text("mtime"), width=170),
    Column(field="created_at", title="Recorded", text=_recorded, width=170),
    Column(field="status", title="Status", text=_status, tone=_status_tone, grow=1, width=110),
    Column(
        field="error_class",
        title="Reason",
        text=lambda row: reason_text(row["error_class"]),
        width=120,
    ),
    Column(field="error", title="Why it could not be read", text=_text("error"), grow=1, width=240),
)
_BY_FIELD = {column.field: column for column in _SPECIAL}
