"""Clips whose pictures are known pixel by pixel, and pictures read back as pixels."""

from __future__ import annotations

import base64
import io
import struct
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path
from typing import Any

import av
import pytest
from av import VideoFrame

from stoat_nb.media.pictures.draw import draw

Colour = tuple[int, int, int]
RED, GREEN, BLUE, WHITE = (230, 20, 20), (20, 200, 20), (20, 20, 230), (225, 225, 225)
BLACK = (0, 0, 0)

#: Corners of a picture as it is stored: top left, top right, bottom left, bottom right.
CORNERS = (RED, GREEN, BLUE, WHITE)


@dataclass(frozen=True)
class VideoFormat:
    """A decoded JPEG."""

    width: int
    height: int
    pixels: bytes

    def at(self, x: float, y: float) -> Colour:
        """Return the colour at a place given as parts of width and height."""
        start = (int(y * self.height) * self.width + int(x * self.width)) * 3
        red, green, blue = self.pixels[start : start + 3]
        return red, green, blue

    @property
    def corners(self) -> tuple[Colour, ...]:
        return tuple(self.at(x, y) for y in (0.2, 0.8) for x in (0.2, 0.8))


def seen(jpeg: bytes) -> VideoFormat:
    with av.open(io.BytesIO(jpeg), format="jpeg_pipe") as container:
        frame = next(container.decode(video=0)).reformat(format="rgb24")
    plane, row = frame.planes[0], frame.width * 3
    padded = bytes(plane)
    rows = (padded[y * plane.line_size :][:row] for y in range(frame.height))
    return VideoFormat(frame.width, frame.height, b"".join(rows))


def is_like(colour: Colour, other: Colour, *, within: int = 30) -> bool:
    return all(abs(a - b) <= within for a, b in zip(colour, other, strict=True))


def item_of(path: Path, kind: str = "poster") -> dict[str, Any]:
    seen_now = path.stat()
    return {
        "root": str(path.parent),
        "relative": path.name,
        "size_bytes": seen_now.st_size,
        "mtime_ns": seen_now.st_mtime_ns,
        "inode": seen_now.st_ino,
        "kind": kind,
        "within_s": 60.0,
    }


@pytest.fixture
def drawn() -> Callable[..., VideoFormat]:
    def drawn(path: Path, kind: str = "poster") -> VideoFormat:
        answer = draw(item_of(path, kind))
        assert "jpeg" in answer, answer
        return seen(base64.b64decode(answer["jpeg"]))

    return drawn


def painted(size: tuple[int, int], corners: Sequence[Colour]) -> VideoFrame:
    """Return a frame of four rectangles."""
    width, height = size
    half = width // 2
    top = bytes(corners[0]) * half + bytes(corners[1]) * (width - half)
    bottom = bytes(corners[2]) * half + bytes(corners[3]) * (width - half)
    frame = VideoFrame(width, height, "rgb24")
    pad = bytes(frame.planes[0].line_size - width * 3)
    rows = [(top if y < height // 2 else bottom) + pad for y in range(height)]
    frame.planes[0].update(b"".join(rows))
    return frame


def film(
    path: Path,
    pictures: Sequence[VideoFrame],
    *,
    codec: str = "libx264",
    pix_fmt: str = "yuv420p",
    fps: int = 5,
    key_every: int = 1,
    sar: Fraction | None = None,
    colour: tuple[int, int, int] | None = None,
) -> Path:
    """Write a film; ``colour`` is its transfer curve, primaries and matrix."""
    options = {"x265-params": "log-level=none:pools=1"} if codec == "libx265" else {}
    with av.open(str(path), "w") as container:
        stream: Any = container.add_stream(codec, rate=fps, options=options)
        stream.width, stream.height = pictures[0].width, pictures[0].height
        stream.pix_fmt = pix_fmt
        context = stream.codec_context
        context.thread_count, context.gop_size = 1, key_every
        if sar is not None:
            context.sample_aspect_ratio = sar
        if colour is not None:
            context.color_trc, context.color_primaries, context.colorspace = colour
            context.color_range = 1
        for number, picture in enumerate(pictures):
            frame = picture
            if picture.format.name != pix_fmt:
                frame = picture.reformat(format=pix_fmt)
            frame.pts, frame.time_base = number, Fraction(1, fps)
            container.mux(stream.encode(frame))
        container.mux(stream.encode(None))
    return path


def set_matrix(path: Path, a: int, b: int, c: int, d: int) -> None:
    """Write the matrix of a film's first track: it says how the picture lies."""
    content = bytearray(path.read_bytes())
    # Version and flags, two times, number, a gap, length, two gaps, layer, group, volume, a gap.
    start = content.index(b"tkhd") + 4 + 40
    one = 1 << 16
    struct.pack_into(">9i", content, start, a * one, b * one, 0, c * one, d * one, 0, 0, 0, 1 << 30)
    path.write_bytes(content)


@pytest.fixture
def corners(tmp_path: Path) -> Path:
    """A film of 160 by 96 whose four corners differ."""
    return film(tmp_path / "corners.mp4", [painted((160, 96), CORNERS)] * 5)
