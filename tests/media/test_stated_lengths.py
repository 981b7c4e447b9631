"""Lengths, counts and rates that headers only state, and what is found without reading it all."""

from __future__ import annotations

import struct
from collections.abc import Callable
from fractions import Fraction
from pathlib import Path

import av
import pytest

from stoat_nb.media.video import Outcome, Stream, Video
from tests.media.films import beat, film, shown

Read = Callable[[Path], Outcome]


def video_of(outcome: Outcome) -> Video:
    assert outcome.video is not None, outcome.failure
    return outcome.video


def picture_of(outcome: Outcome) -> Stream:
    stream = video_of(outcome).main("video")
    assert stream is not None
    return stream


def rate_of(stream: Stream) -> Fraction | None:
    return Fraction(stream.fps_num, stream.fps_den or 1) if stream.fps_num else None


def joined(folder: Path, ending: str, starts: list[int]) -> Path:
    parts = [
        film(folder / f"{start}.{ending}", beat(400, 25, start), codec="mpeg2video")
        for start in starts
    ]
    path = folder / f"joined.{ending}"
    path.write_bytes(b"".join(part.read_bytes().removesuffix(b"\0\0\1\xb9") for part in parts))
    return path


@pytest.mark.parametrize("ending", ["ts", "mpg"])
@pytest.mark.parametrize(
    "starts", [[0, 50_000], [50_000, 0], [0, 0], [0, 777, 0], [95_000, 20, 3_000]]
)
def test_recordings_of_several_clocks_are_as_long_as_their_pieces(
    tmp_path: Path, read: Read, ending: str, starts: list[int]
) -> None:
    path = joined(tmp_path, ending, starts)
    video = video_of(read(path))
    assert video.duration_s == pytest.approx(16 * len(starts), rel=0.06)
    assert video.bitrate == int(path.stat().st_size * 8 / (video.duration_s or 1))
    assert video.duration_basis == "timestamps"


@pytest.mark.parametrize("ending", ["ts", "mpg"])
@pytest.mark.parametrize("start", [0, 40_000])
def test_one_recording_keeps_the_length_of_its_time_stamps(
    tmp_path: Path, read: Read, ending: str, start: int
) -> None:
    path = film(tmp_path / f"one.{ending}", beat(400, 25, start), codec="mpeg2video")
    assert video_of(read(path)).duration_s == pytest.approx(16.0, abs=0.05)


def with_counts(path: Path, count: int) -> Path:
    content = bytearray(path.read_bytes())
    main, stream = content.index(b"avih") + 8, content.index(b"strh") + 8
    content[main + 16 : main + 20] = content[stream + 32 : stream + 36] = struct.pack("<I", count)
    path.write_bytes(bytes(content))
    return path


@pytest.mark.parametrize("codec", ["ffv1", "mpeg4"])
def test_an_avi_is_as_long_as_its_index(tmp_path: Path, read: Read, codec: str) -> None:
    path = with_counts(film(tmp_path / "long.avi", beat(200, 25), codec=codec), 9_000_000)
    video, stream = video_of(read(path)), picture_of(read(path))
    assert (video.duration_s, stream.frame_count) == (8.0, len(shown(path)))
    assert (rate_of(stream), stream.fps_mode, stream.fps_mode_basis) == (25, "cfr", "container")
    assert video.bitrate == path.stat().st_size


def test_frames_that_an_avi_leaves_out_are_not_counted(tmp_path: Path, read: Read) -> None:
    path = film(tmp_path / "drops.avi", beat(50, 25) + beat(20, 5, 2), codec="mpeg4")
    stream = picture_of(read(path))
    assert (stream.frame_count, stream.fps_mode) == (len(shown(path)), "vfr") == (70, "vfr")
    assert float(rate_of(stream) or 0) == pytest.approx(12, abs=0.3)
    assert stream.fps_nominal == 25.0


def late(path: Path, seconds: int, scale: int) -> Path:
    """Let all fragments of a film of one track begin later."""
    content, at = bytearray(path.read_bytes()), 0
    while (at := content.find(b"tfdt", at)) >= 0:
        width = 8 if content[at + 4] else 4
        time = int.from_bytes(content[at + 8 : at + 8 + width], "big") + seconds * scale
        content[at + 8 : at + 8 + width] = time.to_bytes(width, "big")
        at += 8
    path.write_bytes(bytes(content))
    return path


@pytest.mark.parametrize("count", [30, 100])
@pytest.mark.parametrize("ending", ["mp4", "mov"])
def test_fragments_that_begin_late_make_no_film_longer(
    tmp_path: Path, read: Read, ending: str, count: int
) -> None:
    pieces = {"movflags": "frag_keyframe+empty_moov+default_base_moof"}
    path = film(tmp_path / f"late.{ending}", beat(count, 25), options=pieces)
    assert video_of(read(path)).duration_s == count / 25
    with av.open(str(path)) as clip:
        scale = clip.streams.video[0].time_base.denominator
    video = video_of(read(late(path, 10, scale)))
    assert (video.start_s, video.duration_s) == (10.0, pytest.approx(count / 25))
    assert picture_of(read(path)).duration_s == pytest.approx(count / 25)


@pytest.mark.parametrize(
    ("height", "width", "rate"), [(576, 720, Fraction(25)), (480, 720, Fraction(30_000, 1001))]
)
def test_dv_has_the_rate_of_its_system(
    tmp_path: Path, read: Read, height: int, width: int, rate: Fraction
) -> None:
    pixels = {576: "yuv420p", 480: "yuv411p"}[height]
    for ending in ("dv", "avi", "mov"):
        path = tmp_path / f"tape.{ending}"
        with av.open(str(path), "w") as container:
            stream = container.add_stream("dvvideo", rate=rate)
            stream.width, stream.height, stream.pix_fmt = width, height, pixels
            for number in range(30):
                frame = av.VideoFrame(width, height, pixels)
                frame.pts, frame.time_base = number, 1 / rate
                container.mux(stream.encode(frame))
            container.mux(stream.encode(None))
        told = picture_of(read(path))
        assert (rate_of(told), told.fps_mode, told.frame_count) == (rate, "cfr", 30), ending
        assert told.fps_nominal == pytest.approx(float(rate))


def test_a_rate_that_is_the_step_of_the_clock_is_none(tmp_path: Path, read: Read) -> None:
    flash = film(tmp_path / "a.flv", beat(50, 25), codec="flv")
    content = bytearray(flash.read_bytes())
    at = content.index(b"framerate") + 10
    content[at : at + 8] = struct.pack(">d", 1000.0)
    flash.write_bytes(bytes(content))
    assert rate_of(picture_of(read(flash))) == 25

    pieces = {"movflags": "frag_keyframe+empty_moov+default_base_moof"}
    start = film(tmp_path / "b.mp4", beat(50, 25), options=pieces)
    start.write_bytes(start.read_bytes().partition(b"moof")[0][:-4])
    assert rate_of(picture_of(read(start))) in (None, 25)

    slides = film(tmp_path / "c.wmv", [Fraction(0)], codec="wmv2")
    assert rate_of(picture_of(read(slides))) in (None, 25)
