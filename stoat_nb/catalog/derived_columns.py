"""Columns of ``videos()`` that follow from others, and that people filter and group by."""

from __future__ import annotations

from stoat_nb.catalog.column import Column
from stoat_nb.catalog.facts import FACTS

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

_CASES = " ".join(
    f"WHEN max(v.display_width, v.display_height) >= {long} "
    f"OR min(v.display_width, v.display_height) >= {short} THEN '{name}'"
    for name, long, short in RESOLUTIONS
)
_CREATED = next(column.sql for column in FACTS if column.name == "created_at")
_BELOW = "substr(f.path_text, length(rtrim(r.path_text, '/')) + 2)"

DERIVED = (
    Column(
        "resolution",
        "category",
        "4320p, 2160p, 1440p, 1080p, 720p or SD, by the picture as shown, upright or not.",
        basis="derived",
        sql="CASE WHEN v.display_width IS NULL OR v.display_height IS NULL THEN NULL "
        f"{_CASES} ELSE '{SMALLEST}' END",
    ),
    Column(
        "fps_class",
        "Int64",
        "The frame rate, rounded: 23.976 is 24.",
        unit="frames/s",
        basis="derived",
        # No real rate comes near the bounds: they keep a hostile one from being no number at all.
        sql="CAST(min(max(v.fps, 0.0), 1000000.0) + 0.5 AS INTEGER)",
    ),
    Column(
        "year",
        "Int64",
        "The year of `created_at`, UTC.",
        basis="derived",
        sql="CAST(strftime('%Y', "
        f"({_CREATED} - ({_CREATED} % 1000000000 + 1000000000) % 1000000000) / 1000000000, "
        "'unixepoch') AS INTEGER)",
    ),
    Column(
        "top_folder",
        "category",
        "The folder directly below `root` that holds it, or `root` itself.",
        basis="catalog",
        sql=f"CASE WHEN {_BELOW} = '' THEN r.path_text ELSE rtrim(r.path_text, '/') || '/' || "
        f"substr({_BELOW}, 1, instr({_BELOW} || '/', '/') - 1) END",
    ),
)
