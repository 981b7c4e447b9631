"""An empty catalog, and files to fill it with."""

from __future__ import annotations

import dataclasses
import zlib
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from stoat_nb.catalog.catalog import Catalog, RecordCounts
from stoat_nb.media.video import Chapter, Failure, Found, Outcome, Stream, Tag, Video

from .world import World

PICTURE = Stream(
    idx=0,
    kind="video",
    codec="h264",
    width=1440,
    height=1080,
    sar=4 / 3,
    fps_num=30000,
    fps_den=1001,
    is_default=True,
)
SOUND = Stream(idx=1, kind="audio", codec="aac", channels=2, sample_rate=48000, language="eng")


@dataclasses.dataclass
class Filling:
    """Puts files into a catalog as a scan would."""

    catalog: Catalog
    scan_id: int = 0

    def scan(self, folder: bytes = b"/videos", *, at: float = 100.0) -> int:
        begun = self.catalog.scans.begin(
            job_id=f"job {self.scan_id}", folder=folder, recursive=True, started_at=at
        )
        self.scan_id = begun.scan_id
        return self.scan_id

    def found(self, path: bytes = b"/videos/a.mp4", **changes: Any) -> Found:
        folder, _, name = path.rpartition(b"/")
        inode = 7 if name == b"a.mp4" else zlib.crc32(path)  # no two paths are one file
        facts = {"size_bytes": 1000, "mtime_ns": 5_000_000_001, "inode": inode, "device": 3}
        return Found(folder=folder or b"/", name=name, **{**facts, **changes})

    def video(self, *streams: Stream, **facts: Any) -> Video:
        known = {
            "container": "mp4",
            "format_name": "mov",
            "duration_s": 10.0,
            "tool": "test 1",
            "integrity": "complete",
            "integrity_level": "structure",
            "faststart": True,
            "chapters": (Chapter(n=1, start_s=0.0, end_s=4.0, title="Dawn"), Chapter(n=2)),
            "tags": (Tag(key="comment", value="hand-held"), Tag(key="handler", value="x", idx=0)),
            "document": '{"format": {"nb_streams": 2}}',
        }
        return Video(streams=streams or (PICTURE, SOUND), **{**known, **facts})

    def ok(
        self, path: bytes = b"/videos/a.mp4", video: Video | None = None, **found: Any
    ) -> Outcome:
        return Outcome(found=self.found(path, **found), video=video or self.video())

    def bad(self, path: bytes = b"/videos/b.mp4", error: str = "It is cut off.") -> Outcome:
        failure = Failure(error_class="damaged", error=error, tool="test 1", elapsed_ms=5)
        return Outcome(found=self.found(path), failure=failure)

    def record(self, *outcomes: Outcome, at: float = 100.0) -> RecordCounts:
        if not self.scan_id:
            self.scan()
        return self.catalog.videos.record(self.scan_id, outcomes, at=at)


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "library.db"


@pytest.fixture
def catalog(path: Path) -> Iterator[Catalog]:
    opened = Catalog(path)
    yield opened
    opened.close()


@pytest.fixture
def filling(catalog: Catalog) -> Filling:
    return Filling(catalog)


@pytest.fixture
def world(path: Path) -> Iterator[World]:
    made = World(path)
    yield made
    for database in made.databases:
        database.close()
