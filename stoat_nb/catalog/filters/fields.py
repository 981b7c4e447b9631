"""What videos can be asked about: every column of ``videos()``."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from contextvars import ContextVar
from typing import Literal

from msgspec import Struct

from stoat_nb import words
from stoat_nb.catalog.column import Column
from stoat_nb.catalog.columns import TABLES
from stoat_nb.catalog.derived_columns import RESOLUTIONS, SMALLEST
from stoat_nb.catalog.video_columns import VIDEO_COLUMNS
from stoat_nb.errors import FilterError
from stoat_nb.names import shown

Kind = Literal["text", "whole", "number", "flag", "moment", "list"]

_KINDS: dict[str, Kind] = {
    "string": "text",
    "category": "text",
    "Int64": "whole",
    "Float64": "number",
    "boolean": "flag",
    "datetime64[ns, UTC]": "moment",
    "list<string>": "list",
}
LANGUAGES = frozenset({"audio_language", "audio_languages", "subtitle_languages"}) | {
    "external_subtitle_languages"
}
STATUSES = ("ok", "failed", "missing", "offline", "excluded")
#: All that some columns can ever say.
CHOICES = {"status": STATUSES, "resolution": (*(name for name, _, _ in RESOLUTIONS), SMALLEST)}


class Field(Struct, frozen=True):
    """One thing that is known of a video, or not."""

    name: str
    kind: Kind
    pandas: str  #: The column of ``videos``; all text as text is: pandas compares no other.
    doc: str = ""
    unit: str = ""
    choices: tuple[str, ...] = ()  #: All it can ever be, where that is a short list.
    analysis: str = ""  #: The analysis that found it; empty: a scan.
    is_language: bool = False  #: Of ISO 639-3; asked for by any of a language's codes.

    @property
    def sql(self) -> str:
        """The column in SQL."""
        return f'"{self.name}"'


def _field(column: Column, analysis: str = "") -> Field:
    code = f'videos["{column.name}"]'
    return Field(
        name=column.name,
        kind=_KINDS[column.dtype],
        pandas=f'{code}.astype("string[pyarrow]")' if column.dtype == "category" else code,
        analysis=analysis,
        doc=column.doc,
        unit=column.unit,
        choices=CHOICES.get(column.name, ()),
        is_language=column.name in LANGUAGES,
    )


FIELDS: dict[str, Field] = {one.name: _field(one) for one in VIDEO_COLUMNS}
STREAM_FIELDS = {one.name: _field(one) for one in TABLES["streams"].columns}


#: Returns the columns that analyses added to videos, by the name of the analysis.
Added = Callable[[], Mapping[str, Sequence[Column]]]
_added: ContextVar[Added] = ContextVar("added", default=dict)


@contextmanager
def columns_added(added: Added) -> Iterator[None]:
    """In here, names also stand for what the analyses of a library found."""
    token = _added.set(added)
    try:
        yield
    finally:
        _added.reset(token)


def all_fields() -> dict[str, Field]:
    """Return what all names stand for."""
    return FIELDS | {
        column.name: _field(column, analysis)
        for analysis, columns in _added.get()().items()
        for column in columns
    }


def field_named(name: str, fields: Mapping[str, Field] = FIELDS) -> Field:
    """Return what a name stands for."""
    found = fields.get(name)
    if found is not None:
        return found
    if fields is FIELDS:
        fields = all_fields()
        if name in fields:
            return fields[name]
    analysis, dot, _ = name[:100].partition(".")
    known = set(_added.get()())
    if dot and analysis not in known:
        others = f"those there are: {', '.join(sorted(known))}" if known else "there is none yet"
        raise FilterError(f"There is no analysis '{shown(analysis)}' in this library; {others}.")
    hint = words.choice(name[:100], fields)
    raise FilterError(f"There is no column '{shown(name[:100])}'. {hint}")
