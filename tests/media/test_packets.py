"""Reading every packet: what was counted, what is missing, and what does not fit together."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
from collections.abc import Callable
from fractions import Fraction
from pathlib import Path
from typing import Any

import av
import pytest

from stoat_nb.media.outcome import outcome
from stoat_nb.media.packets.limits import limit_s
from stoat_nb.media.probe import probe
from stoat_nb.media.structure.verdict import UNSTATED
from stoat_nb.media.video import Found, Video

Item = Callable[[Path], dict[str, Any]]
Verify = Callable[..., Video]

SHARED = Path(__file__).parents[3] / "shared" / "media" / "files"


@pytest.fixture
def verify(item: Item) -> Verify:
    """Probe a file and read all of its packets."""

    def run(path: Path, **more: Any) -> Video:
        found = Found(folder=b"/", name=b"x", size_bytes=1, mtime_ns=1, inode=1, device=1)
        answer = outcome(found, probe({**item(path), "packets": True, **more}))
        assert answer.video is not None, answer.failure
        return answer.video

    return run


@pytest.mark.parametrize(
    ("name", "frames", "seconds"),
    [
        ("2024 Summer/beach walk.mp4", 60, 2.0),
        ("2024 Summer/ice cream (portrait).mov", 30, 1.0),
        ("2023 Alps/summit.mkv", 48, 2.0),
        ("2023 Alps/cable car.webm", 25, 1.0),
        ("Tapes/wedding 1998.mpg", 25, 1.0),
        ("Tapes/birthday.avi", 25, 1.0),
        ("Tapes/evening news.ts", 25, 1.0),
        ("Downloads/lecture.flv", 15, 1.0),
        ("Edits/interview master.mov", 12, 0.5),
    ],
)
def test_frames_are_counted_and_timed(
    archive: Path, verify: Verify, name: str, frames: int, seconds: float
) -> None:
    video = verify(archive / name)
    [stream] = [stream for stream in video.streams if stream.kind == "video"]
    assert (stream.frame_count, stream.frame_count_basis) == (frames, "counted")
    assert (stream.fps_mode, stream.fps_mode_basis) == ("cfr", "packets")
    assert stream.frame_avg_s == pytest.approx(seconds / frames, rel=0.05)
    assert stream.frame_min_s is not None
    assert stream.frame_max_s is not None
    assert stream.frame_min_s <= stream.frame_avg_s <= stream.frame_max_s
    assert stream.bitrate
    assert video.duration_basis == "packets"
    assert video.duration_s == pytest.approx(seconds, abs=0.15)
    has_no_length = name.endswith((".mpg", ".ts"))
    assert video.integrity == ("unknown" if has_no_length else "complete")
    assert video.integrity_level == "packets"


def test_a_stutter_that_no_header_tells_makes_the_rate_variable(
    tmp_path: Path, verify: Verify
) -> None:
    path = tmp_path / "stutter.mkv"
    with av.open(str(path), "w") as container:
        stream = container.add_stream("mpeg4", rate=25)
        stream.width, stream.height, stream.pix_fmt = 64, 48, "yuv420p"
        for number in range(20):
            frame = av.VideoFrame(64, 48, "yuv420p")
            frame.pts, frame.time_base = number + 5 * (number >= 10), Fraction(1, 25)
            container.mux(stream.encode(frame))
        container.mux(stream.encode(None))
    [main] = verify(path).streams
    assert (main.frame_count, main.fps_mode, main.fps_mode_basis) == (20, "vfr", "packets")
    assert main.frame_min_s == pytest.approx(0.04, abs=0.001)
    assert main.frame_max_s == pytest.approx(0.24, abs=0.001)


def test_a_recording_whose_packets_end_early_is_cut(
    archive: Path, tmp_path: Path, verify: Verify
) -> None:
    content = (archive / "2023 Alps" / "summit.mkv").read_bytes()
    at = content.index(b"\x18\x53\x80\x67") + 4
    live = bytearray(content[: len(content) * 4 // 10])
    live[at : at + 8] = b"\x01" + b"\xff" * 7  # a segment of unknown size
    path = tmp_path / "live.mkv"
    path.write_bytes(bytes(live))
    video = verify(path)
    assert video.integrity == "truncated"
    assert "The packets end after" in str(video.integrity_reason)
    assert video.duration_s is not None
    assert video.duration_s < 1.2


def test_two_recordings_in_one_stream_jump_back_in_time_and_are_no_fault(
    archive: Path, tmp_path: Path, verify: Verify
) -> None:
    content = (archive / "Tapes" / "evening news.ts").read_bytes()
    path = tmp_path / "twice.ts"
    path.write_bytes(content * 2)
    video = verify(path)
    assert (video.integrity, video.integrity_level) == ("unknown", "packets")
    assert str(video.integrity_reason).startswith(UNSTATED)
    assert "jumps back in time" in str(video.integrity_reason)


def test_rubbish_between_packets_is_suspect(
    archive: Path, tmp_path: Path, verify: Verify, item: Item
) -> None:
    content = bytearray((archive / "2023 Alps" / "cable car.webm").read_bytes())
    cluster = content.index(b"\x1f\x43\xb6\x75")
    content[cluster + 200 : cluster + 1200] = bytes(1000)
    path = tmp_path / "hole.webm"
    path.write_bytes(bytes(content))
    assert probe(item(path))["video"]["integrity"] == "complete", "headers alone cannot tell"
    video = verify(path)
    assert video.integrity == "suspect"
    assert "FFmpeg stumbled" in str(video.integrity_reason)


def test_what_headers_gave_away_is_not_taken_back(
    tmp_path: Path, verify: Verify, remux: Callable[..., Path]
) -> None:
    whole = remux("2024 Summer/beach walk.mp4", "front.mp4", movflags="faststart").read_bytes()
    path = tmp_path / "cut.mp4"
    path.write_bytes(whole[: len(whole) * 6 // 10])
    video = verify(path)
    assert (video.integrity, video.integrity_level) == ("truncated", "packets")
    assert "should end at byte" in str(video.integrity_reason)


def test_without_the_time_to_read_it_all_nothing_is_claimed(archive: Path, verify: Verify) -> None:
    name = archive / "2023 Alps" / "summit.mkv"
    video = verify(name, packets_timeout_s=0.000001)
    assert video.integrity_level == "structure"
    assert "Not all packets were read" in str(video.integrity_reason)
    assert {stream.fps_mode_basis for stream in video.streams} <= {None, "container"}


def test_more_bytes_may_take_longer() -> None:
    assert limit_s(0) >= 30
    assert limit_s(10**11) > 1000


@pytest.mark.skipif(
    not SHARED.is_dir() or shutil.which("ffprobe") is None, reason="needs media and ffprobe"
)
def test_ffprobe_counts_the_same_packets(verify: Verify, item: Item) -> None:
    paths = [path for path in sorted(SHARED.rglob("*")) if path.is_file()]
    compared = 0
    for path in paths[::9]:
        if "video" not in probe(item(path)):
            continue
        command = ["ffprobe", "-v", "quiet", "-count_packets", "-show_streams", "-of", "json"]
        told = subprocess.run(
            [*command, f"file:{os.fspath(path)}"], capture_output=True, check=False
        )
        streams = json.loads(told.stdout or "{}").get("streams", [])
        video = verify(path)
        for stream in streams:
            ours = video.streams[stream["index"]]
            if ours.kind == "video" and not ours.is_cover:
                assert (ours.frame_count or 0) == int(stream.get("nb_read_packets", 0)), path.name
                compared += 1
    assert compared > 5
