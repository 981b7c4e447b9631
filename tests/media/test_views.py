"""What of a picture is shown, for which eye, and on what, as containers state it."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import av
import pytest

from stoat_nb.catalog.facts import VIDEO_FIELDS, video_cells
from stoat_nb.media.video import Outcome, Video

Written = Callable[..., Video]


def box(kind: bytes, body: bytes) -> bytes:
    return (8 + len(body)).to_bytes(4, "big") + kind + body


def copy(archive: Path, path: Path, title: str = "") -> Path:
    with (
        av.open(str(archive / "2024 Summer/beach walk.mp4")) as clip,
        av.open(str(path), "w") as film,
    ):
        picture = film.add_stream_from_template(clip.streams.video[0])
        if title:
            picture.metadata["title"] = title
        for packet in clip.demux(clip.streams.video[0]):
            if packet.dts is not None:
                packet.stream = picture
                film.mux(packet)
    return path


@pytest.fixture
def matroska(archive: Path, tmp_path: Path, read: Callable[[Path], Outcome]) -> Written:
    """Read a Matroska clip with elements at the start of its track's video settings."""

    def of(elements: bytes) -> Video:
        path = copy(archive, tmp_path / "clip.mkv", "N" * 40)
        content = path.read_bytes()
        title = b"\x53\x6e\xa8" + b"N" * 40
        entry = content.index(b"\xe0", content.index(b"V_MPEG4"))  # Video, its length, its content
        size = content[entry + 1] & 0x7F
        assert content[entry + 1] & 0x80
        assert size + len(elements) < 0x7F
        inner = content[entry + 2 : entry + 2 + size] + elements
        video = b"\xe0" + bytes([0x80 | len(inner)]) + inner
        spare = len(title) - len(elements)
        void = b"\xec" + bytes([0x80 | (spare - 2)]) + bytes(spare - 2)
        whole = content[:entry] + video + content[entry + 2 + size :]
        path.write_bytes(whole.replace(title, void))
        video_facts = read(path).video
        assert video_facts
        return video_facts

    return of


@pytest.fixture
def iso(archive: Path, tmp_path: Path, read: Callable[[Path], Outcome]) -> Written:
    """Read an MP4 clip with boxes at the end of its sample entry, or of its track."""

    def of(inner: bytes, *path: bytes) -> Video:
        film = copy(archive, tmp_path / "clip.mp4")
        content = bytearray(film.read_bytes())
        places = [content.index(b"moov") - 4]
        for kind in path or (b"trak", b"mdia", b"minf", b"stbl", b"stsd"):
            places.append(content.index(kind, places[-1]) - 4)
        if not path:
            places.append(places[-1] + 16)
        end = places[-1] + int.from_bytes(content[places[-1] : places[-1] + 4], "big")
        content[end:end] = inner
        for at in places:
            size = int.from_bytes(content[at : at + 4], "big") + len(inner)
            content[at : at + 4] = size.to_bytes(4, "big")
        film.write_bytes(content)
        video = read(film).video
        assert video
        return video

    return of


def displayed(video: Video) -> tuple[int, int]:
    cells = dict(zip(VIDEO_FIELDS, video_cells(video), strict=True))
    return cells["display_width"], cells["display_height"]


@pytest.mark.parametrize(
    ("elements", "size"),
    [
        (b"\x54\xaa\x81\x0c", (320, 168)),
        (b"\x54\xbb\x81\x04\x54\xaa\x81\x08", (320, 168)),
        (b"\x54\xcc\x81\x10\x54\xdd\x81\x10", (288, 180)),
        (b"\x54\xaa\x81\x00", (320, 180)),
    ],
)
def test_what_matroska_crops_is_not_shown(
    matroska: Written, elements: bytes, size: tuple[int, int]
) -> None:
    video = matroska(elements)
    picture = video.main("video")
    assert picture
    assert (picture.width, picture.height) == (320, 180)
    assert displayed(video) == size


def test_the_clean_aperture_of_an_iso_track_is_shown(iso: Written) -> None:
    numbers = (300, 1, 320, 2, 0, 1, 0, 1)
    video = iso(box(b"clap", b"".join(one.to_bytes(4, "big") for one in numbers)))
    assert displayed(video) == (300, 160)
    assert displayed(iso(box(b"clap", bytes(32)))) == (320, 180)


SPHERE = (
    b"<rdf:SphericalVideo><GSpherical:ProjectionType>equirectangular</GSpherical:ProjectionType>"
    b"<GSpherical:StereoMode>top-bottom</GSpherical:StereoMode></rdf:SphericalVideo>"
)
V1 = bytes.fromhex("ffcc8263f8554a938814587a02521fdd")
FLAGS = bytes(4)


@pytest.mark.parametrize(
    ("inner", "path", "stereo", "projection"),
    [
        (box(b"st3d", FLAGS + b"\1"), (), "top_bottom", None),
        (box(b"st3d", FLAGS + b"\2"), (), "side_by_side", None),
        (box(b"sv3d", box(b"proj", box(b"equi", FLAGS + bytes(16)))), (), None, "equirectangular"),
        (box(b"sv3d", box(b"proj", box(b"cbmp", FLAGS + bytes(8)))), (), None, "cubemap"),
        (box(b"vexu", box(b"eyes", box(b"stri", FLAGS + b"\3"))), (), "multiview", None),
        (
            box(b"vexu", box(b"proj", box(b"prji", FLAGS + b"hequ"))),
            (),
            None,
            "half_equirectangular",
        ),
        (box(b"uuid", V1 + SPHERE), (b"trak",), "top_bottom", "equirectangular"),
    ],
)
def test_stereo_and_360_of_iso_files_are_told(
    iso: Written, inner: bytes, path: tuple[bytes, ...], stereo: str | None, projection: str | None
) -> None:
    picture = iso(inner, *path).main("video")
    assert picture
    assert (picture.stereo_mode, picture.projection) == (stereo, projection)


@pytest.mark.parametrize(
    ("elements", "stereo", "projection"),
    [
        (b"\x53\xb8\x81\x01", "side_by_side", None),
        (b"\x53\xb8\x81\x03", "top_bottom", None),
        (b"\x76\x70\x84\x76\x71\x81\x01", None, "equirectangular"),
    ],
)
def test_stereo_and_360_of_matroska_are_told(
    matroska: Written, elements: bytes, stereo: str | None, projection: str | None
) -> None:
    picture = matroska(elements).main("video")
    assert picture
    assert (picture.stereo_mode, picture.projection) == (stereo, projection)
