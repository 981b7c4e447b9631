"""Kinds of sound, pictures and captions that headers prove, in each container that holds them."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from fractions import Fraction
from pathlib import Path
from typing import Any

import av
import pytest

Differences = Callable[[Path], "list[tuple[str, Any, Any]] | None"]

SOUNDS = [
    (name, codec, layout)
    for name, kinds in {
        ".mkv": (
            "ac3",
            "eac3",
            "flac",
            "libopus",
            "vorbis",
            "pcm_s16le",
            "pcm_s24le",
            "pcm_f32le",
            "alac",
        ),
        ".mp4": ("ac3", "eac3", "flac", "libopus", "alac", "libmp3lame"),
        ".mov": ("ac3", "eac3", "pcm_s16le", "pcm_s16be", "pcm_s24le", "pcm_f32le"),
        "old.mov": ("alac", "pcm_u8", "pcm_mulaw", "pcm_alaw"),
    }.items()
    for codec in kinds
    for layout in (("stereo", "5.1(side)") if codec in ("ac3", "eac3") else ("stereo",))
]


@pytest.mark.parametrize(("name", "codec", "layout"), SOUNDS)
def test_sound_is_read_from_headers_and_just_as_libav_reads_it(
    tmp_path: Path, differences: Differences, name: str, codec: str, layout: str
) -> None:
    path = tmp_path / f"clip{name}"
    with av.open(str(path), "w") as clip:
        picture = clip.add_stream("libx264", rate=25, options={"preset": "ultrafast"})
        picture.width, picture.height, picture.pix_fmt = 64, 64, "yuv420p"
        sound = clip.add_stream(codec, rate=48_000, layout=layout, options={"strict": "-2"})
        for number in range(5):
            frame = av.VideoFrame(64, 64, "yuv420p")
            frame.pts = number
            clip.mux(picture.encode(frame))
        clip.mux(picture.encode(None))
        for number in range(8):
            clip.mux(sound.encode(quiet(layout, number)))
        clip.mux(sound.encode(None))
    assert differences(path) == []


PICTURES = [
    ("proxy.mov", "prores_ks", {"profile": "0"}, "yuv422p10le"),
    ("hq.mov", "prores_ks", {"profile": "3"}, "yuv422p10le"),
    ("4444.mov", "prores_ks", {"profile": "4"}, "yuv444p10le"),
    ("canon.mov", "mjpeg", {}, "yuvj422p"),
    ("webcam.mov", "mjpeg", {}, "yuvj420p"),
    ("webcam.mkv", "mjpeg", {}, "yuvj420p"),
    ("avid.mov", "dnxhd", {"profile": "dnxhr_hq"}, "yuv422p"),
    ("avid10.mov", "dnxhd", {"profile": "dnxhr_hqx"}, "yuv422p10le"),
    ("old.webm", "libvpx", {}, "yuv420p"),
    ("new.mp4", "libvpx-vp9", {}, "yuv420p"),
    ("phone.mp4", "mpeg4", {}, "yuv420p"),
    ("camera.mov", "mpeg4", {"level": "3"}, "yuv420p"),
]


@pytest.mark.parametrize("kind", PICTURES, ids=lambda kind: kind[0])
def test_pictures_of_cameras_and_editors_are_read_from_headers(
    tmp_path: Path, differences: Differences, kind: tuple[str, str, dict[str, str], str]
) -> None:
    name, codec, options, pix_fmt = kind
    path = tmp_path / name
    draw(path, codec, pix_fmt, options)
    assert differences(path) == []


def draw(
    path: Path,
    codec: str,
    pix_fmt: str,
    options: dict[str, str],
    size: tuple[int, int] = (320, 192),
) -> None:
    with av.open(str(path), "w") as clip:
        picture = clip.add_stream(codec, rate=25, options=options)
        picture.width, picture.height = size
        picture.pix_fmt = pix_fmt
        picture.codec_context.thread_count = 1
        for number in range(4):
            frame = av.VideoFrame(*size, pix_fmt)
            for plane in frame.planes:
                plane.update(bytes(plane.buffer_size))
            frame.pts = number
            clip.mux(picture.encode(frame))
        clip.mux(picture.encode(None))


QUIET = {"preset": "ultrafast", "x265-params": "log-level=none:pools=1"}


@pytest.mark.parametrize("name", ["clip.mp4", "clip.mkv"])
@pytest.mark.parametrize("codec", ["libx264", "libx265"])
@pytest.mark.parametrize("pix_fmt", ["yuv420p", "yuv422p", "yuv444p"])
def test_pictures_of_which_an_edge_is_cut_off_do_not_differ(
    tmp_path: Path, differences: Differences, name: str, codec: str, pix_fmt: str
) -> None:
    path = tmp_path / name
    draw(path, codec, pix_fmt, QUIET | {"bf": "0"}, (322, 182))
    assert differences(path) == []


@pytest.mark.parametrize("name", ["clip.mp4", "clip.mkv"])
@pytest.mark.parametrize(("size", "level"), [((1280, 720), 5), ((1920, 1080), 8)])
def test_av1_of_a_level_with_tiers_and_of_one_without_does_not_differ(
    tmp_path: Path, differences: Differences, name: str, size: tuple[int, int], level: int
) -> None:
    path = tmp_path / name
    options = {"preset": "12", "svtav1-params": "lp=1"}
    # This encoder makes the thread that opens it a real-time one, and leaves it so.
    with ThreadPoolExecutor(1) as passing:
        passing.submit(draw, path, "libsvtav1", "yuv420p", options, size).result()
    assert differences(path) == []
    with av.open(str(path)) as clip:
        config = clip.streams.video[0].codec_context.extradata or b""
    assert config[1] & 31 == level  # 4.0 is the first that has tiers


def test_pictures_that_one_can_see_through_are_left_to_libav(
    tmp_path: Path, differences: Differences
) -> None:
    draw(tmp_path / "title.mov", "prores_ks", "yuva444p10le", {"profile": "4"})
    assert differences(tmp_path / "title.mov") is None


@pytest.mark.parametrize("flag", [{"bf": "2"}, {"flags": "+qpel"}, {"flags": "+ildct"}])
def test_tools_beyond_the_simple_profile_of_mpeg4_are_left_to_libav(
    tmp_path: Path, differences: Differences, flag: dict[str, str]
) -> None:
    draw(tmp_path / "ripped.mp4", "mpeg4", "yuv420p", flag)
    assert differences(tmp_path / "ripped.mp4") is None


def quiet(layout: str, number: int) -> av.AudioFrame:
    frame = av.AudioFrame("fltp", layout, 1536)
    for plane in frame.planes:
        plane.update(bytes(plane.buffer_size))
    frame.sample_rate, frame.pts = 48_000, number * 1536
    return frame


WORDS = {
    "track": "3/12",
    "disc": "1",
    "compilation": "1",
    "season_number": "2",
    "show": "Nights",
    "location": "+48.8789+002.3376+048.928/",
    "album_artist": "Anna",
    "artist": "Jörg",
    "copyright": "nobody",
}


@pytest.mark.parametrize(
    ("name", "keys"),
    [
        ("t.mp4", set(WORDS)),
        ("t.mkv", set(WORDS)),
        ("t keyed.mov", set(WORDS)),
        ("t.mov", set(WORDS) - {"artist"}),
        ("t.3gp", {"location"}),
    ],
)
def test_words_of_phones_and_film_collections_do_not_differ(
    tmp_path: Path, archive: Path, differences: Differences, name: str, keys: set[str]
) -> None:
    path = tmp_path / name
    options = {"movflags": "use_metadata_tags"} if "keyed" in name else {}
    with (
        av.open(str(archive / "2024 Summer/beach walk.mp4")) as clip,
        av.open(str(path), "w", options=options) as copy,
    ):
        copy.metadata.update({key: WORDS[key] for key in keys})
        stream = copy.add_stream_from_template(clip.streams.video[0])
        for packet in clip.demux(clip.streams.video[0]):
            if packet.dts is not None:
                packet.stream = stream
                copy.mux(packet)
    assert differences(path) == []


def test_attached_fonts_of_matroska_do_not_differ(
    tmp_path: Path, archive: Path, differences: Differences
) -> None:
    path = tmp_path / "film.mkv"
    with (
        av.open(str(archive / "2023 Alps/summit.mkv")) as clip,
        av.open(str(path), "w") as film,
    ):
        streams = {stream: film.add_stream_from_template(stream) for stream in clip.streams}
        for number, kind in enumerate(("application/x-truetype-font", "font/otf")):
            film.add_attachment(f"{number}.ttf", kind, b"no font")
        for packet in clip.demux():
            if packet.dts is not None:
                packet.stream = streams[packet.stream]
                film.mux(packet)
    assert differences(path) == []
    path.write_bytes(path.read_bytes().replace(b"font/otf", b"image/gf"))
    assert differences(path) is None


@pytest.mark.parametrize(
    ("rate", "word"),
    [
        (Fraction(25), "10:09:59:24"),
        (Fraction(30_000, 1001), "00:10:00;02"),
        (Fraction(60_000, 1001), "23:59:59;58"),
        (Fraction(24_000, 1001), "01:00:00:00"),
    ],
)
def test_the_clock_of_a_camera_does_not_differ(
    tmp_path: Path, differences: Differences, rate: Fraction, word: str
) -> None:
    path = tmp_path / "take.mov"
    with av.open(str(path), "w") as take:
        take.metadata["timecode"] = word
        picture = take.add_stream("libx264", rate=rate, options={"preset": "ultrafast"})
        picture.width, picture.height, picture.pix_fmt = 64, 64, "yuv420p"
        for number in range(5):
            frame = av.VideoFrame(64, 64, "yuv420p")
            frame.pts = number
            take.mux(picture.encode(frame))
        take.mux(picture.encode(None))
    assert differences(path) == []
    assert word.encode() not in path.read_bytes()  # it was worked out


ASS = b"""[Script Info]
ScriptType: v4.00+
[V4+ Styles]
Format: Name, Fontname, Fontsize
Style: Default,Arial,16
[Events]
Format: Layer, Start, End, Style, Name, MarginL, MarginR, MarginV, Effect, Text
"""


def test_captions_of_an_mp4_do_not_differ(
    tmp_path: Path, archive: Path, differences: Differences
) -> None:
    path = tmp_path / "film.mp4"
    with (
        av.open(str(archive / "2024 Summer/beach walk.mp4")) as clip,
        av.open(str(path), "w") as film,
    ):
        picture = film.add_stream_from_template(clip.streams.video[0])
        captions = film.add_stream("mov_text")
        captions.codec_context.subtitle_header = ASS
        captions.metadata["language"] = "deu"
        for packet in clip.demux(clip.streams.video[0]):
            if packet.dts is not None:
                packet.stream = picture
                film.mux(packet)
        words = av.Packet(b"\0\5Hello")
        words.stream, words.time_base = captions, Fraction(1, 1000)
        words.pts, words.dts, words.duration = 100, 100, 800
        film.mux(words)
    assert differences(path) == []


@pytest.mark.parametrize("name", ["film.mp4", "film.mov"])
def test_chapters_of_an_mp4_do_not_differ(
    tmp_path: Path, archive: Path, differences: Differences, name: str
) -> None:
    path = tmp_path / name
    with (
        av.open(str(archive / "2024 Summer/beach walk.mp4")) as clip,
        av.open(str(path), "w") as film,
    ):
        times = {"time_base": Fraction(1, 1000)}
        film.set_chapters(
            [
                {"id": 0, "start": 0, "end": 700, "metadata": {"title": "Über die Düne"}, **times},
                {"id": 1, "start": 700, "end": 1500, "metadata": {"title": "See"}, **times},
            ]
        )
        streams = {stream: film.add_stream_from_template(stream) for stream in clip.streams}
        for packet in clip.demux():
            if packet.dts is not None:
                packet.stream = streams[packet.stream]
                film.mux(packet)
    assert differences(path) == []
    content = path.read_bytes()
    assert content.count(b"chap") == 2
    path.write_bytes(content.replace(b"chpl", b"free"))
    assert differences(path) == []
    path.write_bytes(content.replace(b"chap", b"free"))
    assert differences(path) is None  # a text that nobody refers to


def coloured(path: Path, *, full: bool) -> bytes:
    """Write a film whose container states its colours, too; return where, and its content."""
    said = f"fullrange={'on' if full else 'off'}:colorprim=bt709:transfer=bt709:colormatrix=bt709"
    with av.open(str(path), "w") as clip:
        picture = clip.add_stream("libx264", rate=25, options={"x264-params": said})
        picture.width, picture.height, picture.pix_fmt = 64, 64, "yuv420p"
        context = picture.codec_context
        context.color_primaries, context.color_trc, context.colorspace = 1, 1, 1
        for number in range(5):
            frame = av.VideoFrame(64, 64, "yuv420p")
            frame.pts = number
            clip.mux(picture.encode(frame))
        clip.mux(picture.encode(None))
    return path.read_bytes()


@pytest.mark.parametrize("full", [True, False])
def test_a_container_may_contradict_the_colours_of_its_stream(
    tmp_path: Path, differences: Differences, *, full: bool
) -> None:
    path = tmp_path / "clip.mp4"
    content = coloured(path, full=full)
    before, mark, after = content.partition(b"colrnclx")
    assert mark
    for points in (b"\0\1\0\1\0\1", b"\0\6\0\6\0\6", b"\0\1\0\2\0\1", b"\0\2\0\2\0\2"):
        for span in (b"\0", b"\x80"):
            path.write_bytes(before + mark + points + span + after[7:])
            assert differences(path) == [], (points, span)


@pytest.mark.parametrize(
    ("codec", "pix_fmt"), [("mjpeg", "yuvj420p"), ("png", "rgb24"), ("png", "rgba")]
)
def test_the_cover_of_an_mp4_does_not_differ(
    tmp_path: Path, archive: Path, differences: Differences, codec: str, pix_fmt: str
) -> None:
    path = tmp_path / "film.mp4"
    still = av.VideoFrame(64, 48, pix_fmt)
    for plane in still.planes:
        plane.update(bytes(plane.buffer_size))
    with (
        av.open(str(archive / "2024 Summer/beach walk.mp4")) as clip,
        av.open(str(path), "w") as film,
    ):
        film.metadata["title"] = "Beach"
        streams = {stream: film.add_stream_from_template(stream) for stream in clip.streams}
        cover = film.add_stream(codec, rate=1)
        cover.width, cover.height, cover.pix_fmt = 64, 48, pix_fmt
        cover.disposition = av.stream.Disposition.attached_pic
        picture = cover.encode(still) + cover.encode(None)
        film.mux(picture)
        for packet in clip.demux():
            if packet.dts is not None:
                packet.stream = streams[packet.stream]
                film.mux(packet)
    content = path.read_bytes()
    assert b"covr" in content
    assert differences(path) == []
    start = content.index(b"covr")
    path.write_bytes(content[: start + 24] + b"GIF89a" + content[start + 30 :])
    assert differences(path) is None


def test_what_samsung_adds_to_the_end_of_a_recording_does_not_differ(
    tmp_path: Path, archive: Path, differences: Differences
) -> None:
    path = tmp_path / "slow.mp4"
    content = (archive / "2024 Summer/beach walk.mp4").read_bytes()
    path.write_bytes(content + b"\0\0\0\x14sefdSEFH\0\0\0\0SEFT")
    assert differences(path) == []
