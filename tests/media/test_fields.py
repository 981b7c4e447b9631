"""Frames that are stored as two fields are counted as one, in every container."""

from __future__ import annotations

from collections.abc import Callable
from fractions import Fraction
from pathlib import Path
from typing import Any

import av
import pytest

from stoat_nb.media.outcome import outcome
from stoat_nb.media.probe import probe
from stoat_nb.media.video import Found, Stream
from tests.media.films import shown

CAMCORDER = next(
    (Path(__file__).parents[3] / "shared" / "media" / "files").rglob("fixture-raw.mts"), None
)
pytestmark = pytest.mark.skipif(CAMCORDER is None, reason="needs ../shared/media")


def picture(item: dict[str, Any], *, packets: bool) -> Stream:
    found = Found(folder=b"/", name=b"x", size_bytes=1, mtime_ns=1, inode=1, device=1)
    video = outcome(found, probe({**item, "packets": packets})).video
    assert video is not None
    stream = video.main("video")
    assert stream is not None
    return stream


@pytest.mark.parametrize("ending", ["mts", "ts", "mp4", "mov", "mkv"])
def test_two_fields_are_one_frame(
    tmp_path: Path, item: Callable[[Path], dict[str, Any]], ending: str
) -> None:
    assert CAMCORDER is not None
    path = CAMCORDER if ending == "mts" else tmp_path / f"fields.{ending}"
    if path is not CAMCORDER:
        with av.open(str(CAMCORDER)) as film, av.open(str(path), "w") as copy:
            source = film.streams.video[0]
            stream = copy.add_stream_from_template(source)
            for packet in film.demux(source):
                if packet.dts is not None:
                    packet.stream = stream
                    copy.mux(packet)
    frames = len(shown(path))
    scanned, verified = (picture(item(path), packets=packets) for packets in (False, True))
    assert verified.frame_count == frames == 31
    assert scanned.frame_count in (None, frames)
    for stream in (scanned, verified):
        assert (stream.interlaced, stream.field_order in ("tt", None)) == (True, True)
        assert stream.fps_nominal == pytest.approx(30_000 / 1001)
    assert Fraction(scanned.fps_num or 0, scanned.fps_den or 1) == Fraction(30_000, 1001)
    assert Fraction(verified.fps_num or 0, verified.fps_den or 1) == pytest.approx(29.97, rel=0.02)
