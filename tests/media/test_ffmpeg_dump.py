"""FFmpeg's description of a file, and what containers and times are called."""

from __future__ import annotations

import pytest
from hypothesis import given, strategies as st

from stoat_nb.media.containers import container_of, doc_type
from stoat_nb.media.derived_facts import utc
from stoat_nb.media.ffmpeg_dump import Description, parse_dump
from stoat_nb.media.isobmff.display_matrix import quarter_turns
from stoat_nb.media.streams import tag_text

PHONE = """Input #0, mov,mp4,m4a,3gp,3g2,mj2, from '':
  Metadata:
    title           : Stream #0:9: Video: h264, 1x1
  Stream group #0:0[0x3]: Track Reference:
    Stream #0:0[0x1](und): Video: hevc (Main 10) (hvc1 / 0x31637668), yuv420p10le(tv), 1280x720 [SAR 1:1 DAR 16:9], 30 fps (default)
      Metadata:
        handler_name    : Display Matrix: rotation of -180.00 degrees
      Side data:
        DOVI configuration record: version: 1.0, profile: 8
        Display Matrix: rotation of -90.00 degrees
  Stream #0:1[0x2](eng): Audio: mp2 (mp3float) ([3][0][0][0] / 0x0003), 44100 Hz, mono, fltp
  Stream #0:2[0x3](und): Data: none (mebx / 0x7862656D), 0 kb/s (default)
  Stream #0:3[0x1](und): Video: none (dav1 / 0x31766164), none, 3840x2160, 2941 kb/s, 30 tbr
"""  # noqa: E501 - FFmpeg's lines are as long as they are


def test_streams_are_read_with_codec_tag_size_and_side_data() -> None:
    assert parse_dump(PHONE) == {
        0: Description(
            kind="video",
            codec="hevc",
            tag=0x31637668,
            width=1280,
            height=720,
            rotation=90,
            has_dolby_vision=True,
        ),
        1: Description(kind="audio", codec="mp2", tag=3),
        2: Description(kind="data", tag=0x7862656D),
        3: Description(kind="video", tag=0x31766164, width=3840, height=2160),
    }


@pytest.mark.parametrize("language", ["un(", ")", "()", "(a)(b", "x): Audio: aac", "e[0x1]("])
def test_whatever_a_language_holds_its_stream_is_read(language: str) -> None:
    line = f"  Stream #0:0[0x1]({language}): Video: vp8, yuv420p, 64x64 [SAR 1:1 DAR 1:1], 25 fps"
    assert parse_dump(line) == {0: Description(kind="video", codec="vp8", width=64, height=64)}


@given(st.text())
def test_any_text_can_be_described(text: str) -> None:
    assert all(0 <= idx < 10_000 for idx in parse_dump(text))


@pytest.mark.parametrize(
    ("degrees", "turn"),
    [(0, 0), (-0.0, 0), (90, 90), (-90, 270), (180, 180), (-180, 180), (91, 90)],
)
def test_rotations_end_in_four_values(degrees: float, turn: int) -> None:
    assert quarter_turns(degrees) == turn


@pytest.mark.parametrize(
    ("brand", "container"),
    [
        ("isom", "mp4"),
        ("M4V ", "mp4"),
        ("qt  ", "mov"),
        (None, "mov"),
        ("3gp5", "3gp"),
        ("3g2a", "3g2"),
    ],
)
def test_the_iso_family_is_told_apart_by_its_brand(brand: str | None, container: str) -> None:
    tags = {"major_brand": brand} if brand else {}
    assert container_of("mov,mp4,m4a,3gp,3g2,mj2", tags, -1) == container


@pytest.mark.parametrize(
    ("head", "told"),
    [
        (b"\x1a\x45\xdf\xa3\x8b\x42\x86\x81\x01\x42\x82\x84webm", b"webm"),
        (b"\x1a\x45\xdf\xa3\x8b\x42\x82\x88matroska", b"matroska"),
        (b"\x1a\x45\xdf\xa3\x01\0\0\0\0\0\0\x07\x42\x82\x84webm", b"webm"),
        (b"\x1a\x45\xdf\xa3", None),
        (b"\x1a\x45\xdf\xa3\x00", None),
        (b"RIFF", None),
        (b"", None),
    ],
)
def test_matroskas_kind_is_read_from_its_header(head: bytes, told: bytes | None) -> None:
    assert doc_type(head) == told


@given(st.binary().map(lambda tail: b"\x1a\x45\xdf\xa3" + tail))
def test_any_header_can_be_read(head: bytes) -> None:
    assert doc_type(head) is None or isinstance(doc_type(head), bytes)


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("2023-05-09T11:48:30.000000Z", "2023-05-09T11:48:30Z"),
        ("2013-11-29T13:19:09+0100", "2013-11-29T12:19:09Z"),
        ("2013-11-29 13:19:09", "2013-11-29T13:19:09Z"),
        ("1970-01-01T00:00:00Z", None),
        ("0001-01-01T00:00:00+14:00", None),
        ("yesterday", None),
        ("", None),
        (None, None),
    ],
)
def test_times_are_utc_or_unknown(text: str | None, told: str | None) -> None:
    assert utc(text) == told


@pytest.mark.parametrize(
    ("tag", "text"), [(0x31637661, "avc1"), (0x82, "0x0082"), (0, None), (None, None)]
)
def test_tags_that_cannot_be_shown_are_numbers(tag: int | None, text: str | None) -> None:
    assert tag_text(tag) == text
