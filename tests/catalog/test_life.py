from __future__ import annotations

from typing import Any

import pandas as pd
import pytest

from stoat_nb.catalog.catalog import Catalog
from stoat_nb.errors import UnknownVideo


def told(history: pd.DataFrame) -> list[tuple[Any, ...]]:
    wanted = history[["change", "column", "old", "new"]].astype(object)
    return [tuple(None if pd.isna(cell) else cell for cell in row) for row in wanted.to_numpy()]


def test_the_life_of_a_file_begins_where_it_was_found_first(catalog: Catalog, filling: Any) -> None:
    filling.scan(at=100.0)
    filling.record(filling.ok(), at=101.0)
    filling.scan(at=200.0)
    moved = filling.found(b"/videos/better.mp4")
    catalog.presence.move(filling.scan_id, [(1, moved)], at=201.0)

    history = catalog.history(1)

    assert told(history) == [
        ("added", None, None, None),
        ("moved", "path", "/videos/a.mp4", "/videos/better.mp4"),
    ]
    assert list(history["path"]) == ["/videos/a.mp4", "/videos/better.mp4"]
    assert list(history["scan_id"]) == [1, 2]
    assert list(history["at"]) == [pd.Timestamp(at, unit="s", tz="UTC") for at in (101, 200)]


def test_what_changed_is_told_with_its_old_value_and_its_new(
    catalog: Catalog, filling: Any
) -> None:
    filling.record(filling.ok())
    filling.scan(at=200.0)
    filling.record(filling.ok(size_bytes=2000), at=201.0)
    filling.scan(at=300.0)
    catalog.presence.mark_gone(filling.scan_id, {b"/videos": [b"a.mp4"]}, at=301.0)

    assert told(catalog.history(1))[1:] == [
        ("changed", "size_bytes", "1000", "2000"),
        ("removed", "status", "ok", "missing"),
    ]


def test_the_history_of_one_file_is_not_that_of_another(catalog: Catalog, filling: Any) -> None:
    filling.record(filling.ok(), filling.ok(b"/videos/b.mp4", inode=8))
    filling.scan(at=200.0)
    filling.record(filling.ok(size_bytes=2000))

    assert len(catalog.history(2)) == 1


def test_there_is_no_history_of_what_is_not_there(catalog: Catalog) -> None:
    with pytest.raises(UnknownVideo):
        catalog.history(1)
    with pytest.raises(UnknownVideo):
        catalog.whereabouts(1 << 70)


@pytest.mark.parametrize(
    ("file", "relative"),
    [(b"/videos/a.mp4", b"a.mp4"), (b"/videos/x/y/caf\xe9.mp4", b"x/y/caf\xe9.mp4")],
)
def test_a_file_is_found_beneath_the_folder_that_was_scanned(
    catalog: Catalog, filling: Any, file: bytes, relative: bytes
) -> None:
    filling.record(filling.ok(file))

    known = catalog.whereabouts(1)

    assert (known.place.root, known.place.relative) == (b"/videos", relative)
    assert (known.place.size_bytes, known.place.mtime_ns) == (1000, 5_000_000_001)
    assert (known.status, known.container) == ("ok", "mp4")
