"""Tables without what is nobody else's business: the way to folders, and where films were made."""

from __future__ import annotations

import json
import os
import re
from collections.abc import Callable, Iterable, Mapping
from pathlib import Path, PurePosixPath
from typing import Any

import apsw
import pyarrow as pa
import pyarrow.compute as pc

from stoat_nb.catalog.database import fetch
from stoat_nb.catalog.exports.cells import is_text, is_texts
from stoat_nb.media.origin.places import iso6709

#: Columns whose text is a path and nothing else.
_PATHS = frozenset({"path", "root", "folder", "top_folder"})
#: Columns that hold no way to anything.
_HARMLESS = frozenset({"relative_path", "name", "extension"})
#: Columns that say where a video was recorded, and tags that do.
_GPS = frozenset({"gps_lat", "gps_lon"})
_GPS_KEY = re.compile(r"location|gps|latitude|longitude|xyz|semi-pro\.metadata", re.IGNORECASE)

#: Folders whose place may be told somewhere: roots first, then those of scans that never began.
_FOLDERS = """
SELECT path, path_text FROM (
    SELECT 0 AS place, id, path, path_text FROM roots
    UNION ALL
    SELECT 1, number, CAST(payload ->> 'path' AS BLOB), payload ->> 'path' FROM jobs
    WHERE json_type(payload, '$.path') = 'text'
) ORDER BY place, id
"""


class Redaction:
    """Replaces the path of each root by the name of its folder, and empties cells of places."""

    def __init__(self, labels: Mapping[str, str], *, hides_gps: bool = True) -> None:
        self._labels = dict(labels)
        self._hides_gps = hides_gps
        # Of nested folders the outermost: it is what `relative_path` counts from.
        spelled = sorted(self._labels, key=lambda one: (len(one), one))
        # Not in the middle of another path, and not as the beginning of a longer name.
        inside = "|".join(map(re.escape, spelled))
        self._anywhere = re.compile(rf"(?<!\w)(?:{inside})(?![\w-]|\.\w)") if spelled else None
        self._in_front = re.compile(rf"\A(?:{inside})(?=/|\Z)") if spelled else None

    def text(self, value: str) -> str:
        """Return text of any kind without the way to a root."""
        return self._replaced(self._anywhere, value)

    def path(self, value: str) -> str:
        """Return a path that begins with the name of its root."""
        return self._replaced(self._in_front, value)

    def plain(self, value: Any) -> Any:
        """Return what JSON can hold, with every text in it cleaned."""
        if isinstance(value, str):
            return self.text(value)
        if isinstance(value, Mapping):
            return {self.text(str(key)): self.plain(one) for key, one in value.items()}
        if isinstance(value, Iterable):
            return [self.plain(one) for one in value]
        return value

    def of(self, rows: pa.Table) -> pa.Table:
        """Return rows of which this is true."""
        for at, name in enumerate(rows.column_names):
            column = rows[name]
            if self._hides_gps and name in _GPS:
                rows = rows.set_column(at, name, pa.nulls(len(column), column.type))
                continue
            if self._hides_gps and name == "value":
                keys = rows["key"] if "key" in rows.column_names else column
                column = pc.if_else(
                    pa.array(map(_is_place, keys.to_pylist(), column.to_pylist())), None, column
                )
            if (
                self._anywhere
                and name not in _HARMLESS
                and (is_text(column.type) or is_texts(column.type))
            ):
                column = _each(self.path if name in _PATHS else self.text, column)
            rows = rows.set_column(at, name, column)
        return rows

    def _replaced(self, pattern: re.Pattern[str] | None, value: str) -> str:
        if pattern is None:
            return value
        return pattern.sub(lambda found: self._labels[found[0]], value)


def _is_place(key: str | None, value: str | None) -> bool:
    return value is not None and bool(iso6709(value) or (key and _GPS_KEY.search(key)))


def _each(clean: Callable[[str], str], column: pa.ChunkedArray) -> pa.ChunkedArray:
    """Return a column with each of its texts cleaned; only those with a slash can be paths."""
    kind = column.type
    if pa.types.is_dictionary(kind):
        whole = column.unify_dictionaries().combine_chunks()
        words = _each(clean, pa.chunked_array([whole.dictionary]))
        return words.take(whole.indices).dictionary_encode().cast(kind)
    cells = column.to_pylist()
    if is_texts(kind):
        cells = [cell and [clean(text) for text in cell] for cell in cells]
    else:
        cells = [clean(cell) if cell is not None and "/" in cell else cell for cell in cells]
    return pa.chunked_array([pa.array(cells, kind)])


#: Leaves everything as it is.
NO_REDACTION = Redaction({}, hides_gps=False)


def redaction_of(connection: apsw.Connection, library: Path) -> Redaction:
    """Return what hides the way to every root of this library, and to the library itself."""
    labels: dict[str, str] = {}
    taken: set[str] = set()
    for path, text in fetch(connection, _FOLDERS):
        if text in labels or not text.strip("/"):
            continue  # nothing is above the root of all file systems
        label = _fresh(PurePosixPath(text).name, taken)
        for spelling in _spellings(path, text):
            labels.setdefault(spelling, label)
    for spelling in _spellings(os.fsencode(library), str(library)):
        labels.setdefault(spelling, library.name)
    return Redaction(labels)


def _fresh(name: str, taken: set[str]) -> str:
    """Return a name that no other root has: two may be called Videos."""
    label, number = name, 1
    while label in taken:
        number += 1
        label = f"{name} ({number})"
    taken.add(label)
    return label


def _spellings(path: bytes, text: str) -> Iterable[str]:
    """Return the ways a path is written: as it is shown, and in JSON."""
    real = os.fsdecode(path)
    for one in (text, real):
        yield one
        yield json.dumps(one)[1:-1]
        yield json.dumps(one, ensure_ascii=False)[1:-1]
