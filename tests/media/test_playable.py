from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import pytest

from stoat_nb.media.playable import _PERHAPS, _SURE, playable


def video(container: str, codec: str, sound: str | None = "aac", **facts: Any) -> dict[str, Any]:
    streams = [{"kind": "video", "codec": codec, "pix_fmt": "yuv420p", **facts}]
    streams += [{"kind": "audio", "codec": sound}] if sound else []
    return {"status": "ok", "container": container, "streams": streams}


@pytest.mark.parametrize(
    "one",
    [
        video("mp4", "h264"),
        video("mp4", "h264", None),
        video("mp4", "h264", pix_fmt=None),
        video("mp4", "av1", "opus", pix_fmt="yuv420p10le"),
        video("webm", "vp9", "opus"),
        video("webm", "vp8", "vorbis"),
        video("mov", "h264", "aac"),
    ],
    ids=str,
)
def test_what_every_browser_plays_is_played_without_a_doubt(one: dict[str, Any]) -> None:
    assert (playable(one).can, playable(one).why) == (True, "")


@pytest.mark.parametrize(
    ("one", "doubt"),
    [
        (video("mp4", "hevc"), "hardware"),
        (video("matroska", "h264"), "Chromium"),
        (video("mp4", "h264", "ac3"), "Its sound (ac3) may stay silent."),
    ],
)
def test_what_only_some_play_is_tried_and_the_doubt_is_told(
    one: dict[str, Any], doubt: str
) -> None:
    assert playable(one).can
    assert doubt in playable(one).why


@pytest.mark.parametrize(
    ("one", "why"),
    [
        (video("avi", "mpeg4"), "'avi'"),
        (video("mpegts", "h264"), "'mpegts'"),
        (video("mov", "prores"), "prores"),
        (video("mp4", "h264", pix_fmt="yuv420p10le"), "h264 (yuv420p10le)"),
        (video("mp4", "h264", is_cover=True), "no video"),
        ({**video("mp4", "h264"), "status": "missing"}, "not there"),
        ({**video("mp4", "h264"), "status": "failed"}, "could not be read"),
        ({"status": "ok", "container": None, "streams": None}, "'None'"),
    ],
)
def test_what_none_plays_says_why(one: dict[str, Any], why: str) -> None:
    assert not playable(one).can
    assert why in playable(one).why


def test_the_stream_that_is_judged_is_the_main_one() -> None:
    one = video("mp4", "prores")
    one["streams"].append({"kind": "video", "codec": "h264", "is_default": True})
    assert playable(one).can


def test_the_page_lists_what_plays(repository: Path) -> None:
    page = (repository / "docs" / "pictures.md").read_text("utf-8")
    names = {"mp4": "MP4", "mov": "QuickTime", "webm": "WebM", "3gp": "3GP", "ogg": "Ogg"}
    names["matroska"] = "Matroska"
    spelled = {"h264": "H.264", "hevc": "HEVC", "mjpeg": "Motion JPEG", "theora": "Theora"}
    rows = dict(re.findall(r"^\| (\S+) \| (.*\|.*) \|$", page, re.MULTILINE))
    for container, name in names.items():
        for table, told in zip((_SURE, _PERHAPS), rows[name].split("|"), strict=True):
            for codec in table.get(container, ()):
                assert spelled.get(codec, codec.upper()) in told
