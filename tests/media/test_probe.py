"""The probe on clips made here: exact facts, and a reason for each file that has none."""

from __future__ import annotations

import json
import os
import socket
import struct
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import av
import pytest

from stoat_nb.media import libav, reading
from stoat_nb.media.budgeted_reader import BudgetedReader
from stoat_nb.media.demo_clips import make_samples
from stoat_nb.media.failures import ERROR_CLASSES
from stoat_nb.media.headers import Headers
from stoat_nb.media.probe import probe
from stoat_nb.media.video import Failure, Outcome, Stream, Video

Read = Callable[[Path], Outcome]
Item = Callable[[Path], dict[str, Any]]


def video_of(outcome: Outcome) -> Video:
    assert outcome.video is not None, outcome.failure
    return outcome.video


def failure_of(outcome: Outcome) -> Failure:
    assert outcome.failure is not None, outcome.video
    return outcome.failure


def main(video: Video, kind: str) -> Stream:
    stream = video.main(kind)
    assert stream is not None
    return stream


@pytest.mark.parametrize(
    ("name", "container", "codec", "size", "fps", "duration", "audio"),
    [
        (
            *("2024 Summer/beach walk.mp4", "mp4", "h264"),
            *((320, 180), (30_000, 1001), 2.0, ("aac", 2, 48_000)),
        ),
        (
            *("2024 Summer/ice cream (portrait).mov", "mov", "h264"),
            *((320, 180), (30, 1), 1.0, ("aac", 1, 44_100)),
        ),
        ("2024 Summer/sunset HDR.mp4", "mp4", "hevc", (320, 180), (25, 1), 1.0, None),
        (
            *("2023 Alps/summit.mkv", "matroska", "h264"),
            *((320, 180), (24_000, 1001), 2.0, ("aac", 2, 48_000)),
        ),
        (
            *("2023 Alps/cable car.webm", "webm", "vp9"),
            *((320, 180), (25, 1), 1.0, ("opus", 2, 48_000)),
        ),
        ("2023 Alps/drone/overflight.mp4", "mp4", "av1", (320, 180), (50, 1), 0.5, None),
        (
            *("Tapes/wedding 1998.mpg", "mpeg", "mpeg2video"),
            *((176, 144), (25, 1), 1.0, ("mp2", 2, 48_000)),
        ),
        (
            *("Tapes/birthday.avi", "avi", "mpeg4"),
            *((160, 120), (25, 1), 1.0, ("mp3", 2, 48_000)),
        ),
        (
            *("Tapes/evening news.ts", "mpegts", "h264"),
            *((320, 180), (25, 1), 1.0, ("mp2", 2, 48_000)),
        ),
        (
            *("Edits/interview master.mov", "mov", "prores"),
            *((320, 180), (24_000, 1001), 0.5, ("pcm_s16le", 2, 48_000)),
        ),
        (
            *("Downloads/lecture.flv", "flv", "flv1"),
            *((320, 180), (15, 1), 1.0, ("mp3", 1, 44_100)),
        ),
        ('Downloads/<b>bold<b> & "quotes".mp4', "mp4", "mpeg4", (64, 64), (25, 1), 1.0, None),
    ],
)
def test_the_facts_of_each_kind_of_clip(
    *,
    archive: Path,
    read: Read,
    name: str,
    container: str,
    codec: str,
    size: tuple[int, int],
    fps: tuple[int, int],
    duration: float,
    audio: tuple[str, int, int] | None,
) -> None:
    video = video_of(read(archive / name))
    picture = main(video, "video")
    assert (video.container, picture.codec) == (container, codec)
    assert (picture.width, picture.height) == size
    assert (picture.fps_num, picture.fps_den) == fps
    assert video.duration_s == pytest.approx(duration, abs=0.06)
    assert video.bitrate is not None
    assert video.tool.startswith("PyAV ") or video.tool == "stoat"
    sound = video.main("audio")
    assert (sound and (sound.codec, sound.channels, sound.sample_rate)) == audio


