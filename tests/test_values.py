"""Values that anybody may hold stay as they are, and travel."""

from __future__ import annotations

import copy
import pickle
from typing import Any

import cloudpickle
import pytest

from stoat_nb.catalog.query import Summary, VideoQuery
from stoat_nb.jobs.state import JobEvent, JobState, JobStatus, Progress
from stoat_nb.media.video import Failure, Found, Outcome, Stream, Tag, Video
from stoat_nb.scan.report import ScanReport
from stoat_nb.settings import Settings

FOUND = Found(folder=b"/v", name=b"a\xff.mp4", size_bytes=1, mtime_ns=2, inode=3, device=4)
VIDEO = Video(
    container="mp4",
    format_name="mov",
    streams=(Stream(idx=0, kind="video", sar=1.5),),
    tags=(Tag(key="title", value="Sea"),),
)
VALUES: list[Any] = [
    Progress(phase="probing", done=1, total=2, current=("a", "b")),
    JobEvent(at=1.0, text="Begun."),
    JobState(job_id="a", job_type="scan", payload={"path": "/v"}, status=JobStatus.RUNNING),
    ScanReport(folder="/v", scan_id=1, errors=({"path": "/v/a", "error": "Cut."},)),
    Settings(probe_workers=3),
    VideoQuery(where="height > 1", facets={"codec": ("h264",)}),
    Summary(
        **dict.fromkeys(
            ("n_videos", "n_ok", "n_failed", "n_missing", "n_excluded", "total_bytes"), 1
        ),
        total_duration_s=1.0,
    ),
    Outcome(found=FOUND, video=VIDEO),
    Failure(error_class="damaged", error="Cut.", tool="stoat"),
]
each = pytest.mark.parametrize("value", VALUES, ids=[type(value).__name__ for value in VALUES])


@each
def test_nobody_can_change_it(value: Any) -> None:
    name = value.__struct_fields__[0]
    with pytest.raises(AttributeError):
        setattr(value, name, getattr(value, name))
    with pytest.raises(AttributeError):
        delattr(value, name)
    with pytest.raises(AttributeError):
        value.something_else = 1


@each
def test_a_copy_is_equal_to_it_however_it_came_about(value: Any) -> None:
    copies = [
        copy.copy(value),
        copy.deepcopy(value),
        pickle.loads(pickle.dumps(value)),  # noqa: S301 - of our own
        cloudpickle.loads(cloudpickle.dumps(value)),
    ]
    assert copies == [value] * len(copies)
    assert {type(one) for one in copies} == {type(value)}


@each
def test_it_shows_its_fields_by_name(value: Any) -> None:
    name = value.__struct_fields__[0]
    assert repr(value).startswith(f"{type(value).__name__}({name}={getattr(value, name)!r}")


def test_equal_values_have_one_place_in_a_set() -> None:
    assert len({FOUND, copy.deepcopy(FOUND)}) == 1
    assert len({Outcome(found=FOUND, video=VIDEO), Outcome(found=FOUND, video=VIDEO)}) == 1
    assert len({Settings(), Settings(), Settings(port=1)}) == 2
    assert Progress(done=1) != Progress(done=2)
