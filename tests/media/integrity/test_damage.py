"""Damage inside of a file: what sizes, keys and zeros give away when every packet is read."""

from __future__ import annotations

import random
import struct

import pytest

from stoat_nb.media.packets.syntax import Inspection, check_of

from .conftest import Clip, Said

HOLE = 4096
CLIPS = [
    ("mp4", "libx264", "aac"),
    ("mov", "libx265", None),
    ("mp4", "mpeg4", None),
    ("avi", "mpeg4", "libmp3lame"),
    ("avi", "libx264", None),
    ("mxf", "mpeg2video", None),
    ("mkv", "libx264", None),
    ("webm", "libvpx", "libopus"),
    ("wmv", "wmv2", None),
    ("mpg", "mpeg2video", "mp2"),
    ("ts", "mpeg2video", "mp2"),
]


@pytest.mark.parametrize("kind", CLIPS, ids=lambda kind: "-".join(kind[:2]))
def test_a_hole_of_a_page_is_seen_by_reading_all(
    clip: Clip, said: Said, rng: random.Random, kind: tuple[str, str, str | None]
) -> None:
    suffix, codec, sound = kind
    whole = clip(suffix, codec, sound)
    assert said(whole, packets=True).integrity in ("complete", "unknown")
    for _ in range(3):
        at = rng.randrange(len(whole) // 8, len(whole) * 7 // 8 - HOLE)
        holed = whole[:at] + bytes(HOLE) + whole[at + HOLE :]
        video = said(holed, packets=True)
        assert video.integrity == "suspect", at
        assert video.integrity_reason


@pytest.mark.parametrize(
    ("suffix", "codec", "key"),
    [("avi", "mpeg4", b"00dc"), ("mxf", "mpeg2video", b"\x06\x0e\x2b\x34\x01\x02\x01\x01")],
)
def test_a_header_that_is_none_is_found_where_it_stands(
    clip: Clip, said: Said, suffix: str, codec: str, key: bytes
) -> None:
    whole = clip(suffix, codec)
    at = whole.index(key, len(whole) // 2)
    video = said(whole[:at] + b"\x9d\x01\x8f\xfe" + whole[at + 4 :], packets=True)
    assert video.integrity == "suspect"
    assert f"At byte {at} of {len(whole)} stands no header." in str(video.integrity_reason)


def test_sizes_that_do_not_add_up_are_seen(clip: Clip, said: Said) -> None:
    whole = clip("mp4", "libx264")
    start = whole.index(b"mdat") + 4
    at = start
    while at - start < 20_000:
        at += 4 + int.from_bytes(whole[at : at + 4], "big")
    broken = whole[:at] + struct.pack(">I", 0x7FFF_FFFF) + whole[at + 4 :]
    video = said(broken, packets=True)
    assert video.integrity == "suspect"
    assert video.integrity_reason == "1 of 50 packets hold sizes that do not add up."


def test_what_is_appended_takes_nothing_away(clip: Clip, said: Said, rng: random.Random) -> None:
    for suffix, codec in (("mp4", "libx264"), ("mkv", "libx264"), ("avi", "mpeg4"), ("flv", "flv")):
        for packets in (False, True):
            video = said(clip(suffix, codec) + rng.randbytes(5000), packets=packets)
            assert video.integrity == "complete", suffix


AVC = b"\1\x64\0\x0a\xff"  # sizes of four bytes


@pytest.mark.parametrize(
    ("codec", "extradata", "data", "is_good"),
    [
        ("h264", AVC, b"\0\0\0\2\x65\x88", True),
        ("h264", AVC, b"\0\0\0\2\x65\x88\0\0\0\1\x09", True),
        ("h264", AVC, b"\0\0\0\3\x65\x88", False),
        ("h264", AVC, b"\0\0\0\2\xe5\x88", False),
        ("h264", AVC, b"\0\0\0\x30\x65" + bytes(40) + b"\x80" * 7, False),
        ("h264", AVC, bytes(16), False),
        ("h264", b"", b"\0\0\0\1\x65\x88\0\0\1\x41", True),
        ("h264", b"", b"\0\0\1\x65\x88" + bytes(500) + b"\1\x41", True),
        ("h264", b"", b"\0\0\1\x65\x88" + bytes(500), True),
        ("h264", b"", b"\0\0\1\x65\x88" + bytes(500) + b"\x41", False),
        ("mpeg2video", b"", b"\0\0\1\0\x65" + bytes(4000) + b"\1\xb3", True),
        ("mpeg2video", b"", b"\0\0\1\0\x65" + bytes(4000) + b"\x33", False),
        ("mpeg4", b"", bytes(100), False),
        ("vp9", b"", b"\x82" + bytes(1000) + b"\x33", True),
        ("vp9", b"", b"\x82" + bytes(4000) + b"\x33", False),
        ("vp9", b"", b"\x82" + bytes(4000), True),
    ],
)
def test_only_what_a_codec_never_writes_is_a_fault(
    codec: str, extradata: bytes, data: bytes, is_good: bool
) -> None:
    check = check_of(codec, extradata)
    assert check is not None
    assert (check(data) is None) == is_good


@pytest.mark.parametrize("codec", ["rawvideo", "ffv1", "pcm_s16le", "dvvideo", None])
def test_nothing_is_claimed_of_codecs_that_may_write_zeros(codec: str | None) -> None:
    assert check_of(codec, b"") is None


def test_a_stream_in_another_form_is_not_called_damaged() -> None:
    check = check_of("h264", AVC)
    assert check is not None
    encrypted, plain = Inspection(check), Inspection(check)
    for _ in range(9):
        encrypted.take(b"\x99" * 40)
        plain.take(b"\0\0\0\2\x65\x88")
    plain.take(b"\x99" * 40)
    assert encrypted.damage is None
    assert plain.damage == "1 of 10 packets hold sizes that do not add up."


def test_zeros_without_end_cost_no_more_than_their_length() -> None:
    check = check_of("mpeg2video", b"")
    assert check is not None
    assert check(b"\0\0\1\xb3" + b"\x21" * 9 + bytes(8 << 20)) is None
    assert check(b"\0\0\1\xb3" + (bytes(64) + b"\1") * 100_000) is None