def test_a_portrait_clip_tells_how_far_to_turn_it_clockwise(archive: Path, read: Read) -> None:
    picture = main(video_of(read(archive / "2024 Summer/ice cream (portrait).mov")), "video")
    assert picture.rotation == 90
    assert main(video_of(read(archive / "2024 Summer/beach walk.mp4")), "video").rotation == 0


def test_hdr_is_told_from_the_transfer_and_never_guessed(archive: Path, read: Read) -> None:
    sunset = main(video_of(read(archive / "2024 Summer/sunset HDR.mp4")), "video")
    assert (sunset.hdr, sunset.bit_depth, sunset.pix_fmt) == ("hdr10", 10, "yuv420p10le")
    assert (sunset.color_primaries, sunset.color_transfer) == ("bt2020", "smpte2084")
    assert (sunset.color_space, sunset.color_range) == ("bt2020nc", "tv")
    assert main(video_of(read(archive / "2024 Summer/beach walk.mp4")), "video").hdr is None


def test_two_languages_are_two_streams(archive: Path, read: Read) -> None:
    video = video_of(read(archive / "2023 Alps/summit.mkv"))
    assert [(stream.kind, stream.language) for stream in video.streams] == [
        ("video", None),
        ("audio", "eng"),
        ("audio", "deu"),
    ]
    assert video.title == "Gipfel / Summit"


def test_codec_tags_are_four_characters_or_a_number(archive: Path, read: Read) -> None:
    beach = video_of(read(archive / "2024 Summer/beach walk.mp4"))
    assert [stream.codec_tag for stream in beach.streams] == ["avc1", "mp4a"]
    news = video_of(read(archive / "Tapes/evening news.ts"))
    assert [stream.codec_tag for stream in news.streams] == ["0x001b", "0x0003"]


def test_what_the_file_does_not_say_is_none(archive: Path, read: Read) -> None:
    video = video_of(read(archive / "2023 Alps/cable car.webm"))
    picture = main(video, "video")
    assert (picture.bitrate, picture.bitrate_basis, picture.level) == (None, None, None)
    assert (picture.frame_count, picture.frame_count_basis) == (25, "counted")
    assert video.created_at is None


@pytest.mark.parametrize(
    ("name", "error_class", "words"),
    [
        ("Downloads/empty.mp4", "empty", "The file is empty (0 bytes)."),
        ("Downloads/half a download.mp4", "damaged", "No 'moov' header was found"),
        ("Downloads/notes.mp4", "not_media", "The content is in no known video format."),
    ],
)
def test_what_cannot_be_read_says_why(
    archive: Path, read: Read, name: str, error_class: str, words: str
) -> None:
    failure = failure_of(read(archive / name))
    assert failure.error_class == error_class
    assert failure.error.startswith(words)
    assert failure.tool.startswith("stoat" if error_class == "empty" else "PyAV ")
    assert failure.elapsed_ms is not None


def test_one_failure_does_not_colour_the_next(archive: Path, read: Read) -> None:
    half, notes = archive / "Downloads/half a download.mp4", archive / "Downloads/notes.mp4"
    told = [failure_of(read(path)).error_class for path in (half, half, notes, half, notes)]
    assert told == ["damaged", "damaged", "not_media", "damaged", "not_media"]


@pytest.mark.parametrize(
    ("content", "called"),
    [
        (b"1\n00:00:01,000 --> 00:00:02,000\nHello\n\n" * 20, "srt"),
        (b"GIF89a" + b"\x10\0\x10\0\0\0\0" + b"\0" * 100, "gif"),
        (b"ffconcat version 1.0\nfile /etc/hostname\n", "concat"),
    ],
)
def test_pictures_subtitles_and_playlists_are_no_video(
    tmp_path: Path, read: Read, content: bytes, called: str
) -> None:
    path = tmp_path / "disguised.mp4"
    path.write_bytes(content)
    failure = failure_of(read(path))
    assert failure.error_class == "not_media"
    assert failure.error == f"The content is no video (FFmpeg calls it '{called}')."


