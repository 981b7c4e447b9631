"""How often frames come and how long the film is, by a look at both ends of a Matroska file."""

from __future__ import annotations

from collections.abc import Callable
from fractions import Fraction
from pathlib import Path

import av
import pytest

from stoat_nb.media.video import Outcome, Stream, Video
from tests.media.films import beat, captioned, film, shown

Read = Callable[[Path], Outcome]

_FEW, _MANY = {"cluster_time_limit": "60000"}, {"cluster_time_limit": "600"}
_DEFAULT_DURATION = b"\x23\xe3\x83"


def video_of(outcome: Outcome) -> Video:
    assert outcome.video is not None, outcome.failure
    return outcome.video


def picture_of(outcome: Outcome) -> Stream:
    stream = video_of(outcome).main("video")
    assert stream is not None
    return stream


def rate_of(stream: Stream) -> Fraction | None:
    return Fraction(stream.fps_num, stream.fps_den or 1) if stream.fps_num else None


def without_default_duration(path: Path) -> Path:
    content = path.read_bytes()
    at = content.index(_DEFAULT_DURATION)
    end = at + 4 + (content[at + 3] & 0x7F)
    void = b"\xec" + bytes([0x80 | end - at - 2]) + bytes(end - at - 2)
    path.write_bytes(content[:at] + void + content[end:])
    return path


@pytest.mark.parametrize("codec", ["mpeg4", "libx264", "libvpx"])
@pytest.mark.parametrize("count", [60, 300])
def test_an_even_beat_at_both_ends_is_constant(
    tmp_path: Path, read: Read, codec: str, count: int
) -> None:
    path = film(tmp_path / "even.mkv", beat(count, 25), codec=codec, options=_MANY)
    stream = picture_of(read(path))
    assert (stream.fps_mode, rate_of(stream), stream.fps_nominal) == ("cfr", 25, 25.0)
    assert stream.frame_count == len(shown(path)) == count


@pytest.mark.parametrize("is_stated", [True, False])
@pytest.mark.parametrize("codec", ["mpeg4", "libx264", "libvpx"])
def test_left_out_frames_make_no_constant_rate(
    tmp_path: Path, read: Read, codec: str, *, is_stated: bool
) -> None:
    times, tick = beat(100, 30) + beat(80, 10, Fraction(10, 3)), Fraction(1, 30)
    path = tmp_path / "uneven.mkv"
    film(path, times, codec=codec, rate=30, tick=tick, options=_MANY)
    if not is_stated:
        without_default_duration(path)
    stream = picture_of(read(path))
    assert (stream.fps_mode, stream.fps_mode_basis) == ("vfr", "ends")
    assert (stream.frame_count, rate_of(stream)) == (None, None)
    assert stream.fps_nominal == 30.0 or not is_stated


def test_one_cluster_too_long_to_be_read_proves_nothing(tmp_path: Path, read: Read) -> None:
    one = {"cluster_time_limit": "60000"}
    path = film(
        tmp_path / "one.mkv", beat(300, 25), codec="libx264", options=one, encoding={"g": "900"}
    )
    stream = picture_of(read(path))
    assert (stream.fps_mode, stream.frame_count) == (None, None)
    assert (rate_of(stream), stream.fps_nominal) == (25, 25.0)


def test_of_a_short_film_the_middle_is_seen_too(tmp_path: Path, read: Read) -> None:
    times = beat(80, 25) + beat(15, 5, Fraction(16, 5)) + beat(80, 25, Fraction(31, 5))
    stream = picture_of(read(film(tmp_path / "middle.mkv", times, options=_FEW)))
    assert (stream.fps_mode, stream.frame_count) == ("vfr", 175)


@pytest.mark.parametrize(
    "rate", [Fraction(whole * 1000, 1001) for whole in (24, 30, 48, 60)] + [Fraction(25)]
)
@pytest.mark.parametrize("clusters", [_FEW, _MANY])
def test_rates_of_television_are_equal_in_all_containers(
    tmp_path: Path, read: Read, rate: Fraction, clusters: dict[str, str]
) -> None:
    for ending in ("mkv", "mp4", "mov"):
        more = clusters if ending == "mkv" else {}
        path = film(tmp_path / f"film.{ending}", beat(300, rate), rate=rate, options=more)
        assert rate_of(picture_of(read(path))) == rate, ending
        assert picture_of(read(path)).fps_nominal == pytest.approx(float(rate))


