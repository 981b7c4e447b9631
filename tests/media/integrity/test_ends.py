"""The end of a file: zeros, a tag that comes too early, and an index that knows better."""

from __future__ import annotations

import re
import struct
from pathlib import Path

import av
import numpy as np
import pytest

from .conftest import Clip, Said

FAST = {"movflags": "faststart"}
CLIPS = [
    ("mp4", "libx264", "aac", FAST),
    ("mov", "mpeg4", "aac", FAST),
    ("mp4", "libx264", "aac", {"movflags": "frag_keyframe+empty_moov"}),
    ("mkv", "libx264", "aac", None),
    ("webm", "libvpx", "libopus", None),
    ("avi", "mpeg4", "libmp3lame", None),
    ("wmv", "wmv2", None, None),
    ("mpg", "mpeg2video", "mp2", None),
    ("ts", "mpeg2video", "mp2", None),
    ("mxf", "mpeg2video", "pcm_s16le", None),
    ("flv", "libx264", "aac", None),
    ("h264", "libx264", None, None),
    ("nut", "mpeg4", "mp2", None),
]


@pytest.mark.parametrize("kind", CLIPS, ids=lambda kind: "-".join(map(str, kind[:2])))
def test_zeros_at_the_end_of_any_container_are_suspect(
    clip: Clip, said: Said, kind: tuple[str, str, str | None, dict[str, str] | None]
) -> None:
    suffix, codec, sound, options = kind
    whole = clip(suffix, codec, sound, options=options)
    kept = len(whole) * 7 // 10
    for packets in (False, True):
        assert said(whole, packets=packets).integrity in ("complete", "unknown")
        video = said(whole[:kept] + bytes(len(whole) - kept), packets=packets)
        assert video.integrity in ("suspect", "truncated")


def test_zeros_where_the_index_was_leave_nothing_to_read(clip: Clip, said: Said) -> None:
    whole = clip("mp4", "libx264", "aac")
    kept = len(whole) * 7 // 10
    failure = said(whole[:kept] + bytes(len(whole) - kept))
    assert failure.error_class == "damaged"  # type: ignore[attr-defined]


@pytest.mark.parametrize(
    ("suffix", "codec", "options"),
    [
        ("mp4", "libx264", FAST),
        ("mp4", "libx264", None),
        ("mkv", "libx264", None),
        ("avi", "mpeg4", None),
        ("mxf", "mpeg2video", None),
        ("wmv", "wmv2", None),
    ],
)
def test_zeros_behind_all_that_headers_tell_of_do_no_harm(
    clip: Clip, said: Said, suffix: str, codec: str, options: dict[str, str] | None
) -> None:
    whole = clip(suffix, codec, options=options)
    for packets in (False, True):
        assert said(whole + bytes(40_000), packets=packets).integrity == "complete"


def test_padding_at_the_end_does_no_harm(clip: Clip, said: Said) -> None:
    movie = clip("mp4", "libx264", options=FAST)
    free = struct.pack(">I4s", 40_008, b"free") + bytes(40_000)
    assert said(movie + free).integrity == "complete"
    film = bytearray(clip("mkv", "libx264"))
    at = film.index(b"\x18\x53\x80\x67") + 4
    size = int.from_bytes(film[at : at + 8], "big") + 40_009
    film[at : at + 8] = size.to_bytes(8, "big")
    void = b"\xec\x01" + (40_000).to_bytes(7, "big") + bytes(40_000)
    assert said(bytes(film) + void).integrity == "complete"
    at = len(film) - 5000
    assert said(bytes(film[:at]) + bytes(45_009)).integrity == "suspect"


@pytest.mark.parametrize("suffix", ["mov", "avi", "nut"])
def test_silence_and_black_at_the_end_are_no_damage(
    suffix: str, said: Said, tmp_path: Path
) -> None:
    path = tmp_path / f"black.{suffix}"
    options = FAST if suffix == "mov" else {}
    with av.open(str(path), "w", options=options) as container:
        stream = container.add_stream("rawvideo", rate=25)
        stream.width, stream.height, stream.pix_fmt = 160, 120, "rgb24"
        for _ in range(5):
            pixels = np.zeros((120, 160, 3), dtype=np.uint8)
            frame = av.VideoFrame.from_ndarray(pixels, format="rgb24")
            container.mux(stream.encode(frame))
        container.mux(stream.encode(None))
    content = path.read_bytes()
    for packets in (False, True):
        assert said(content, packets=packets).integrity in ("complete", "unknown")


def test_flash_video_cut_between_tags_is_truncated_by_its_last_time(clip: Clip, said: Said) -> None:
    whole = clip("flv", "flv", "libmp3lame", seconds=8)
    tags = [13]
    while tags[-1] < len(whole):
        length = int.from_bytes(whole[tags[-1] + 1 : tags[-1] + 4], "big")
        tags.append(tags[-1] + length + 15)
    cut = whole[: tags[len(tags) // 2]]
    video = said(cut)
    assert video.integrity == "truncated"
    assert str(video.integrity_reason).startswith(f"The file should end at byte {len(whole)};")
    without_size = cut.replace(b"\0\x08filesize\0", b"\0\x08filesiza\0")
    video = said(without_size)
    assert video.integrity == "truncated"
    assert "of the 8.0" in str(video.integrity_reason)
    without_both = without_size.replace(b"\0\x08duration\0", b"\0\x08durationn")
    for packets in (False, True):
        assert said(without_both, packets=packets).integrity == "unknown"


@pytest.mark.parametrize(
    ("suffix", "codec", "options", "part"),
    [
        ("flv", "flv", None, rb"\x09.{7}\0{3}"),
        ("ogv", "libvpx", None, rb"OggS\0"),
        ("ts", "mpeg2video", None, rb"\x47.{187}"),
        ("mp4", "libx264", {"movflags": "frag_keyframe+empty_moov"}, rb"moof"),
    ],
)
def test_the_missing_share_is_left_out_where_nothing_states_it(
    clip: Clip, said: Said, *, suffix: str, codec: str, options: dict[str, str] | None, part: bytes
) -> None:
    whole = clip(suffix, codec, options=options).replace(b"\0\x08filesize\0", b"\0\x08filesiza\0")
    starts = [found.start() for found in re.finditer(part, whole, re.DOTALL)]
    video = said(whole[: sum(starts[len(starts) // 2 :][:2]) // 2])  # in the midst of a part
    assert video.integrity == "truncated"
    assert "%" not in str(video.integrity_reason)


@pytest.mark.parametrize("frames", [9_000_000, 1000])
def test_an_avi_that_counts_frames_its_index_lacks_is_suspect(
    clip: Clip, said: Said, frames: int
) -> None:
    content = bytearray(clip("avi", "mpeg4"))
    for at in (content.index(b"avih") + 24, content.index(b"strh") + 40):
        struct.pack_into("<I", content, at, frames)
    for packets in (False, True):
        video = said(bytes(content), packets=packets)
        assert video.integrity == "suspect"
        assert str(video.integrity_reason).startswith(f"The header counts {frames:,} frames,")


def test_an_avi_cut_within_its_index_is_read_and_truncated(clip: Clip, said: Said) -> None:
    content = clip("avi", "mpeg4", "libmp3lame")
    for missing in range(1, 18):
        assert said(content[:-missing]).integrity == "truncated"