@pytest.mark.parametrize("scheme", ["http", "file"])
def test_a_playlist_opens_nothing_else(tmp_path: Path, read: Read, scheme: str) -> None:
    with socket.create_server(("127.0.0.1", 0)) as canary:
        port = canary.getsockname()[1]
        target = f"http://127.0.0.1:{port}/a.ts" if scheme == "http" else "/etc/hostname"
        path = tmp_path / "list.mp4"
        path.write_text(
            f"#EXTM3U\n#EXT-X-TARGETDURATION:10\n#EXTINF:10,\n{target}\n#EXT-X-ENDLIST\n"
        )
        assert failure_of(read(path)).error_class == "not_media"
        canary.setblocking(False)
        with pytest.raises(BlockingIOError):
            canary.accept()


def test_a_file_that_grew_since_the_walk_is_read_next_time(archive: Path, item: Item) -> None:
    seen = item(archive / "2024 Summer/beach walk.mp4")
    answer = probe({**seen, "size_bytes": seen["size_bytes"] - 1})
    assert answer["failure"]["error_class"] == "changed_while_read"


def test_a_file_that_changes_during_the_read_is_neither_good_nor_bad(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, item: Item
) -> None:
    [path] = [path for path in make_samples(tmp_path) if path.suffix == ".ts"]
    seen, reader = item(path), libav.read

    def read_and_be_overtaken(fd: int, *, soft_timeout_s: float) -> dict[str, Any]:
        facts = reader(fd, soft_timeout_s=soft_timeout_s)
        with path.open("ab") as end:
            end.write(b"more")
        return facts

    monkeypatch.setattr(libav, "read", read_and_be_overtaken)
    assert probe(seen)["failure"]["error_class"] == "changed_while_read"


def test_what_took_too_long_is_refused_even_if_it_seems_to_have_worked(
    archive: Path, item: Item
) -> None:
    answer = probe({**item(archive / "Tapes/evening news.ts"), "soft_timeout_s": 1e-6})
    assert answer["failure"]["error_class"] == "timeout"


def test_a_file_that_changes_while_its_headers_are_read_is_neither_good_nor_bad(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, item: Item
) -> None:
    [path, *_] = make_samples(tmp_path)
    seen, read_headers = item(path), reading.read_headers

    def read_and_be_overtaken(reader: BudgetedReader, **options: bool) -> Headers:
        headers = read_headers(reader, **options)
        with path.open("ab") as end:
            end.write(b"more")
        return headers

    monkeypatch.setattr(reading, "read_headers", read_and_be_overtaken)
    assert probe(seen)["failure"]["error_class"] == "changed_while_read"


def test_links_pipes_and_missing_files_are_failures(tmp_path: Path, item: Item) -> None:
    real = tmp_path / "real.mp4"
    real.write_bytes(b"x")
    seen = item(real)
    (tmp_path / "link.mp4").symlink_to(real)
    os.mkfifo(tmp_path / "pipe.mp4")
    (tmp_path / "folder.mp4").mkdir()
    told = {
        name: probe({**seen, "relative": name})["failure"]["error_class"]
        for name in ("link.mp4", "pipe.mp4", "folder.mp4", "gone.mp4", "../real.mp4")
    }
    assert told == {
        "link.mp4": "not_regular",
        "pipe.mp4": "not_regular",
        "folder.mp4": "not_regular",
        "gone.mp4": "vanished",
        "../real.mp4": "unreadable",
    }


