"""Heads of frames: what encoders wrote is read, and nonsense is not."""

from __future__ import annotations

from pathlib import Path

import av
import pytest
from hypothesis import given, settings, strategies as st

from stoat_nb.media.codecs import (
    aac,
    ac3,
    alac,
    av1,
    dnxhd,
    dts,
    flac,
    jpeg,
    mpa,
    png,
    prores,
    vp8,
    vp9,
)


def first_packet(path: Path, kind: str) -> bytes:
    with av.open(str(path)) as clip:
        stream = next(stream for stream in clip.streams if stream.type == kind)
        return bytes(next(iter(clip.demux(stream))))


def test_vp9_tells_its_form_in_its_first_frame(archive: Path) -> None:
    form = vp9.key_frame(first_packet(archive / "2023 Alps/cable car.webm", "video"))
    assert form is not None
    assert (form.width, form.height, form.bit_depth) == (320, 180, 8)
    assert (form.profile_name, form.full_range, form.matrix) == ("Profile 0", False, None)


def test_av1_tells_its_form_before_its_first_frame(archive: Path) -> None:
    sample = first_packet(archive / "2023 Alps/drone/overflight.mp4", "video")
    form = av1.video_format(b"", sample[:512])
    assert form is not None
    assert (form.width, form.height, form.bit_depth, form.chroma) == (320, 180, 8, "4:2:0")
    assert av1.is_whole(sample[:512])
    assert not av1.is_whole(sample[:8])
    assert av1.video_format(b"", sample[:8]) is None


@pytest.mark.parametrize(
    ("config", "told"),
    [
        ("1190", aac.AudioFormat(2, 48_000, 2)),
        ("1210", aac.AudioFormat(2, 44_100, 2)),
        ("12", None),
        ("", None),
        ("16f0", None),
        ("140856e500", aac.AudioFormat(2, 16_000, 1, doubles=False)),
        ("131056e59d40", aac.AudioFormat(2, 24_000, 2, doubles=True)),
    ],
)
def test_aac_tells_rate_and_channels(config: str, told: aac.AudioFormat | None) -> None:
    assert aac.audio_format(bytes.fromhex(config)) == told


def test_aac_at_low_rates_is_plain_only_if_it_says_so() -> None:
    plain, silent, doubled = (
        aac.audio_format(bytes.fromhex(config)) for config in ("140856e500", "1408", "131056e59d40")
    )
    assert plain
    assert plain.is_plain
    assert silent
    assert not silent.is_plain
    assert doubled
    assert not doubled.is_plain


def test_dts_tells_rate_channels_and_size_in_each_frame() -> None:
    head = "7ffe8001fc3c75b276c005380009ef7b" + "00" * 4
    told = dts.core(bytes.fromhex(head))
    assert told == dts.Core(48_000, 6, "5.1(side)", bitrate=1_411_200, size=1884)
    extended = "7ffe8001fc3c75b276c01538" + "00" * 8
    assert dts.core(bytes.fromhex(extended)) is None
    assert dts.core(bytes.fromhex(head[:16])) is None


def test_mp3_tells_rate_channels_and_size_in_each_frame() -> None:
    assert mpa.frame(bytes.fromhex("fffb9064")) == mpa.Frame(44_100, 2, size=417)
    assert mpa.frame(bytes.fromhex("fff344c4")) == mpa.Frame(24_000, 1, size=96)
    for nonsense in ("fffd9064", "fffbf064", "fffb9c64", "ffeb9064", ""):
        assert mpa.frame(bytes.fromhex(nonsense)) is None


def test_ac3_tells_rate_and_channels_in_each_frame() -> None:
    told = ac3.audio_format(bytes.fromhex("0b7700001c40e1a8"))
    assert told == ac3.AudioFormat(48_000, 384_000, 6, "5.1(side)", size=1536)
    assert ac3.audio_format(b"\x0b\x77") is None
    assert ac3.audio_format(bytes(8)) is None


def test_eac3_tells_rate_channels_and_size_in_each_frame() -> None:
    told = ac3.enhanced_audio_format(bytes.fromhex("0b7702ff3487c0"))
    assert told == ac3.AudioFormat(48_000, 384_000, 2, "stereo", size=1536)
    announced = ac3.enhanced_audio_format(bytes.fromhex("0b7702ff3487c4"))
    assert announced is None  # additional information follows


@settings(max_examples=300)
@given(st.binary(max_size=80))
def test_nonsense_never_raises(data: bytes) -> None:
    for content in (
        data,
        b"\x82\x49\x83\x42" + data,
        b"\x0a\x0b" + data,
        b"\x0b\x77" + data,
        b"\xff\xd8" + data,
    ):
        vp9.key_frame(content)
        av1.video_format(content, content)
        ac3.audio_format(content)
        ac3.enhanced_audio_format(content)
        flac.audio_format(content)
        aac.audio_format(content)
        alac.audio_format(content)
        dnxhd.video_format(b"\0\0\x02\x80" + content)
        dts.core(b"\x7f\xfe\x80\x01" + content)
        jpeg.video_format(content)
        png.video_format(b"\x89PNG\r\n\x1a\n\0\0\0\x0dIHDR" + content, 99)
        mpa.frame(content)
        prores.video_format(b"apcn", b"\0\0\0\0icpf" + content)
        vp8.key_frame(b"\x10\0\0\x9d\x01\x2a" + content)
