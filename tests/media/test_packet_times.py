"""How long, how many and how often, as packets show it: judged against decoded pictures."""

from __future__ import annotations

from collections.abc import Callable
from fractions import Fraction
from pathlib import Path
from typing import Any

import av
import pytest

from stoat_nb.media.outcome import outcome
from stoat_nb.media.probe import probe
from stoat_nb.media.video import Found, Stream, Video

from .films import beat, captioned, film, shown

Verify = Callable[[Path], Video]

#: A codec of each container's own time.
_CODECS = {".ts": "mpeg2video", ".mpg": "mpeg2video", ".flv": "flv", ".wmv": "wmv2"}


@pytest.fixture
def verify(item: Callable[[Path], dict[str, Any]]) -> Verify:
    """Probe a file and read all of its packets."""

    def run(path: Path) -> Video:
        found = Found(folder=b"/", name=b"x", size_bytes=1, mtime_ns=1, inode=1, device=1)
        answer = outcome(found, probe({**item(path), "packets": True}))
        assert answer.video is not None, answer.failure
        return answer.video

    return run


def picture(video: Video) -> Stream:
    stream = video.main("video")
    assert stream is not None
    return stream


def rate_of(video: Video) -> Fraction:
    stream = picture(video)
    assert stream.fps_num is not None
    assert stream.fps_den is not None
    return Fraction(stream.fps_num, stream.fps_den)


@pytest.mark.parametrize("ending", ["ts", "mpg"])
@pytest.mark.parametrize("order", [("early", "late"), ("late", "early")])
def test_of_joined_recordings_the_pieces_are_added_up(
    tmp_path: Path, verify: Verify, ending: str, order: tuple[str, str]
) -> None:
    starts = {"early": 0, "late": 50_000}
    parts = [
        film(tmp_path / f"{name}.{ending}", beat(100, 25, starts[name]), codec="mpeg2video")
        for name in order
    ]
    path = tmp_path / f"joined.{ending}"
    path.write_bytes(b"".join(part.read_bytes().removesuffix(b"\0\0\1\xb9") for part in parts))
    video = verify(path)
    assert video.duration_s == pytest.approx(8.0, abs=0.1)
    assert (picture(video).frame_count, rate_of(video)) == (len(shown(path)), 25)
    assert picture(video).duration_s == pytest.approx(8.0, abs=0.1)
    assert (picture(video).frame_max_s or 0) < 1
    assert video.bitrate == int(path.stat().st_size * 8 / (video.duration_s or 1))


def test_a_picture_that_stays_is_no_jump_of_the_clock(tmp_path: Path, verify: Verify) -> None:
    path = film(tmp_path / "slides.mkv", [Fraction(20 * number) for number in range(4)])
    video = verify(path)
    assert video.duration_s == pytest.approx(60, abs=0.1)
    assert picture(video).frame_count == 4


@pytest.mark.parametrize("ending", ["mkv", "mp4", "mov", "avi", "flv", "wmv", "ts", "mpg", "nut"])
def test_the_rate_of_uneven_frames_is_their_number_by_their_time(
    tmp_path: Path, verify: Verify, ending: str
) -> None:
    codec = _CODECS.get(f".{ending}", "mpeg4")
    path = film(tmp_path / f"uneven.{ending}", beat(50, 25) + beat(20, 5, 2), codec=codec)
    video, times = verify(path), shown(path)
    stream = picture(video)
    assert (stream.frame_count, stream.fps_mode) == (70, "vfr" if ending != "mpg" else None)
    assert len(times) in (70, 71)  # MPEG's decoder shows a last picture twice
    assert stream.duration_s is not None
    assert rate_of(video) == pytest.approx(70 / stream.duration_s)
    assert float(rate_of(video)) == pytest.approx(12, abs=0.5)


@pytest.mark.parametrize("rate", [Fraction(24_000, 1001), Fraction(30_000, 1001), Fraction(50)])
@pytest.mark.parametrize("ending", ["mkv", "flv"])
def test_an_even_beat_in_milliseconds_is_told_as_it_was_meant(
    tmp_path: Path, verify: Verify, ending: str, rate: Fraction
) -> None:
    codec = _CODECS.get(f".{ending}", "mpeg4")
    path = film(tmp_path / f"even.{ending}", beat(300, rate), codec=codec, rate=rate)
    video = verify(path)
    assert (picture(video).fps_mode, rate_of(video)) == ("cfr", rate)


def test_a_late_caption_makes_no_film_longer(tmp_path: Path, verify: Verify) -> None:
    plain = film(tmp_path / "plain.mkv", beat(50, 25))
    video = verify(captioned(plain, tmp_path / "late.mkv", [0, 3600]))
    assert video.duration_s == pytest.approx(2.0, abs=0.05)
    assert (video.bitrate or 0) > 100_000


def test_a_recording_without_a_length_gets_one_and_a_bit_rate(
    tmp_path: Path, verify: Verify
) -> None:
    path = film(tmp_path / "live.webm", beat(50, 25), codec="libvpx", options={"live": "1"})
    video = verify(path)
    assert video.duration_s == pytest.approx(2.0, abs=0.05)
    assert video.bitrate == int(path.stat().st_size * 8 / (video.duration_s or 1))


@pytest.mark.parametrize(("codec", "shown_bit"), [("libvpx", 0x10), ("libvpx-vp9", 0x02)])
def test_pictures_that_are_never_shown_are_not_counted(
    tmp_path: Path, verify: Verify, codec: str, shown_bit: int
) -> None:
    plain, path = film(tmp_path / "plain.webm", beat(30, 25), codec=codec), tmp_path / "hidden.webm"
    with av.open(str(plain)) as source, av.open(str(path), "w") as copy:
        stream = copy.add_stream_from_template(source.streams.video[0])
        for packet in source.demux():
            if packet.dts is None:
                continue
            if packet.is_keyframe:
                first = bytes(packet)
                hidden = av.Packet(bytes([first[0] & ~shown_bit]) + first[1:])
                hidden.pts, hidden.dts, hidden.time_base = packet.pts, packet.dts, packet.time_base
                hidden.stream = stream
                copy.mux(hidden)
            packet.pts, packet.dts, packet.stream = packet.pts + 40, packet.dts + 40, stream
            copy.mux(packet)
    assert picture(verify(path)).frame_count == len(shown(path)) == 30


def test_a_last_frame_without_a_length_lasts_as_long_as_others(
    tmp_path: Path, verify: Verify
) -> None:
    path = film(tmp_path / "film.mkv", beat(50, 25))
    content = path.read_bytes()
    at = content.index(b"\x23\xe3\x83")  # DefaultDuration
    end = at + 4 + (content[at + 3] & 0x7F)
    void = b"\xec" + bytes([0x80 | end - at - 2]) + bytes(end - at - 2)
    path.write_bytes(content[:at] + void + content[end:])
    stream = picture(verify(path))
    assert (stream.frame_count, rate_of(verify(path))) == (50, 25)
    assert stream.duration_s == pytest.approx(2.0)
