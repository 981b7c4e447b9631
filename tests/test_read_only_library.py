"""``Library(path, read_only=True)``: everything can be looked at, nothing changed."""

from __future__ import annotations

from pathlib import Path

import pytest

from stoat_nb.errors import CatalogError, CatalogReadOnly
from stoat_nb.library import Library
from stoat_nb.media.demo_clips import make_samples


def test_a_library_that_is_only_looked_at_shows_all_and_changes_nothing(tmp_path: Path) -> None:
    clips, path = tmp_path / "clips", tmp_path / "library" / "library.db"
    path.parent.mkdir()
    make_samples(clips)
    with Library(path) as library:
        job = library.scan(clips)
        report, rows = job.result(), library.videos()
    before = {one: one.read_bytes() for one in path.parent.iterdir()}
    with Library(path, read_only=True) as library:
        assert library.videos().equals(rows)
        assert library.job(job.id).result() == report
        assert len(library.streams()) > 0
        assert library.videos("height > 0").shape[0] > 0
        assert library.summary().n_videos == len(rows)
        library.export(tmp_path / "videos.csv")
        for change in (
            lambda: library.scan(clips),
            lambda: library.submit("scan", {"path": str(clips)}),
            lambda: library.retry(job.id),
            lambda: library.cancel(job.id),
            lambda: library.pause(job.id),
        ):
            with pytest.raises(CatalogReadOnly, match="for reading only"):
                change()
    assert {one: one.read_bytes() for one in path.parent.iterdir()} == before


def test_a_library_that_is_not_there_is_not_made_to_be_looked_at(tmp_path: Path) -> None:
    with pytest.raises(CatalogError, match="There is no library at"):
        Library(tmp_path / "library.db", read_only=True)
    assert list(tmp_path.iterdir()) == []