def test_answers_are_json_whatever_the_name(archive: Path, tmp_path: Path, item: Item) -> None:
    path = tmp_path / os.fsdecode(b"caf\xe9 \n.mp4")
    path.write_bytes((archive / "2024 Summer/beach walk.mp4").read_bytes())
    answer = json.loads(json.dumps(probe(json.loads(json.dumps(item(path))))))
    assert answer["video"]["container"] == "mp4"


def test_a_title_that_is_no_utf8_is_shown_as_its_bytes(
    archive: Path, tmp_path: Path, read: Read
) -> None:
    content = (archive / "2024 Summer/beach walk.mp4").read_bytes()
    path = tmp_path / "latin1.mp4"
    path.write_bytes(content.replace(b"Beach walk", b"B\xe4ach walk"))
    assert video_of(read(path)).title in (r"B\xe4ach walk", r"B\udce4ach walk")


def test_a_cover_is_never_the_video(tmp_path: Path, archive: Path, read: Read) -> None:

    path = tmp_path / "album.mp4"
    with (
        av.open(str(archive / "2024 Summer/beach walk.mp4")) as source,
        av.open(str(path), "w") as target,
    ):
        cover = target.add_stream("mjpeg", rate=1)
        cover.width, cover.height, cover.pix_fmt = 32, 32, "yuvj420p"
        cover.disposition = av.stream.Disposition.attached_pic
        sound = target.add_stream_from_template(source.streams.audio[0])
        film = target.add_stream_from_template(source.streams.video[0])
        frame = av.VideoFrame(32, 32, "yuvj420p")
        frame.pts = 0
        target.mux([*cover.encode(frame), *cover.encode(None)])
        for packet in source.demux(source.streams.audio[0], source.streams.video[0]):
            if packet.dts is not None:
                packet.stream = sound if packet.stream.type == "audio" else film
                target.mux(packet)
    video = video_of(read(path))
    covers = [stream for stream in video.streams if stream.is_cover]
    assert [(cover.codec, cover.width, cover.fps_num) for cover in covers] == [("mjpeg", 32, None)]
    assert main(video, "video").codec == "h264"


def boxed(kind: bytes, content: bytes) -> bytes:
    return struct.pack(">I", 8 + len(content)) + kind + content


def test_a_container_without_streams_is_a_failure(tmp_path: Path, read: Read) -> None:
    path = tmp_path / "bare.mp4"
    header = struct.pack(">IIIIIIH", 0, 0, 0, 1000, 0, 0x10000, 0x100)
    path.write_bytes(
        boxed(b"ftyp", b"isom\0\0\0\0") + boxed(b"moov", boxed(b"mvhd", header.ljust(100, b"\0")))
    )
    assert failure_of(read(path)).error_class == "no_streams"


def test_damaged_clips_never_raise(archive: Path, tmp_path: Path, read: Read) -> None:
    path = tmp_path / "broken.bin"
    for source in sorted(archive.rglob("*.*")):
        content = source.read_bytes()
        for cut in (12, len(content) // 3, len(content) - 5):
            path.write_bytes(content[:cut].ljust(cut // 2, b"\xff"))
            outcome = read(path)
            assert (outcome.video is None) != (outcome.failure is None)
            if outcome.failure:
                assert outcome.failure.error_class in ERROR_CLASSES
                assert outcome.failure.error.endswith(".")


def test_nothing_is_printed_by_the_reader(archive: Path, item: Item) -> None:
    lines = [json.dumps(item(path)) for path in archive.rglob("*.*") if path.is_file()]
    code = (
        "import json, sys\n"
        "from stoat_nb.media.probe import probe\n"
        "assert not {'av', 'stoat_nb.media.reading'} & set(sys.modules)\n"
        "for line in sys.stdin: probe(json.loads(line))"
    )
    done = subprocess.run(
        [sys.executable, "-c", code],
        input="\n".join(lines),
        capture_output=True,
        text=True,
        check=True,
        cwd=Path(__file__).parents[2],
    )
    assert (done.stdout, done.stderr) == ("", "")
