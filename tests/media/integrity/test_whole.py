"""What is whole is never called anything else, however odd its clock."""

from __future__ import annotations

import struct
from pathlib import Path

import av
import pytest

from stoat_nb.media.structure.verdict import UNSTATED

from .conftest import Clip, Said, box, replaced

FRAGMENTS = {"movflags": "frag_keyframe+empty_moov+default_base_moof"}


def shifted(content: bytes, seconds: int) -> bytes:
    """Have the fragments of an MP4 begin later."""
    changed, at = bytearray(content), 0
    while (at := content.find(b"tfhd", at)) >= 0:
        [track] = struct.unpack_from(">I", content, at + 8)
        at = content.index(b"tfdt", at)
        wide = ">Q" if content[at + 4] else ">I"
        [time] = struct.unpack_from(wide, content, at + 8)
        struct.pack_into(wide, changed, at + 8, time + seconds * (12_800 if track == 1 else 48_000))
    return bytes(changed)


@pytest.mark.parametrize("seconds", [10, 3600])
def test_fragments_that_begin_late_are_whole(clip: Clip, said: Said, seconds: int) -> None:
    content = shifted(clip("mp4", "libx264", "aac", options=FRAGMENTS), seconds)
    for packets in (False, True):
        video = said(content, packets=packets)
        assert (video.integrity, video.integrity_reason) == ("complete", None)


def test_fragments_whose_clock_steps_back_are_whole(clip: Clip, said: Said) -> None:
    content = clip("mp4", "libx264", options=FRAGMENTS)
    first, table = content.index(b"moof") - 4, content.rindex(b"mfra") - 4
    video = said(content[:table] + content[first:], packets=True)
    assert video.integrity == "complete"


@pytest.mark.parametrize("suffix", ["mkv", "webm"])
@pytest.mark.parametrize("start", [5, 40])
def test_matroska_that_begins_late_is_whole(
    clip: Clip, said: Said, suffix: str, start: int
) -> None:
    codec = "libx264" if suffix == "mkv" else "libvpx"
    video = said(clip(suffix, codec, start=start), packets=True)
    assert (video.integrity, video.integrity_level) == ("complete", "packets")
    assert video.integrity_reason is None


@pytest.mark.parametrize("edits", [[(1000, 1024), (1000, 1024)], [(500, 13824), (1000, 1024)]])
def test_a_movie_that_plays_a_part_again_is_whole(
    clip: Clip, said: Said, edits: list[tuple[int, int]]
) -> None:
    content = clip("mov", "libx264", bf="2")
    rows = b"".join(struct.pack(">IiI", length, start, 65_536) for length, start in edits)
    table = box(b"elst", struct.pack(">II", 0, len(edits)) + rows)
    video = said(replaced(content, (b"moov", b"trak", b"edts", b"elst"), table), packets=True)
    assert video.integrity == "complete"


def test_a_jump_of_a_clock_that_may_jump_is_a_note(clip: Clip, said: Said) -> None:
    parts = [clip("ts", "mpeg2video", "mp2", start=start) for start in (0, 5000)]
    ahead, back = (said(parts[0] + second, packets=True) for second in (parts[1], parts[0]))
    for video, note in ((ahead, "has a hole of many seconds"), (back, "jumps back in time")):
        assert video.integrity == "unknown"
        assert str(video.integrity_reason).startswith(UNSTATED)
        assert note in str(video.integrity_reason)


def test_a_film_with_more_streams_than_most_is_read_as_a_whole(said: Said, many: bytes) -> None:
    video = said(many, packets=True)
    assert (len(video.streams), video.integrity) == (70, "complete")
    [main] = [stream for stream in video.streams if stream.kind == "video"]
    assert (main.frame_count, main.frame_count_basis) == (50, "counted")


@pytest.mark.parametrize(
    ("suffix", "codec", "sound"),
    [
        ("ts", "mpeg2video", "mp2"),
        ("m2ts", "libx264", "ac3"),
        ("mpg", "mpeg2video", "mp2"),
        ("vob", "mpeg2video", "ac3"),
        ("h264", "libx264", None),
        ("hevc", "libx265", None),
        ("m2v", "mpeg2video", None),
        ("y4m", "wrapped_avframe", None),
    ],
)
def test_what_states_no_length_is_never_complete(
    clip: Clip, said: Said, suffix: str, codec: str, sound: str | None
) -> None:
    video = said(clip(suffix, codec, sound), packets=True)
    assert (video.integrity, video.integrity_level) == ("unknown", "packets")
    assert video.integrity_reason == UNSTATED


@pytest.mark.parametrize("suffix", ["mpg", "ts"])
def test_a_cut_between_packs_or_packets_cannot_be_known(
    clip: Clip, said: Said, suffix: str
) -> None:
    content = clip(suffix, "mpeg2video", "mp2", seconds=4)
    unit = 188 if suffix == "ts" else 2048
    video = said(content[: len(content) * 6 // 10 // unit * unit], packets=True)
    assert (video.integrity, video.integrity_reason) == ("unknown", UNSTATED)


def test_a_movie_whose_media_is_elsewhere_is_never_complete(clip: Clip, said: Said) -> None:
    content = clip("mov", "libx264")
    path = (b"moov", b"trak", b"mdia", b"minf", b"dinf", b"dref")
    own = struct.pack(">I", 12) + b"url " + struct.pack(">I", 1)
    for names, index in (
        ([box(b"url ", bytes(4) + b"file:///elsewhere/clip.mov\0")], 1),
        ([box(b"alis", bytes(4) + bytes(150))], 1),
        ([own, box(b"alis", bytes(4) + bytes(150))], 2),
    ):
        body = struct.pack(">II", 0, len(names)) + b"".join(names)
        changed = bytearray(replaced(content, path, box(b"dref", body)))
        at = changed.index(b"avc1")
        struct.pack_into(">H", changed, at + 10, index)
        for packets in (False, True):
            video = said(bytes(changed), packets=packets)
            assert video.integrity == "suspect"
            assert "of another file" in str(video.integrity_reason)
            assert video.duration_s == pytest.approx(2, abs=0.1)
    both = struct.pack(">II", 0, 2) + own + box(b"alis", bytes(4) + bytes(150))
    assert said(replaced(content, path, box(b"dref", both))).integrity == "complete"


def test_the_start_of_a_stream_has_no_length(clip: Clip, said: Said) -> None:
    content = clip("mp4", "libx264", "aac", options=FRAGMENTS)
    start = bytearray(content[: content.index(b"moof") - 4])
    at = start.index(b"mvhd")
    struct.pack_into(">I", start, at + 20, 3_600_000)
    for packets in (False, True):
        video = said(bytes(start), packets=packets)
        assert (video.integrity, video.duration_s) == ("suspect", None)
        assert {stream.duration_s for stream in video.streams} == {None}


def test_a_reader_that_ends_with_an_error_of_its_own_has_read_all(
    said: Said, tmp_path: Path
) -> None:
    path = tmp_path / "tape.gxf"
    with av.open(str(path), "w") as container:
        stream = container.add_stream("mpeg2video", rate=25)
        stream.width, stream.height, stream.pix_fmt = 720, 576, "yuv420p"
        for number in range(5):
            frame = av.VideoFrame(720, 576, "yuv420p")
            frame.pts = number
            container.mux(stream.encode(frame))
        container.mux(stream.encode(None))
    video = said(path.read_bytes(), packets=True)
    assert (video.integrity, video.integrity_level) == ("unknown", "packets")
    assert video.streams[0].frame_count == 5
