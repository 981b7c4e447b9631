"""A table as one HTML page that needs nothing else: no network, no script, no server."""

from __future__ import annotations

import html
import json
from collections.abc import Callable, Iterable, Iterator, Sequence
from pathlib import Path, PurePath
from typing import Any, BinaryIO

from msgspec import Struct

from stoat_nb import words
from stoat_nb.catalog.exports.cells import plain
from stoat_nb.catalog.exports.charts import drawn
from stoat_nb.catalog.exports.figures import MOST_FAILURES, Figures, failures_of, figures_of
from stoat_nb.catalog.exports.manifest import as_json, manifest_of
from stoat_nb.catalog.exports.source import Source
from stoat_nb.names import shown

#: Rows of the table: a page of more is a burden to open. It says how many are left out.
REPORT_ROWS = 2000

#: Nothing is fetched and nothing runs, whatever is written in here.
_POLICY = "default-src 'none'; style-src 'unsafe-inline'"
_STYLE = Path(__file__).with_name("report.css")

Facts = dict[str, Any]


class Cell(Struct, frozen=True, kw_only=True):
    """A column of the table as people read it."""

    title: str
    text: Callable[[Facts], str | None]
    unit: str = ""
    kind: str = ""  #: A class of the style sheet: number, wide.


def write_html(source: Source, file: BinaryIO) -> None:
    """Write a report: figures, charts, failures, the first rows, and what all of it is of."""
    file.writelines(part.encode() for part in _parts(source))


def _parts(source: Source) -> Iterator[str]:
    manifest, name = manifest_of(source), source.table.name
    yield _head(name, manifest)
    if name == "videos":
        figures = figures_of(source)
        yield _overview(figures)
        yield from _failures(source, figures)
    yield from _rows(source, manifest["rows"])
    told = as_json(manifest).decode()
    yield (
        "<details><summary>What this report was made from</summary>"
        f"<pre>{_escaped_lines(told)}</pre></details></body></html>\n"
    )


def _head(name: str, manifest: dict[str, Any]) -> str:
    at = manifest["exported_at"][:16].replace("T", " ")
    scan = manifest["newest_scan"]
    state = f"the newest scan is number {scan['scan_id']}" if scan else "nothing was scanned yet"
    title = f"Stoat: {name}"
    return (
        '<!DOCTYPE html>\n<html lang="en"><head><meta charset="utf-8">'
        f'<meta http-equiv="Content-Security-Policy" content="{_POLICY}">'
        '<meta name="viewport" content="width=device-width, initial-scale=1">'
        f"<title>{title}</title><style>{_STYLE.read_text('utf-8')}</style></head><body>"
        f"<h1>{title}</h1><p>As the library was on {at} UTC; {state}.</p>"
        f"<p>{_escaped(_filters(manifest))}</p>"
    )


def _filters(manifest: dict[str, Any]) -> str:
    filters = manifest["filters"]
    if not filters:
        return "Nothing was filtered out."
    said = (
        f"{name} {value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)}"
        for name, value in filters.items()
    )
    return f"Filtered by {'; '.join(said)}."


def _overview(figures: Figures) -> str:
    numbers = "".join(
        f"<div><dt>{name}</dt><dd>{_escaped(value)}</dd></div>" for name, value in figures.numbers()
    )
    charts = "".join(drawn(chart) for chart in figures.charts())
    return f'<dl class="numbers">{numbers}</dl><div class="charts">{charts}</div>'


def _failures(source: Source, figures: Figures) -> Iterator[str]:
    count = figures.status["failed"]
    if not count:
        return
    yield f"<h2>Could not be read</h2><p>{_how_many(min(count, MOST_FAILURES), count)}</p>"
    cells = (
        Cell(title="path", text=lambda row: row["path"], kind="wide"),
        Cell(title="class", text=lambda row: row["kind"]),
        Cell(title="reason", text=lambda row: row["error"], kind="wide"),
    )
    rows = (dict(zip(("path", "kind", "error"), row, strict=True)) for row in failures_of(source))
    yield from _table("Files that could not be read", cells, rows)


