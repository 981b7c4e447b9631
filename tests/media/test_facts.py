"""The facts beyond the first look: integrity, rates, interlace, HDR, tags and chapters."""

from __future__ import annotations

from collections.abc import Callable
from fractions import Fraction
from pathlib import Path
from typing import Any

import av

from stoat_nb.media.video import Chapter, Outcome

from .test_probe import failure_of, main, video_of

Read = Callable[[Path], Outcome]
Item = Callable[[Path], dict[str, Any]]


def test_a_file_cut_to_sixty_percent_reads_well_and_is_told_truncated(
    remux: Callable[..., Path], tmp_path: Path, read: Read
) -> None:
    whole = remux("2024 Summer/beach walk.mp4", "whole.mp4", movflags="faststart")
    healthy = video_of(read(whole))
    assert (healthy.integrity, healthy.integrity_level) == ("complete", "structure")
    assert (healthy.faststart, healthy.fragmented) == (True, False)
    content, cut = whole.read_bytes(), tmp_path / "cut.mp4"
    cut.write_bytes(content[: len(content) * 6 // 10])
    told = video_of(read(cut))
    assert (told.duration_s, told.integrity) == (healthy.duration_s, "truncated")
    assert str(told.integrity_reason).endswith("40 % is missing.")


def test_a_failure_says_how_much_of_the_file_is_missing(archive: Path, read: Read) -> None:
    failure = failure_of(read(archive / "Downloads/half a download.mp4"))
    assert "never finished. The media data should end at byte" in failure.error


def test_what_nobody_checked_is_unknown(archive: Path, read: Read) -> None:
    news = video_of(read(archive / "Tapes/evening news.ts"))
    assert (news.integrity, news.integrity_level) == ("unknown", "none")
    assert (news.faststart, news.fragmented) == (None, None)


def test_the_frame_rate_is_constant_only_where_the_container_says_so(
    archive: Path, read: Read
) -> None:
    told = {
        name: main(video_of(read(archive / name)), "video")
        for name in ("2024 Summer/beach walk.mp4", "2023 Alps/summit.mkv", "Tapes/evening news.ts")
    }
    assert [(one.fps_mode, one.fps_mode_basis) for one in told.values()] == [
        ("cfr", "container"),
        ("cfr", "container"),
        (None, None),
    ]
    assert [(one.frame_count, one.frame_count_basis) for one in told.values()] == [
        (60, "header"),
        (48, "counted"),
        (None, None),
    ]


def test_a_clip_whose_frames_last_differently_has_a_variable_rate(
    tmp_path: Path, archive: Path, read: Read
) -> None:
    path = tmp_path / "vfr.mp4"
    with (
        av.open(str(archive / "2024 Summer/beach walk.mp4")) as clip,
        av.open(str(path), "w") as copy,
    ):
        stream = copy.add_stream_from_template(clip.streams.video[0])
        for packet in clip.demux(clip.streams.video[0]):
            if packet.dts is not None:
                late = packet.pts // 512 % 7 * 100
                packet.pts, packet.dts, packet.stream = packet.pts + late, packet.dts + late, stream
                copy.mux(packet)
    assert main(video_of(read(path)), "video").fps_mode == "vfr"


def test_interlace_bit_depth_chroma_and_coded_size_are_told(archive: Path, read: Read) -> None:
    beach = main(video_of(read(archive / "2024 Summer/beach walk.mp4")), "video")
    assert (beach.interlaced, beach.field_order, beach.has_b_frames) == (
        False,
        "progressive",
        False,
    )
    assert (beach.width, beach.height) == (320, 180)
    assert (beach.coded_width, beach.coded_height) == (320, 192)
    assert (beach.chroma, beach.bit_depth) == ("4:2:0", 8)
    master = video_of(read(archive / "Edits/interview master.mov"))
    picture, sound = main(master, "video"), main(master, "audio")
    assert (picture.chroma, picture.bit_depth, sound.bit_depth) == ("4:2:2", 10, 16)
    assert (sound.bitrate, sound.bitrate_basis) == (1_536_000, "sizes")


def test_tags_and_chapters_are_kept_in_order(tmp_path: Path, archive: Path, read: Read) -> None:
    path = tmp_path / "chapters.mkv"
    with (
        av.open(str(archive / "2023 Alps/summit.mkv")) as clip,
        av.open(str(path), "w") as copy,
    ):
        copy.metadata["comment"] = "x" * 5000
        copy.metadata["artist"] = "<script>"
        copy.set_chapters(
            [
                {"id": 1, "start": 0, "end": 700, "time_base": Fraction(1, 1000), "metadata": {}},
                {
                    "id": 2,
                    "start": 700,
                    "end": 1900,
                    "time_base": Fraction(1, 1000),
                    "metadata": {"title": "Top"},
                },
            ]
        )
        stream = copy.add_stream_from_template(clip.streams.video[0])
        for packet in clip.demux(clip.streams.video[0]):
            if packet.dts is not None:
                packet.stream = stream
                copy.mux(packet)
    video = video_of(read(path))
    assert video.n_chapters == 2
    assert video.chapters == (
        Chapter(n=1, start_s=0.0, end_s=0.7, title=None),
        Chapter(n=2, start_s=0.7, end_s=1.9, title="Top"),
    )
    told = {tag.key.lower(): tag.value for tag in video.tags if tag.idx is None}
    assert (told["artist"], told["comment"]) == ("<script>", "x" * 2000)
    assert {tag.idx for tag in video.tags} <= {None, 0}
    assert video.document


def test_hdr10_plus_and_brightness_are_found_in_the_first_picture(
    tmp_path: Path, archive: Path, read: Read
) -> None:
    path = tmp_path / "plus.mp4"
    plus = bytes.fromhex("4e010408b5003c000104004080")
    light = bytes.fromhex("4e01900403e800c880")
    with (
        av.open(str(archive / "2024 Summer/sunset HDR.mp4")) as clip,
        av.open(str(path), "w") as copy,
    ):
        stream = copy.add_stream_from_template(clip.streams.video[0])
        for packet in clip.demux(clip.streams.video[0]):
            if packet.dts is not None:
                units = b"".join(len(unit).to_bytes(4, "big") + unit for unit in (light, plus))
                changed = av.Packet(units + bytes(packet))
                changed.pts, changed.dts = packet.pts, packet.dts
                changed.time_base, changed.is_keyframe = packet.time_base, packet.is_keyframe
                changed.stream = stream
                copy.mux(changed)
    picture = main(video_of(read(path)), "video")
    assert (picture.hdr, picture.max_cll, picture.max_fall) == ("hdr10plus", 1000, 200)


def test_the_length_says_what_it_is_taken_from(archive: Path, read: Read) -> None:
    names = ("2024 Summer/beach walk.mp4", "2023 Alps/summit.mkv", "Tapes/evening news.ts")
    told = [video_of(read(archive / name)).duration_basis for name in names]
    assert told == ["container", "container", "timestamps"]
