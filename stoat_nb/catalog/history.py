"""What scans changed, read as the difference of two scans or as the history of a file."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping
from itertools import groupby
from typing import Any

import apsw
from msgspec import Struct, field

from stoat_nb.catalog.database import fetch
from stoat_nb.catalog.span import Span
from stoat_nb.catalog.values import as_integer
from stoat_nb.errors import UnknownVideo

#: Old and new value of a column.
Pair = tuple[Any, Any]

#: What a file's row says of it if several are true: the first of these.
_WORDS = ("added", "removed", "returned", "offline", "excluded", "moved", "changed")

#: Of the files a scan could look for, these were there.
PRESENT = frozenset({"ok", "failed"})


class _Fate(Struct):
    """What became of one file between two scans."""

    path: str = ""  #: Where it was in the end.
    added: bool = False
    facts: dict[str, Pair] = field(default_factory=dict)

    def take(self, path: str, facts: Mapping[str, Pair]) -> None:
        self.path = path
        for name, (old, new) in facts.items():
            self.facts[name] = (self.facts[name][0] if name in self.facts else old, new)

    def rows(self, video_id: int) -> Iterable[tuple[Any, ...]]:
        facts = {name: pair for name, pair in self.facts.items() if pair[0] != pair[1]}
        before, after = facts.pop("status", (None, None))
        if self.added:
            if after in (None, *PRESENT):
                yield ("added", self.path, None, None, self.path, video_id)
            return
        word = _word(before, after)
        if word is not None:
            yield (word, self.path, "status", before, after, video_id)
        elif before != after:
            facts["status"] = (before, after)
        if "path" in facts:
            yield ("moved", self.path, "path", *facts.pop("path"), video_id)
        for name in sorted(facts):
            yield ("changed", self.path, name, *map(_told, facts[name]), video_id)


def difference(connection: apsw.Connection, span: Span) -> list[tuple[Any, ...]]:
    """Return what is different after some scans from what was before them, as in DIFF."""
    fates = _added(connection, span)
    changes = fetch(
        connection,
        f"SELECT video_id, path, facts FROM changes WHERE {span.of('scan_id')} ORDER BY id",  # noqa: S608 - values are bound
        span.bindings,
    )
    for video_id, path, facts in changes:
        fates.setdefault(video_id, _Fate()).take(path, json.loads(facts))
    rows = [row for video_id, fate in fates.items() for row in fate.rows(video_id)]
    return sorted(rows, key=lambda row: (row[1], row[0], row[2] or ""))


def by_file(rows: Iterable[tuple[Any, ...]]) -> list[tuple[Any, ...]]:
    """Return the rows of DIFF as those of DIFF_BY_FILE: what became of one file in one row."""
    files: dict[int, tuple[str, dict[str, Pair]]] = {}
    words: dict[int, str] = {}
    for word, path, column, old, new, video_id in rows:
        words[video_id] = min(words.get(video_id, word), word, key=_WORDS.index)
        _, facts = files.setdefault(video_id, (path, {}))
        if column is not None:
            facts[column] = (old, new)
    return [
        (words[video_id], path, json.dumps([*facts]), *_sides(facts), video_id)
        for video_id, (path, facts) in files.items()
    ]


def _sides(facts: Mapping[str, Pair]) -> Iterator[str | None]:
    for side in (0, 1):
        told = {name: pair[side] for name, pair in facts.items()}
        yield json.dumps(told, ensure_ascii=False) if told else None


def life(connection: apsw.Connection, video_id: int) -> list[tuple[Any, ...]]:
    """Return what became of one file, oldest first, as in HISTORY."""
    found = fetch(connection, _BIRTH, (as_integer(video_id),))
    if not found:
        raise UnknownVideo(video_id)
    rows = [(found[0][0], "added", None, None, None, *found[0][1:])]
    changes = fetch(connection, _CHANGES, (as_integer(video_id),))
    for (scan_id, at), group in groupby(changes, key=lambda change: change[:2]):
        fate = _Fate()
        for _scan_id, _at, path, facts in group:
            fate.take(path, json.loads(facts))
        for word, path, column, old, new, _id in fate.rows(video_id):
            rows.append((at, word, column, old, new, path, scan_id))
    return rows


_BIRTH = (
    "SELECT CAST(round(v.first_seen * 1e6) AS INTEGER) * 1000, coalesce("
    "(SELECT json_extract(c.facts, '$.path[0]') FROM changes c WHERE c.video_id = v.id "
    "AND json_extract(c.facts, '$.path') IS NOT NULL ORDER BY c.id LIMIT 1), v.path), "
    "v.first_scan_id FROM videos v WHERE v.id = ?"
)
_CHANGES = (
    "SELECT c.scan_id, "
    "CAST(round(coalesce(s.finished_at, s.started_at) * 1e6) AS INTEGER) * 1000, "
    "c.path, c.facts FROM changes c LEFT JOIN scans s ON s.id = c.scan_id "
    "WHERE c.video_id = ? ORDER BY c.id"
)


def _added(connection: apsw.Connection, span: Span) -> dict[int, _Fate]:
    rows = fetch(
        connection,
        "SELECT v.id, coalesce((SELECT json_extract(c.facts, '$.path[0]') FROM changes c "  # noqa: S608 - values are bound
        "WHERE c.video_id = v.id AND c.scan_id > :last AND json_extract(c.facts, '$.path') "
        "IS NOT NULL ORDER BY c.id LIMIT 1), v.path) "
        f"FROM videos v WHERE {span.of('v.first_scan_id')}",
        span.bindings,
    )
    return {video_id: _Fate(path=path, added=True) for video_id, path in rows}


def _word(before: str | None, after: str | None) -> str | None:
    """Say in a word what a change of status means to people."""
    if before in PRESENT and after == "missing":
        return "removed"
    if before in PRESENT and after in ("offline", "excluded"):
        return after
    if before is not None and before not in PRESENT and after in PRESENT:
        return "returned"
    return None


def _told(value: Any) -> str | None:
    return None if value is None else str(value)
