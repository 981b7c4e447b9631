"""Which file names are taken for videos: each is opened, and what is not taken is counted."""

from __future__ import annotations

import shutil
import struct
from collections.abc import Callable
from pathlib import Path

import av
import pytest
from hypothesis import given, strategies as st

from stoat_nb.media.extensions import VIDEO_EXTENSIONS, ending_of
from stoat_nb.media.find import find_folders
from stoat_nb.media.rules import Rules
from stoat_nb.media.video import Outcome

Read = Callable[[Path], Outcome]

#: One clip for the names that its container goes by; cameras, phones and sites made these up.
NAMES = {
    "2024 Summer/beach walk.mp4": (
        "360 lrv osv lrf insv glv ismv cmfv f4p mpeg4 mpg4 3gp2 k3g skm psp hdmov uvu braw crm"
    ),
    "Tapes/evening news.ts": "mpg2 mpeg1 mpeg2 mpv2 tts rec ssif trp tod mod",
    "Tapes/birthday.avi": "divx gvi",
}


@pytest.mark.parametrize("source", NAMES)
def test_a_video_is_found_and_read_by_any_name_that_people_give_it(
    archive: Path, tmp_path: Path, read: Read, source: str
) -> None:
    endings = NAMES[source].split()
    for ending in endings:
        shutil.copy(archive / source, tmp_path / f"clip.{ending}")
    [listing] = find_folders(bytes(tmp_path), Rules.of(VIDEO_EXTENSIONS))
    assert sorted(found.name.decode() for found in listing.files) == sorted(
        f"clip.{ending}" for ending in endings
    )
    for ending in endings:
        video = read(tmp_path / f"clip.{ending}").video
        assert video is not None, ending
        assert video.main("video") is not None


def test_moving_pictures_in_an_ogg_are_found_by_the_name_of_sound(
    tmp_path: Path, read: Read
) -> None:
    target = tmp_path / "clip.ogg"
    with av.open(str(target), "w", format="ogg") as made:
        stream = made.add_stream("libvpx", rate=25, width=64, height=48, pix_fmt="yuv420p")
        for _ in range(5):
            made.mux(stream.encode(av.VideoFrame(64, 48, "yuv420p")))
        made.mux(stream.encode())
    [listing] = find_folders(bytes(tmp_path), Rules.of(VIDEO_EXTENSIONS))
    assert [found.name for found in listing.files] == [b"clip.ogg"]
    video = read(target).video
    assert video is not None
    assert (video.container, [one.kind for one in video.streams]) == ("ogg", ["video"])


def dahua(frames: list[bytes]) -> bytes:
    """Return a recording as cameras of Dahua write it (read from FFmpeg's demuxer, dhav.c)."""
    made = b""
    for number, frame in enumerate(frames):
        date = (24 << 26) | (5 << 22) | (6 << 17) | (12 << 12) | (30 << 6) | number // 25
        more = bytes([0x80, 0, 320 // 8, 180 // 8, 0x81, 0, 2, 25])
        length = 24 + len(more) + len(frame) + 8
        head = b"DHAV" + bytes([0xFD, 0, 0, 0]) + struct.pack("<III", number, length, date)
        head += struct.pack("<HBB", number * 40, len(more), 0)
        made += head + more + frame + b"dhav" + struct.pack("<I", length)
    return made


def test_a_recording_of_a_security_camera_is_read(
    archive: Path, tmp_path: Path, read: Read
) -> None:
    with av.open(str(archive / "2024 Summer/beach walk.mp4")) as source:
        video = source.streams.video[0]
        to_raw = av.BitStreamFilterContext("h264_mp4toannexb", video)
        frames = [
            bytes(packet)
            for coded in source.demux(video)
            if coded.dts is not None
            for packet in to_raw.filter(coded)
        ]
    (tmp_path / "camera.dav").write_bytes(dahua(frames))
    [listing] = find_folders(bytes(tmp_path), Rules.of(VIDEO_EXTENSIONS))
    assert [found.name for found in listing.files] == [b"camera.dav"]
    found = read(tmp_path / "camera.dav")
    assert found.video is not None, found.failure
    picture = found.video.main("video")
    assert picture is not None
    assert (picture.codec, picture.width, picture.height) == ("h264", 320, 180)


def test_what_is_no_video_is_counted_by_its_ending(tmp_path: Path) -> None:
    for name in ("a.jpg", "b.JPG", "c.nfo", "d", ".hidden.jpg", "e.mp4", "f.", "g.tar.gz"):
        (tmp_path / name).write_bytes(b"x")
    (tmp_path / "folder.jpg").mkdir()
    [listing, _inner] = find_folders(bytes(tmp_path), Rules.of(VIDEO_EXTENSIONS))
    assert listing.other_endings == {"jpg": 2, "nfo": 1, "gz": 1, "": 2}
    [listing, _inner] = find_folders(bytes(tmp_path), Rules.of({"mkv"}, hidden=True))
    assert listing.other_endings == {"jpg": 3, "nfo": 1, "gz": 1, "mp4": 1, "": 2}


@given(st.binary(min_size=1, max_size=40))
def test_an_ending_is_a_short_plain_word_or_nothing(name: bytes) -> None:
    ending = ending_of(name)
    assert ending == ending.lower()
    assert len(ending) <= 12
    assert not ending or name.lower().endswith(b"." + ending.encode("ascii"))
    assert ending.replace("-", "").isalnum() or not ending
