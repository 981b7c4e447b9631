"""Reasons of failures: true of the file, in the words of whoever knows its format."""

from __future__ import annotations

import random
import struct

import pytest

from stoat_nb.media.video import Failure

from .conftest import Clip, Said, box

#: Heads of formats that a policy leaves out, as libav's readers look for them.
LEFT_OUT = {
    "4xm": b"RIFF\x10\0\0\x004XMVLIST" + bytes(64),
    "film_cpk": b"FILM\0\0\x10\0" + bytes(8) + b"FDSC" + bytes(64),
    "dxa": b"DEXA\0\0\1" + struct.pack(">HHHH", 1, 10, 320, 200) + bytes(64),
    "mv": b"MOVI\0\1" + bytes(64),
    "xmv": bytes(12) + b"xobX\2\0\0\0" + bytes(64),
    "pmp": b"pmpm\1\0\0\0" + bytes(64),
    "smk": b"SMK2" + bytes(120),
    "bink": b"BIKi"
    + struct.pack("<6I", 1000, 10, 900, 10, 1, 320)
    + struct.pack("<4I", 200, 25, 1, 0)
    + bytes(64),
}


@pytest.mark.parametrize("name", LEFT_OUT)
def test_a_video_that_policy_leaves_out_is_unsupported(said: Said, name: str) -> None:
    failure = said(LEFT_OUT[name])
    assert isinstance(failure, Failure)
    assert failure.error_class == "unsupported"
    assert failure.error == (
        f"It is a video in a format that Stoat does not read (FFmpeg calls it '{name}')."
    )


@pytest.mark.parametrize(
    ("name", "content"),
    [
        ("png_pipe", b"\x89PNG\r\n\x1a\n" + bytes(64)),
        ("gif", b"GIF89a\x10\0\x10\0" + bytes(64)),
    ],
)
def test_pictures_are_no_videos(said: Said, name: str, content: bytes) -> None:
    failure = said(content)
    assert isinstance(failure, Failure)
    assert (failure.error_class, failure.error) == (
        "not_media",
        f"The content is no video (FFmpeg calls it '{name}').",
    )


def test_an_icon_is_not_taken_for_a_bare_stream(said: Said) -> None:
    failure = said(b"\0\0\1\0\1\0\x10\x10\0\0\1\0\x20\0\x68\4\0\0\x16\0\0\0" + bytes(2000))
    assert isinstance(failure, Failure)
    assert failure.error_class == "not_media"


def asf_head(clip: Clip) -> bytes:
    content = clip("wmv", "wmv2")
    return content[: int.from_bytes(content[16:24], "little")]


def lone_moof(clip: Clip) -> bytes:
    content = clip("mp4", "libx264", options={"movflags": "frag_keyframe+empty_moov"})
    at = content.index(b"moof") - 4
    return content[at : content.index(b"mdat", at) - 4]


@pytest.mark.parametrize(
    ("content", "name"),
    [
        (asf_head, "Windows Media"),
        (lone_moof, "MP4 or QuickTime"),
        (lambda _clip: b".RMF" + struct.pack(">IHII", 18, 0, 0, 6), "RealMedia"),
        (lambda _clip: b"FLV\1\5\0\0\0\x09\0\0\0\0", "Flash Video"),
        (lambda _clip: b"nut/multimedia container\0" + bytes(9), "NUT"),
    ],
)
def test_a_head_that_names_its_format_is_damaged_without_the_rest(
    said: Said, clip: Clip, content: object, name: str
) -> None:
    failure = said(content(clip))  # type: ignore[operator]
    assert isinstance(failure, Failure)
    assert failure.error_class == "damaged"
    assert name in failure.error or "ends before" in failure.error


def test_a_movie_cut_within_its_index_is_damaged_and_says_by_how_much(said: Said) -> None:
    failure = said(box(b"ftyp", b"isom\0\0\2\0isom") + struct.pack(">I4s", 50_000, b"moov"))
    assert isinstance(failure, Failure)
    assert failure.error_class == "damaged"
    assert failure.error.endswith("over 99 % is missing.")


def test_an_index_without_samples_is_told(said: Said) -> None:
    header = bytes(12) + struct.pack(">II", 1000, 1000) + bytes(80)
    failure = said(box(b"ftyp", b"isom\0\0\2\0isom") + box(b"moov", box(b"mvhd", header)))
    assert isinstance(failure, Failure)
    assert failure.error_class == "no_streams"
    assert failure.error.endswith("The index lists no samples.")


@pytest.mark.parametrize(("suffix", "codec"), [("h264", "libx264"), ("hevc", "libx265")])
def test_parts_of_bare_streams_are_not_called_broken_mp3(
    clip: Clip, said: Said, rng: random.Random, suffix: str, codec: str
) -> None:
    content = clip(suffix, codec)
    for number in range(40):
        start = rng.randrange(len(content) - 3000)
        part = content[start : start + 3000]
        failure = said(b"\0\0\0\1\x40" + part if number % 2 else part)
        if isinstance(failure, Failure):
            assert "mp3" not in failure.error
            assert failure.error_class == ("damaged" if number % 2 else "not_media")
