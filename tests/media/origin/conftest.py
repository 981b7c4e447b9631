"""Small films of every container, and what cameras add to them, byte by byte."""

from __future__ import annotations

import struct
from collections.abc import Callable
from pathlib import Path
from typing import Any

import av
import pytest

from stoat_nb.media.probe import probe

#: The boxes of an MP4 file, each its name and its content: bytes, or boxes again.
Boxes = list[list[Any]]
Film = Callable[..., Path]
Origin = Callable[[Path], dict[str, Any]]
Item = Callable[[Path], dict[str, Any]]
Edit = Callable[[Path, Callable[["Movie"], None]], Path]

WHEN = "2011-11-11T11:11:11Z"
SECONDS = 3_403_854_671  #: The same, since 1904.

NRT = b"""<?xml version="1.0" encoding="UTF-8"?>
<!DOCTYPE x [<!ENTITY boom "boom">]>
<NonRealTimeMeta xmlns="urn:schemas-professionalDisc:nonRealTimeMeta:ver.2.00">
 <CreationDate value="2018-03-28T12:34:56+09:00"/>
 <Device manufacturer="Sony" modelName="ILCE-7SM3" serialNo="42"/>
 <Lens modelName="FE 24-70mm F2.8 GM &amp; more"/>
 <AcquisitionRecord><Group name="ExifGPS"><Item name="LatitudeRef" value="N"/>
  <Item name="Latitude" value="35:37:46.800"/><Item name="LongitudeRef" value="E"/>
  <Item name="Longitude" value="139:44:24.000"/></Group></AcquisitionRecord>
</NonRealTimeMeta>"""

_HOLD_OTHERS = {b"moov", b"trak", b"mdia", b"minf", b"stbl", b"edts", b"udta"}


def box(kind: bytes, body: bytes) -> bytes:
    return struct.pack(">I", len(body) + 8) + kind + body


NIKON = b"".join(
    struct.pack(">IHH", number, 2, len(text)) + text
    for number, text in (
        (1, b"NIKON\0"),
        (2, b"NIKON D7000\0"),
        (0x11, b"2012:05:05 10:11:12\0"),
    )
)
GOPRO = b"DEVC\0\1" + struct.pack(">H", 36) + b"DVIDL\4\0\1\0\0\0\1" + b"MINFc\1\0\14HERO9 Black\0"
GOPRO = GOPRO[:6] + struct.pack(">H", len(GOPRO) - 8) + GOPRO[8:]
MAKERS = {
    "Canon EOS": (box(b"CNMN", b"Canon EOS 550D\0\0"), "Canon", "Canon EOS 550D"),
    "Canon PowerShot": (
        box(b"manu", b"\0\0\0\0\x15\xc7Canon\0")
        + box(b"modl", b"\0\0\0\0\x15\xc7Canon PowerShot SX280 HS\0"),
        "Canon",
        "Canon PowerShot SX280 HS",
    ),
    "Nikon": (box(b"NCDT", box(b"NCTG", NIKON)), "NIKON", "NIKON D7000"),
    "GoPro": (box(b"GPMF", GOPRO), "GoPro", "HERO9 Black"),
    "DJI": (box(b"\xa9mdl", b"FC300X\0"), None, "FC300X"),
    "QuickTime": (
        box(b"\xa9mak", struct.pack(">HH", 4, 0x15C7) + b"DJI\0")
        + box(b"\xa9mod", struct.pack(">HH", 6, 0x15C7) + b"FC350\0"),
        "DJI",
        "FC350",
    ),
    "Samsung": (box(b"mdln", b"Galaxy S4\0"), None, "Galaxy S4"),
}
SONY_META = bytes(4) + box(b"hdlr", bytes(8) + b"nrtm" + bytes(13)) + box(b"xml ", bytes(4) + NRT)


class Movie:
    """An MP4 file whose index stands behind its data, so that it can grow."""

    def __init__(self, path: Path) -> None:
        self.boxes = self._parsed(path.read_bytes())

    def _parsed(self, data: bytes) -> Boxes:
        found: Boxes = []
        at = 0
        while at + 8 <= len(data):
            [size], kind = struct.unpack_from(">I", data, at), data[at + 4 : at + 8]
            body = data[at + 8 : at + size]
            found.append([kind, self._parsed(body) if kind in _HOLD_OTHERS else body])
            at += size
        return found

    def written(self, boxes: Boxes | None = None) -> bytes:
        parts = self.boxes if boxes is None else boxes
        return b"".join(
            box(kind, self.written(body) if isinstance(body, list) else body)
            for kind, body in parts
        )

    def all(self, *path: bytes) -> Boxes:
        """Return the boxes at a path."""
        found = self.boxes
        for kind in path[:-1]:
            found = [child for name, body in found if name == kind for child in body]
        return [one for one in found if one[0] == path[-1]]

    def add(self, kind: bytes, body: bytes | Boxes, *path: bytes) -> None:
        """Add a box at the end of the first container at a path, or of the file."""
        (self.all(*path)[0][1] if path else self.boxes).append([kind, body])

    def date(self, seconds: int, *path: bytes) -> None:
        """Write when headers at a path were made and changed, seconds since 1904."""
        for header in self.all(*path):
            header[1] = header[1][:4] + struct.pack(">II", seconds, seconds) + header[1][12:]


@pytest.fixture
def film(tmp_path: Path) -> Film:
    """Make a film of ten frames; the name says the container."""

    def make(name: str, codec: str = "libx264", **options: Any) -> Path:
        path = tmp_path / name
        rate = options.pop("rate", 25)
        size = options.pop("size", (64, 64))
        tags = options.pop("tags", {})
        with av.open(str(path), "w", **options) as clip:
            clip.metadata.update(tags)
            stream = clip.add_stream(codec, rate=rate)
            stream.width, stream.height = size
            stream.pix_fmt = "yuvj420p" if codec == "mjpeg" else "yuv420p"
            for number in range(10):
                frame = av.VideoFrame(*size, "yuv420p")
                frame.pts = number
                clip.mux(stream.encode(frame))
            clip.mux(stream.encode(None))
        return path

    return make


@pytest.fixture
def edited() -> Edit:
    """Change the boxes of a film."""

    def edit(path: Path, change: Callable[[Movie], None]) -> Path:
        movie = Movie(path)
        change(movie)
        path.write_bytes(movie.written())
        return path

    return edit


@pytest.fixture
def origin(item: Item) -> Origin:
    """Probe a file, and return what is known of its origin."""

    def of(path: Path) -> dict[str, Any]:
        answer = probe(item(path))
        assert "video" in answer, answer
        return {
            name: value
            for name, value in answer["video"].items()
            if value is not None
            and name.startswith(("created", "camera", "lens", "gps", "timecode", "drop", "reel"))
        } | {name: answer["video"][name] for name in ("encoder", "muxer")}

    return of
