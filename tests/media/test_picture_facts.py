"""Brightness, colour, depth, transparency and captions, in files whose bytes tell them."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from fractions import Fraction
from pathlib import Path
from typing import Any

import av
import numpy as np
import pytest

from stoat_nb.media.codecs.captions import captions_of
from stoat_nb.media.derived_facts import MOST_TAGS, add_derived_facts, add_picture_facts
from stoat_nb.media.video import Outcome, Stream, Video

Read = Callable[[Path], Outcome]
ATSC = b"\xb5\x00\x31GA94\x03"


@pytest.fixture
def video_of(read: Read) -> Callable[[Path], Video]:
    def of(path: Path) -> Video:
        video = read(path).video
        assert video
        return video

    return of


@pytest.fixture
def picture_of(video_of: Callable[[Path], Video]) -> Callable[[Path], Stream]:
    def of(path: Path) -> Stream:
        picture = video_of(path).main("video")
        assert picture
        return picture

    return of


def box(kind: bytes, body: bytes) -> bytes:
    return (8 + len(body)).to_bytes(4, "big") + kind + body


def add_to_entry(path: Path, inner: bytes) -> Path:
    """Put boxes at the end of the first sample entry of a file whose index comes last."""
    content = bytearray(path.read_bytes())
    places = [content.index(b"moov") - 4]
    for kind in (b"trak", b"mdia", b"minf", b"stbl", b"stsd"):
        places.append(content.index(kind, places[-1]) - 4)
    places.append(places[-1] + 16)  # the entry
    end = places[-1] + int.from_bytes(content[places[-1] : places[-1] + 4], "big")
    content[end:end] = inner
    for at in places:
        size = int.from_bytes(content[at : at + 4], "big") + len(inner)
        content[at : at + 4] = size.to_bytes(4, "big")
    path.write_bytes(content)
    return path


def encode(path: Path, codec: str, pix_fmt: str, **options: str) -> Path:
    with av.open(str(path), "w") as film:
        stream: Any = film.add_stream(codec, rate=25, options=options)
        stream.width, stream.height, stream.pix_fmt = 64, 64, pix_fmt
        for _ in range(3):
            frame = av.VideoFrame.from_ndarray(np.zeros((64, 64, 3), np.uint8), format="rgb24")
            film.mux(stream.encode(frame.reformat(format=pix_fmt)))
        film.mux(stream.encode(None))
    return path


HDR10 = (
    "log-level=none:pools=1:hdr10=1:max-cll=1000,400:"
    "transfer=smpte2084:colorprim=bt2020:colormatrix=bt2020nc"
)


def dolby_vision(profile: int, compat: int) -> bytes:
    return box(b"dvvC", bytes([1, 0, profile << 1, 5, compat << 4]) + bytes(19))


@pytest.mark.parametrize(
    ("profile", "compat", "formats"),
    [
        (8, 1, ("dolby_vision", "hdr10")),
        (7, 6, ("dolby_vision", "hdr10")),
        (5, 0, ("dolby_vision",)),
    ],
)
def test_dolby_vision_is_as_bright_as_its_base_layer_says(
    tmp_path: Path,
    picture_of: Callable[[Path], Stream],
    profile: int,
    compat: int,
    formats: tuple[str, ...],
) -> None:
    plain = encode(tmp_path / "h.mp4", "libx265", "yuv420p10le", **{"x265-params": HDR10})
    picture = picture_of(plain)
    assert (picture.hdr, picture.hdr_formats, picture.max_cll) == ("hdr10", ("hdr10",), 1000)
    picture = picture_of(add_to_entry(plain, dolby_vision(profile, compat)))
    assert (picture.hdr, picture.hdr_formats) == ("dolby_vision", formats)
    assert (picture.max_cll, picture.max_fall) == (1000, 400)


@pytest.mark.parametrize(
    ("facts", "hdr", "formats"),
    [
        (
            {"color_transfer": "smpte2084", "has_hdr10plus": True},
            "hdr10plus",
            ["hdr10plus", "hdr10"],
        ),
        (
            {
                "hdr": "dolby_vision",
                "dv_compat": 1,
                "color_transfer": "smpte2084",
                "has_hdr10plus": True,
            },
            "dolby_vision",
            ["dolby_vision", "hdr10plus", "hdr10"],
        ),
        (
            {"hdr": "dolby_vision", "dv_compat": 4, "color_transfer": "arib-std-b67"},
            "dolby_vision",
            ["dolby_vision", "hlg"],
        ),
        ({"color_transfer": "bt709"}, "sdr", ["sdr"]),
        ({}, None, []),
    ],
)
def test_all_formats_of_dynamic_range_are_told(
    facts: dict[str, Any], hdr: str | None, formats: list[str]
) -> None:
    stream = dict(facts)
    add_picture_facts(stream)
    assert (stream["hdr"], stream["hdr_formats"]) == (hdr, formats)


def nclx(primaries: int, transfer: int, matrix: int) -> bytes:
    numbers = b"".join(one.to_bytes(2, "big") for one in (primaries, transfer, matrix))
    return box(b"colr", b"nclx" + numbers + b"\0")


def test_the_first_of_several_colours_counts(
    tmp_path: Path, picture_of: Callable[[Path], Stream]
) -> None:
    film = encode(tmp_path / "two.mp4", "libx264", "yuv420p")
    picture = picture_of(add_to_entry(film, nclx(9, 18, 9) + nclx(9, 14, 9)))
    assert (picture.color_transfer, picture.hdr) == ("arib-std-b67", "hlg")
    film = encode(tmp_path / "profile.mp4", "libx264", "yuv420p")
    picture = picture_of(add_to_entry(film, box(b"colr", b"prof\0\0\0\0") + nclx(9, 16, 9)))
    assert picture.color_transfer == "smpte2084"


def test_the_depth_is_that_of_the_samples_and_not_of_the_memory(
    tmp_path: Path, picture_of: Callable[[Path], Stream]
) -> None:
    film = encode(tmp_path / "deep.mov", "jpeg2000", "rgb48le")
    assert picture_of(film).bit_depth == 16
    content = bytearray(film.read_bytes())
    at = content.find(b"\xff\x4f\xff\x51")  # SOC and SIZ of ISO/IEC 15444-1
    while at >= 0:
        for component in range(3):
            content[at + 42 + 3 * component] = 12 - 1
        at = content.find(b"\xff\x4f\xff\x51", at + 1)
    film.write_bytes(content)
    assert picture_of(film).bit_depth == 12


@pytest.mark.parametrize(("form", "depth"), [("s16", 16), ("s32", 24)])
def test_the_sound_of_a_blu_ray_has_its_depth(
    tmp_path: Path, video_of: Callable[[Path], Video], form: str, depth: int
) -> None:
    path = tmp_path / "disc.m2ts"
    with av.open(str(path), "w") as disc:
        stream: Any = disc.add_stream("pcm_bluray", rate=48_000)
        stream.layout, stream.format = "stereo", form
        for count in range(20):
            frame = av.AudioFrame(format=form, layout="stereo", samples=240)
            for plane in frame.planes:
                plane.update(bytes(plane.buffer_size))
            frame.sample_rate, frame.pts = 48_000, 240 * count
            disc.mux(stream.encode(frame))
        disc.mux(stream.encode(None))
    sound = video_of(path).main("audio")
    assert sound
    assert (sound.codec, sound.bit_depth) == ("pcm_bluray", depth)


@pytest.mark.parametrize(
    ("codec", "pix_fmt", "alpha"),
    [("png", "rgba", True), ("prores_ks", "yuva444p10le", True), ("png", "rgb24", False)],
)
def test_pictures_that_one_can_see_through_are_told(
    tmp_path: Path, picture_of: Callable[[Path], Stream], codec: str, pix_fmt: str, alpha: bool
) -> None:
    assert picture_of(encode(tmp_path / "a.mov", codec, pix_fmt)).has_alpha is alpha


@pytest.mark.parametrize("kind", [0, 13])
def test_a_cover_is_one_also_where_its_kind_is_unsaid(
    tmp_path: Path, archive: Path, video_of: Callable[[Path], Video], kind: int
) -> None:
    path = tmp_path / "film.mp4"
    still = av.VideoFrame(64, 48, "yuvj420p")
    for plane in still.planes:
        plane.update(bytes(plane.buffer_size))
    with (
        av.open(str(archive / "2024 Summer/beach walk.mp4")) as clip,
        av.open(str(path), "w") as film,
    ):
        picture = film.add_stream_from_template(clip.streams.video[0])
        cover: Any = film.add_stream("mjpeg", rate=1)
        cover.width, cover.height, cover.pix_fmt = 64, 48, "yuvj420p"
        cover.disposition = av.stream.Disposition.attached_pic
        film.mux(cover.encode(still) + cover.encode(None))
        for packet in packets(clip):
            packet.stream = picture
            film.mux(packet)
    content = bytearray(path.read_bytes())
    at = content.index(b"covr") + 12
    content[at : at + 4] = kind.to_bytes(4, "big")
    path.write_bytes(content)
    assert [stream.is_cover for stream in video_of(path).streams] == [False, True]


# Captions -----------------------------------------------------------------------------------------


def message(*triples: bytes) -> bytes:
    return ATSC + bytes([0xC0 | len(triples), 0xFF]) + b"".join(triples) + b"\xff"


@pytest.mark.parametrize(
    ("sample", "kinds"),
    [
        (message(b"\xfc\x94\x20", b"\xfd\x80\x80"), ["cea608"]),
        (message(b"\xff\x01\x02", b"\xfe\x03\x04"), ["cea708"]),
        (message(b"\xfc\x94\x20", b"\xff\x01\x02"), ["cea608", "cea708"]),
        (message(b"\xf8\x00\x00", b"\xfa\x00\x00"), []),  # padding: not valid
        (b"\0\0\1\xb2GA94\3\xc1\xff\xfc\x94\x20\xff", ["cea608"]),  # MPEG-2
        (b"GA94\3\xc1\xff\xfc\x94\x20\xff", []),
        (ATSC, []),
        (b"", []),
    ],
)
def test_captions_are_known_by_their_valid_triples(sample: bytes, kinds: list[str]) -> None:
    assert captions_of(b"\0\0\0\1\x09" + sample + b"\x80" if sample else b"") == kinds


@pytest.mark.parametrize(
    ("name", "begins"),
    [("a.mp4", 0), ("b.mkv", 0), ("c.mov", 0), ("d.ts", 1), ("e.ts", 7), ("f.flv", 3)],
)
def test_captions_inside_the_pictures_of_a_file_are_told(
    tmp_path: Path, archive: Path, picture_of: Callable[[Path], Stream], name: str, begins: int
) -> None:
    payload = message(b"\xfc\x94\x20")
    unit = bytes([6, 4, len(payload)]) + payload + b"\x80"
    path = tmp_path / name
    with (
        av.open(str(archive / "2024 Summer/beach walk.mp4")) as clip,
        av.open(str(path), "w") as film,
    ):
        picture = film.add_stream_from_template(clip.streams.video[0])
        for number, packet in enumerate(packets(clip)):
            if number < begins:
                packet.stream = picture
                film.mux(packet)
                continue
            captioned = av.Packet(len(unit).to_bytes(4, "big") + unit + bytes(packet))
            captioned.pts, captioned.dts = packet.pts, packet.dts
            captioned.time_base, captioned.is_keyframe = packet.time_base, packet.is_keyframe
            captioned.stream = picture
            film.mux(captioned)
    assert picture_of(path).closed_captions == ("cea608",)
    assert picture_of(archive / "2024 Summer/beach walk.mp4").closed_captions is None


def packets(clip: Any) -> Iterator[Any]:
    return (one for one in clip.demux(clip.streams.video[0]) if one.dts is not None)


# Streams ------------------------------------------------------------------------------------------


def checksum(data: bytes) -> bytes:
    """Return the CRC of sections (ISO/IEC 13818-1, annex A)."""
    crc = 0xFFFFFFFF
    for byte in data:
        crc ^= byte << 24
        for _ in range(8):
            crc = (crc << 1 ^ 0x04C11DB7 if crc & 0x80000000 else crc << 1) & 0xFFFFFFFF
    return crc.to_bytes(4, "big")


def section(pid: int, count: int, table: int, body: bytes) -> bytes:
    """Return one packet that holds a section."""
    content = bytes([table]) + (0xB000 | len(body) + 9).to_bytes(2, "big") + b"\0\1\xc1\0\0" + body
    head = bytes([0x47, 0x40 | pid >> 8, pid & 255, 0x10 | count & 15, 0])
    return (head + content + checksum(content)).ljust(188, b"\xff")


def with_sections(clip: bytes, stream_type: int, table: int) -> bytes:
    """List a PID of private sections in the PMT of a transport stream, and add some of them."""
    found, pmts = b"", 0
    for number, at in enumerate(range(0, len(clip), 188)):
        packet = clip[at : at + 188]
        if int.from_bytes(packet[1:3], "big") & 0x1FFF == 0x1000:
            size = int.from_bytes(packet[6:8], "big") & 0xFFF
            body = packet[13 : 8 + size - 4] + bytes([stream_type, 0xE1, 0x72, 0xF0, 0])
            packet, pmts = section(0x1000, pmts, 2, body), pmts + 1
        found += packet
        if number % 20 == 5:
            found += section(0x172, number // 20, table, bytes(30))
    return found


@pytest.mark.parametrize(("stream_type", "table"), [(0x05, 0x74), (0x0B, 0x3B), (0x0C, 0x3B)])
def test_a_stream_of_sections_is_counted_once(
    tmp_path: Path,
    archive: Path,
    video_of: Callable[[Path], Video],
    stream_type: int,
    table: int,
) -> None:
    path = tmp_path / "sections.ts"
    clip = (archive / "Tapes/evening news.ts").read_bytes()
    path.write_bytes(with_sections(clip, stream_type, table))
    numbers = [stream.id for stream in video_of(path).streams]
    assert numbers == [0x100, 0x101, 0x172]


def test_all_of_many_streams_and_their_tags_are_kept(
    tmp_path: Path, video_of: Callable[[Path], Video]
) -> None:
    path = tmp_path / "many.mp4"
    with av.open(str(path), "w") as film:
        streams: list[Any] = [film.add_stream("aac", rate=8000) for _ in range(70)]
        for stream in streams:
            stream.layout = "mono"
            stream.metadata.update({"language": "deu", "handler_name": "x", "title": "y"})
        for stream in streams:
            for count in range(3):
                frame = av.AudioFrame(format="fltp", layout="mono", samples=1024)
                frame.planes[0].update(bytes(frame.planes[0].buffer_size))
                frame.sample_rate, frame.pts = 8000, 1024 * count
                frame.time_base = Fraction(1, 8000)
                film.mux(stream.encode(frame))
            film.mux(stream.encode(None))
    video = video_of(path)
    assert [stream.language for stream in video.streams] == ["deu"] * 70
    assert {tag.idx for tag in video.tags if tag.key == "language"} == set(range(70))
    assert video.n_tags == len(video.tags)


@pytest.mark.parametrize("count", [2, 80])
def test_all_that_is_attached_is_kept_with_its_tags(
    tmp_path: Path, archive: Path, video_of: Callable[[Path], Video], count: int
) -> None:
    path = tmp_path / "fonts.mkv"
    with (
        av.open(str(archive / "2023 Alps/summit.mkv")) as clip,
        av.open(str(path), "w") as film,
    ):
        streams = {stream: film.add_stream_from_template(stream) for stream in clip.streams}
        for number in range(count):
            film.add_attachment(f"{number}.ttf", "application/x-truetype-font", b"no font")
        for packet in clip.demux():
            if packet.dts is not None:
                packet.stream = streams[packet.stream]
                film.mux(packet)
    video = video_of(path)
    assert [one.kind for one in video.streams].count("attachment") == count
    names = [tag.value for tag in video.tags if tag.key.lower() == "filename"]
    assert names == [f"{number}.ttf" for number in range(count)]


def test_of_very_many_tags_the_first_are_kept_and_all_counted() -> None:
    tags = [{"key": str(number), "value": "word"} for number in range(MOST_TAGS + 10)]
    told = add_derived_facts({"fragmented": None, "streams": [], "tags": tags}, None, 1)
    assert (told["n_tags"], told["tags"]) == (MOST_TAGS + 10, tags[:MOST_TAGS])
