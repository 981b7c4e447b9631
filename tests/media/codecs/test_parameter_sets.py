"""Parameter sets: right on encoders' output, quiet on nonsense."""

from __future__ import annotations

from pathlib import Path

import av
import pytest
from hypothesis import example, given, settings, strategies as st

from stoat_nb.media.codecs import formats, h264, hevc, sei
from stoat_nb.media.codecs.bits import Bits, OutOfBits, unescaped


def extradata(path: Path) -> bytes:
    with av.open(str(path)) as clip:
        return bytes(clip.streams.video[0].codec_context.extradata or b"")


def test_h264_is_read_from_avcc_and_from_start_codes(archive: Path) -> None:
    boxed = h264.video_format(extradata(archive / "2024 Summer/beach walk.mp4"))
    started = h264.video_format(extradata(archive / "Tapes/evening news.ts"))
    assert boxed is not None
    assert started is not None
    assert (boxed.width, boxed.height, boxed.coded_width, boxed.coded_height) == (
        320,
        180,
        320,
        192,
    )
    assert (boxed.profile_name, boxed.chroma, boxed.bit_depth) == (
        "Constrained Baseline",
        "4:2:0",
        8,
    )
    assert (boxed.progressive, boxed.reorder) == (True, 0)
    assert (started.width, started.height) == (320, 180)


def test_hevc_tells_depth_colour_and_order(archive: Path) -> None:
    told = hevc.video_format(extradata(archive / "2024 Summer/sunset HDR.mp4"))
    assert told is not None
    assert (told.width, told.height, told.coded_height) == (320, 180, 192)
    assert (told.profile_name, told.bit_depth, told.chroma) == ("Main 10", 10, "4:2:0")
    assert (told.primaries, told.transfer, told.matrix, told.full_range) == (9, 16, 9, False)


def test_numbers_are_read_as_the_standard_writes_them() -> None:
    bits = Bits(bytes([0b1_010_011_0, 0b0100_0010, 0b1_0000000]))
    assert [bits.ue() for _ in range(4)] == [0, 1, 2, 3]
    bits = Bits(bytes([0b1_010_011_0, 0b0100_0010, 0b1_0000000]))
    assert [bits.se() for _ in range(4)] == [0, 1, -1, 2]
    with pytest.raises(OutOfBits):
        Bits(b"\0" * 40).ue()
    assert unescaped(b"\0\0\x03\1\0\0\x03\0\0\x03\2") == b"\0\0\1\0\0\0\0\2"


@settings(max_examples=400)
@given(st.binary(max_size=80), st.sampled_from(["h264", "hevc", "av1", "flac", "alac"]))
@example(b"\x01" + b"\xff" * 40, "hevc")
@example(b"\0\0\x01\x67" + b"\xff" * 40, "h264")
@example(b"\x00\x00\x00\x24alac", "alac")
def test_nonsense_is_no_form(data: bytes, codec: str) -> None:
    for content in (data, b"\x01" + data, b"\0\0\x01\x67" + data, b"\0\0\x01\x42\x01" + data):
        formats.video_format(codec, content)
        formats.audio_bit_depth(codec, content)
        formats.brightness(codec, content, data)


@given(st.randoms(use_true_random=False))
def test_damaged_headers_never_raise(archive: Path, random: object) -> None:
    for name in ("2024 Summer/beach walk.mp4", "2024 Summer/sunset HDR.mp4"):
        content = bytearray(extradata(archive / name))
        for _ in range(3):
            content[random.randrange(len(content))] = random.randrange(256)  # type: ignore[attr-defined]
        formats.video_format("h264", bytes(content))
        formats.video_format("hevc", bytes(content))


def test_messages_of_both_codecs_tell_brightness() -> None:
    light = bytes.fromhex("4e01900403e800c880")
    assert sei.of_units([light]) == sei.Brightness(1000, 200)
    sample = len(light).to_bytes(4, "big") + light + b"\0\0\0\2\x02\x01"
    assert list(sei.units_of(sample, 4)) == [light]
    obu = bytes.fromhex("2a 05 01 03e8 00c8") + bytes.fromhex("2a 07 04 b5003c000104")
    assert sei.of_obus(obu) == sei.Brightness(1000, 200, dynamic=True)


@pytest.mark.parametrize(
    ("name", "chroma"),
    [
        *(("yuv420p10le", "4:2:0"), ("yuvj422p", "4:2:2"), ("yuva444p", "4:4:4")),
        *(("nv12", "4:2:0"), ("p010le", "4:2:0"), ("gray", "4:0:0"), ("uyvy422", "4:2:2")),
        *(("rgb24", None), (None, None), ("pal8", None), ("gbrp", None), ("yuv411p", "4:1:1")),
    ],
)
def test_chroma_is_told_from_the_name_of_a_pixel_format(name: str | None, chroma: str) -> None:
    assert formats.chroma_of(name) == chroma