def _rows(source: Source, count: int) -> Iterator[str]:
    is_digest = source.table.name == "videos" and not source.wanted.are_columns_chosen
    cells = _DIGEST if is_digest else [_plain_cell(at, source) for at in range(len(source.columns))]
    yield f"<h2>Rows</h2><p>{_how_many(min(count, REPORT_ROWS), count)}"
    if is_digest:
        yield f" A digest of {len(source.columns)} columns: choose columns to see others."
    yield "</p>"
    yield from _table(source.table.name, cells, _first(source))


def _first(source: Source) -> Iterator[Facts]:
    piece = next(source.pieces()).slice(0, REPORT_ROWS)
    for row in zip(*map(plain, piece.columns), strict=True):
        yield dict(zip(piece.column_names, row, strict=True))


def _how_many(here: int, count: int) -> str:
    if count == 0:
        return "There are none."
    if here == count:
        return f"All {count:,} of them." if count > 1 else "There is one."
    return (
        f"The first {here:,} of {count:,} rows. "
        "Export to Excel, Parquet, CSV or JSON to have all of them."
    )


def _table(label: str, cells: Sequence[Cell], rows: Iterable[Facts]) -> Iterator[str]:
    yield f'<div class="scroll" tabindex="0" role="region" aria-label="{_escaped(label)}"><table>'
    yield "<thead><tr>" + "".join(map(_title, cells)) + "</tr></thead><tbody>"
    for row in rows:
        yield "<tr>" + "".join(_cell(cell, row) for cell in cells) + "</tr>\n"
    yield "</tbody></table></div>"


def _title(cell: Cell) -> str:
    unit = f" <small>{_escaped(cell.unit)}</small>" if cell.unit else ""
    return f'<th scope="col"{_class(cell)}>{_escaped(cell.title)}{unit}</th>'


def _cell(cell: Cell, row: Facts) -> str:
    text = cell.text(row)
    return f"<td{_class(cell)}>{words.UNKNOWN if text is None else _escaped(text)}</td>"


def _class(cell: Cell) -> str:
    return f' class="{cell.kind}"' if cell.kind else ""


def _escaped(text: str) -> str:
    return html.escape(shown(text))


def _escaped_lines(text: str) -> str:
    return "\n".join(map(_escaped, text.split("\n")))


def _plain_cell(at: int, source: Source) -> Cell:
    """Return a column as it is, named and measured as everywhere else."""
    column = source.columns[at]

    def text(row: Facts) -> str | None:
        value = row[column.name]
        if isinstance(value, bool):
            return "yes" if value else "no"
        if isinstance(value, list):
            return ", ".join(map(str, value))
        return None if value is None else str(value)

    kind = "number" if column.dtype in ("Int64", "Float64") else "wide" * column.is_text
    return Cell(title=column.name, text=text, unit=column.unit, kind=kind)


def _folder(row: Facts) -> str:
    below = PurePath(row["relative_path"] or "").parent
    return str(PurePath(PurePath(row["root"] or row["folder"] or "").name) / below)


def _resolution(row: Facts) -> str | None:
    width, height = row["display_width"], row["display_height"]
    return f"{width} {words.TIMES} {height}" if width and height else None


def _status(row: Facts) -> str:
    return f"failed: {row['error']}" if row["status"] == "failed" else str(row["status"])


def _number(name: str, said: Callable[[Any], str]) -> Callable[[Facts], str | None]:
    return lambda row: None if row[name] is None else said(row[name])


_DIGEST = (
    Cell(title="name", text=lambda row: row["name"], kind="wide"),
    Cell(title="folder", text=_folder, kind="wide"),
    Cell(title="length", text=_number("duration_s", words.length), kind="number"),
    Cell(title="picture", text=_resolution, kind="number"),
    Cell(
        title="fps",
        text=_number("fps", lambda fps: f"{fps:.3f}".rstrip("0").rstrip(".")),
        kind="number",
    ),
    Cell(title="codec", text=lambda row: row["codec"]),
    Cell(title="audio", text=lambda row: row["audio_codec"]),
    Cell(title="size", text=_number("size_bytes", words.size), kind="number"),
    Cell(title="status", text=_status),
)
