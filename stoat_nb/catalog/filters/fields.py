"""What videos can be asked about: every column of ``videos()``, and some that follow from them."""

from __future__ import annotations

from typing import Literal

from msgspec import Struct

from stoat_nb import words
from stoat_nb.catalog.column import Column
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

#: Of a picture as shown: either the longer side or the shorter one reaches 15/16 of the format's,
#: so that cropped films, wide ones and upright ones are told by what they were made for.
RESOLUTIONS = (
    ("4320p", 7200, 4050),
    ("2160p", 3600, 2025),
    ("1440p", 2400, 1350),
    ("1080p", 1800, 1012),
    ("720p", 1200, 675),
)
SMALLEST = "SD"


class Field(Struct, frozen=True):
    """One thing that is known of a video, or not."""

    name: str
    kind: Kind
    sql: str
    pandas: (
        str  #: The same of the frame ``videos``; all text as its text is: pandas compares no other.
    )
    doc: str = ""
    unit: str = ""
    choices: tuple[str, ...] = ()  #: All it can ever be, where that is a short list.
    is_language: bool = False  #: Of ISO 639-3; asked for by any of a language's codes.


def _field(column: Column) -> Field:
    code = f'videos["{column.name}"]'
    return Field(
        name=column.name,
        kind=_KINDS[column.dtype],
        sql=column.sql,
        pandas=f'{code}.astype("string[pyarrow]")' if column.dtype == "category" else code,
        doc=column.doc,
        unit=column.unit,
        choices=STATUSES if column.name == "status" else (),
        is_language=column.name in LANGUAGES,
    )


def _resolution() -> Field:
    sides = 'videos[["display_width", "display_height"]]'
    cases = " ".join(
        f"WHEN max(v.display_width, v.display_height) >= {long} "
        f"OR min(v.display_width, v.display_height) >= {short} THEN '{name}'"
        for name, long, short in RESOLUTIONS
    )
    missing = "v.display_width IS NULL OR v.display_height IS NULL"
    steps = "".join(
        f'.mask(({sides}.max(axis=1) >= {long}) | ({sides}.min(axis=1) >= {short}), "{name}")'
        for name, long, short in reversed(RESOLUTIONS)
    )
    return Field(
        name="resolution",
        kind="text",
        sql=f"CASE WHEN {missing} THEN NULL {cases} ELSE '{SMALLEST}' END",
        pandas=f'pd.Series("{SMALLEST}", index=videos.index, dtype="string[pyarrow]"){steps}'
        f".mask({sides}.isna().any(axis=1))",
        doc="4320p, 2160p, 1440p, 1080p, 720p or SD, by the picture as shown, upright or not.",
        choices=(*(name for name, _, _ in RESOLUTIONS), SMALLEST),
    )


_CREATED = next(column.sql for column in VIDEO_COLUMNS if column.name == "created_at")
_BELOW = "substr(f.path_text, length(rtrim(r.path_text, '/')) + 2)"

DERIVED = (
    _resolution(),
    Field(
        name="fps_class",
        kind="whole",
        # No real rate comes near the bounds: they keep a hostile one from being no number at all.
        sql="CAST(min(max(v.fps, 0.0), 1000000.0) + 0.5 AS INTEGER)",
        pandas='np.floor(videos["fps"].clip(0.0, 1000000.0) + 0.5).astype("Int64")',
        doc="The frame rate, rounded: 23.976 is 24.",
    ),
    Field(
        name="year",
        kind="whole",
        sql="CAST(strftime('%Y', "
        f"({_CREATED} - ({_CREATED} % 1000000000 + 1000000000) % 1000000000) / 1000000000, "
        "'unixepoch') AS INTEGER)",
        pandas='videos["created_at"].dt.year.astype("Int64")',
        doc="The year of `created_at`, UTC.",
    ),
    Field(
        name="top_folder",
        kind="text",
        sql=f"CASE WHEN {_BELOW} = '' THEN r.path_text ELSE rtrim(r.path_text, '/') || '/' || "
        f"substr({_BELOW}, 1, instr({_BELOW} || '/', '/') - 1) END",
        pandas='videos["root"].astype("string[pyarrow]").where(~videos["relative_path"].str.contains('
        '"/", regex=False), videos["root"].astype("string[pyarrow]").str.rstrip("/") + "/" + '
        'videos["relative_path"].str.partition("/")[0])',
        doc="The folder directly below `root` that holds it, or `root` itself.",
    ),
)

FIELDS: dict[str, Field] = {one.name: one for one in (*map(_field, VIDEO_COLUMNS), *DERIVED)}


def field_named(name: str) -> Field:
    """Return what a name stands for."""
    found = FIELDS.get(name)
    if found is not None:
        return found
    hint = words.choice(name[:100], FIELDS)
    raise FilterError(f"There is no column '{shown(name[:100])}'. {hint}")


def column_named(name: str) -> str:
    """Return the name of a column of ``videos()``; what filters alone know is none."""
    if field_named(name) in DERIVED:
        raise FilterError(f"'{shown(name)}' can be asked for in filters, and is no column.")
    return name
