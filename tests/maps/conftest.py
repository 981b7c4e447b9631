"""A library of small files that were catalogued without being read."""

from __future__ import annotations

import dataclasses
import os
import zlib
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pandas as pd
import pytest

from stoat_nb import Library, Settings
from stoat_nb.maps import MapReport
from stoat_nb.media.video import Found, Outcome, Stream, Video


@dataclasses.dataclass
class Shelf:
    """A library, and the folder its files are in."""

    library: Library
    folder: Path
    scan_id: int = 0

    def put(self, *names: str) -> None:
        """Write files whose content is their name, and catalogue them."""
        for name in names:
            (self.folder / name).write_text(name)
        self.see(*names)

    def see(self, *names: str) -> None:
        """Catalogue files as they are."""
        if not self.scan_id:
            begun = self.library.catalog.scans.begin(
                job_id="one", folder=os.fsencode(self.folder), recursive=True, started_at=1.0
            )
            self.scan_id = begun.scan_id
        self.library.catalog.videos.record(
            self.scan_id, [self._outcome(name) for name in names], at=1.0
        )

    def _outcome(self, name: str) -> Outcome:
        status = (self.folder / name).stat()
        found = Found(
            folder=os.fsencode(self.folder),
            name=os.fsencode(name),
            size_bytes=status.st_size,
            mtime_ns=status.st_mtime_ns,
            inode=zlib.crc32(name.encode()),
            device=1,
        )
        stream = Stream(idx=0, kind="video", codec="h264", height=1080, width=1920)
        video = Video(container="mp4", format_name="mov", duration_s=2.0, streams=(stream,))
        return Outcome(found=found, video=video)

    def map(self, function: Callable[[Any], Any], name: str = "found", **given: Any) -> MapReport:
        return self.library.map(function, name=name, **given).result(60)

    def values(self, column: str = "found", analysis: str = "found") -> dict[str, Any]:
        """Return a column of an analysis by the names of the files."""
        frame = self.library.videos(with_=[analysis], columns=["name", column])
        return {
            name: None if isinstance(value, type(pd.NA)) else value
            for name, value in zip(frame["name"], frame[column], strict=True)
        }

    def failures(self, name: str = "found") -> dict[str, str]:
        """Return the classes of failures by the names of the files."""
        frame = self.library.map_failures(name)
        return {
            Path(path).name: kind
            for path, kind in zip(frame["path"], frame["error_class"], strict=True)
        }


@pytest.fixture
def library(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Library]:
    monkeypatch.setenv("XDG_DATA_HOME", str(tmp_path / "home"))
    with Library(tmp_path / "library.db", settings=Settings(probe_workers=1)) as opened:
        yield opened


@pytest.fixture
def shelf(library: Library, tmp_path: Path) -> Shelf:
    folder = tmp_path / "videos"
    folder.mkdir()
    made = Shelf(library, folder)
    made.put("a.mp4", "bb.mp4", "ccc.mp4")
    return made