def test_a_stated_rate_that_no_frame_keeps_is_only_nominal(tmp_path: Path, read: Read) -> None:
    path = film(tmp_path / "film.mkv", beat(180, 50), rate=50)
    content = path.read_bytes()
    at = content.index(_DEFAULT_DURATION) + 3
    length = content[at] & 0x7F
    step = (8_341_667).to_bytes(length, "big")
    path.write_bytes(content[: at + 1] + step + content[at + 1 + length :])
    stream = picture_of(read(path))
    assert (rate_of(stream), stream.fps_mode) == (50, "cfr")
    assert stream.fps_nominal == pytest.approx(120_000 / 1001)


@pytest.mark.parametrize("ending", ["mkv", "webm", "mp4", "mov"])
def test_a_film_that_starts_late_is_no_longer(tmp_path: Path, read: Read, ending: str) -> None:
    codec = "libvpx" if ending == "webm" else "mpeg4"
    path = film(tmp_path / f"late.{ending}", beat(100, 25, 5), codec=codec)
    video = video_of(read(path))
    assert (video.start_s, video.duration_s) == (5.0, 4.0)
    assert picture_of(read(path)).frame_count == 100
    assert video.bitrate == int(path.stat().st_size * 8 / 4)


@pytest.mark.parametrize("late", [60, 3600])
def test_a_late_caption_makes_no_film_longer(tmp_path: Path, read: Read, late: int) -> None:
    plain = film(tmp_path / "plain.mkv", beat(50, 25))
    path = captioned(plain, tmp_path / "late.mkv", [0, late])
    video = video_of(read(path))
    assert (video.duration_s, video.duration_basis) == (2.0, "streams")
    assert video.bitrate == int(path.stat().st_size * 8 / 2)


@pytest.mark.parametrize("clusters", [_FEW, _MANY])
def test_a_recording_without_a_length_is_as_long_as_its_last_block(
    tmp_path: Path, read: Read, clusters: dict[str, str]
) -> None:
    options = {"live": "1", **clusters}
    path = film(tmp_path / "live.webm", beat(100, 25), codec="libvpx", options=options)
    video = video_of(read(path))
    assert video.duration_s == pytest.approx(4.0, abs=0.05)
    assert video.duration_basis == "timestamps"
    assert video.bitrate == int(path.stat().st_size * 8 / (video.duration_s or 1))


def counted(source: Path, path: Path, *, frames: int, written: str, seconds: int) -> Path:
    """Write a film again with the statistics that mkvpropedit adds."""
    app = "mkvpropedit v80.0 ('Roundabout') 64-bit"
    with (
        av.open(str(source)) as clip,
        av.open(str(path), "w", options={"fflags": "+bitexact"}) as copy,
    ):
        copy.metadata["creation_time"] = "2020-02-02T02:02:02Z"
        stream = copy.add_stream_from_template(clip.streams.video[0])
        stream.metadata.update(
            {
                "BPS-eng": "250000",
                "DURATION-eng": f"00:00:{seconds:02}.000000000",
                "NUMBER_OF_FRAMES-eng": str(frames),
                "_STATISTICS_WRITING_APP-eng": app,
                "_STATISTICS_WRITING_DATE_UTC-eng": written,
            }
        )
        for packet in clip.demux():
            if packet.dts is not None:
                packet.stream = stream
                copy.mux(packet)
    return path


def test_counts_that_mkvpropedit_added_later_are_believed(tmp_path: Path, read: Read) -> None:
    plain = film(tmp_path / "plain.mkv", beat(50, 25))
    later = "2023-11-06 17:30:59"
    path = counted(plain, tmp_path / "added.mkv", frames=50, written=later, seconds=2)
    stream = picture_of(read(path))
    assert stream.frame_count == 50
    assert (stream.bitrate, stream.bitrate_basis) == (250_000, "tags")
    assert stream.fps_mode == "cfr"


@pytest.mark.parametrize(
    ("written", "seconds"), [("2019-01-01 00:00:00", 2), ("2023-11-06 17:30:59", 9)]
)
def test_counts_of_another_file_are_not(
    tmp_path: Path, read: Read, written: str, seconds: int
) -> None:
    plain = film(tmp_path / "plain.mkv", beat(50, 25))
    path = counted(plain, tmp_path / "stale.mkv", frames=225, written=written, seconds=seconds)
    stream = picture_of(read(path))
    assert (stream.frame_count, stream.frame_count_basis) == (50, "counted")
    assert stream.bitrate is None
