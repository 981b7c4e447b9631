"""A decoded frame as people are to see it: its shape, the right way up, in ordinary colours."""

from __future__ import annotations

import math
import struct
from fractions import Fraction
from typing import Any, NamedTuple

from av import CodecContext, VideoFrame

from stoat_nb.media.pictures import hdr

_BT601, _BT709 = 5, 1  # as libswscale numbers matrices
_UNSAID = (2, 3)
_SD_LINES = 576
_LEAST_CONTRAST = 12.0
_DARKEST, _BRIGHTEST = 24.0, 235.0


class Tile(NamedTuple):
    """Pixels of three bytes each, row by row, nothing between the rows."""

    width: int
    height: int
    pixels: bytes


def tile_of(frame: VideoFrame, *, box: tuple[int, int], sar: float) -> Tile:
    """Return a frame in its true shape, turned, as large as fits into a box but not enlarged."""
    turn = _turn_of(frame)
    width, height = _fitting(frame, box[::-1] if turn.swap else box, sar)
    return _turned(_scaled(frame, width, height), turn)


def contrast(frame: VideoFrame) -> float:
    """Tell how much there is to see: 0 for nothing, as the spread of its brightness."""
    grey = _pixels(frame.reformat(width=64, height=36, format="gray"), 1)
    mean = sum(grey) / len(grey)
    return math.sqrt(sum((level - mean) ** 2 for level in grey) / len(grey))


def is_telling(frame: VideoFrame) -> bool:
    """Whether a frame is worth showing: neither black, nor white, nor all of one colour."""
    grey = _pixels(frame.reformat(width=64, height=36, format="gray"), 1)
    mean = sum(grey) / len(grey)
    return _DARKEST <= mean <= _BRIGHTEST and contrast(frame) >= _LEAST_CONTRAST


def _fitting(frame: VideoFrame, box: tuple[int, int], sar: float) -> tuple[int, int]:
    width, height = frame.width * max(sar, 1.0), frame.height / min(sar, 1.0)
    scale = min(1.0, box[0] / width, box[1] / height)
    return max(2, round(width * scale)), max(2, round(height * scale))


def _scaled(frame: VideoFrame, width: int, height: int) -> Tile:
    matrix = None
    if frame.colorspace in _UNSAID and not frame.format.is_rgb:
        matrix = _BT709 if frame.height > _SD_LINES else _BT601
    size: dict[str, Any] = {"width": width, "height": height, "src_colorspace": matrix}
    transfer, primaries = int(frame.color_trc), int(frame.color_primaries)
    if transfer in (hdr.PQ, hdr.HLG):
        deep = _pixels(frame.reformat(format="rgb48le", **size), 6)
        return Tile(width, height, hdr.as_sdr(deep, transfer=transfer, primaries=primaries))
    return Tile(width, height, _pixels(frame.reformat(format="rgb24", **size), 3))


def _pixels(frame: VideoFrame, n_bytes: int) -> bytes:
    """Return the rows of a frame of one plane without what libav pads them with."""
    plane, row = frame.planes[0], frame.width * n_bytes
    padded, step = bytes(plane), plane.line_size
    if step == row:
        return padded[: row * frame.height]
    return b"".join(padded[at : at + row] for at in range(0, step * frame.height, step))


class _Turn(NamedTuple):
    """One of the eight ways a picture can lie."""

    swap: bool = False  #: Rows become columns, first.
    flip_x: bool = False
    flip_y: bool = False


def _turn_of(frame: VideoFrame) -> _Turn:
    """Read the matrix of ISO/IEC 14496-12 that libav passes on: x' = ax + cy, y' = bx + dy."""
    try:
        matrix: Any = frame.side_data.get("DISPLAYMATRIX")
    except ValueError:  # a kind of side data that this PyAV does not know hides all others
        return _turn_by(-frame.rotation % 360)
    if matrix is None:
        return _Turn()
    a, b, _u, c, d = struct.unpack_from("=5i", bytes(matrix))
    swap = abs(b) + abs(c) > abs(a) + abs(d)
    across, down = (c, b) if swap else (a, d)
    return _Turn(swap=swap, flip_x=across < 0, flip_y=down < 0)


def _turn_by(clockwise: int) -> _Turn:
    return _Turn(
        swap=clockwise in (90, 270), flip_x=clockwise in (90, 180), flip_y=clockwise in (180, 270)
    )


def _turned(tile: Tile, turn: _Turn) -> Tile:
    rows = _rows(tile)
    width, height = tile.width, tile.height
    if turn.swap:
        rows = [b"".join(row[at : at + 3] for row in rows) for at in range(0, width * 3, 3)]
        width, height = height, width
    if turn.flip_x:
        rows = [_mirrored(row) for row in rows]
    if turn.flip_y:
        rows.reverse()
    return Tile(width, height, b"".join(rows))


def _rows(tile: Tile) -> list[bytes]:
    step = tile.width * 3
    return [tile.pixels[at : at + step] for at in range(0, step * tile.height, step)]


def _mirrored(row: bytes) -> bytes:
    mirrored = bytearray(len(row))
    for part in range(3):
        mirrored[part::3] = row[part::3][::-1]
    return bytes(mirrored)


def laid_out(tiles: list[Tile], columns: int, gap: int) -> Tile:
    """Put tiles side by side, row by row, each in the middle of its place."""
    wide, high = max(tile.width for tile in tiles), max(tile.height for tile in tiles)
    lines = -(-len(tiles) // columns)
    width, height = columns * (wide + gap) - gap, lines * (high + gap) - gap
    canvas = bytearray(width * height * 3)
    for number, tile in enumerate(tiles):
        left = number % columns * (wide + gap) + (wide - tile.width) // 2
        top = number // columns * (high + gap) + (high - tile.height) // 2
        for line, row in enumerate(_rows(tile), top):
            start = (line * width + left) * 3
            canvas[start : start + len(row)] = row
    return Tile(width, height, bytes(canvas))


def as_jpeg(tile: Tile) -> bytes:
    """Write a JPEG file."""
    frame = VideoFrame(tile.width, tile.height, "rgb24")
    plane = frame.planes[0]
    pad = bytes(plane.line_size - tile.width * 3)
    plane.update(b"".join(row + pad for row in _rows(tile)))
    encoder: Any = CodecContext.create("mjpeg", "w")
    encoder.width, encoder.height, encoder.pix_fmt = tile.width, tile.height, "yuvj420p"
    encoder.time_base, encoder.qmin, encoder.qmax = Fraction(1, 25), 3, 5
    # JFIF: all 256 levels, and the matrix of BT.601 whatever the size.
    whole = frame.reformat(format="yuvj420p", dst_colorspace=_BT601, dst_color_range="JPEG")
    return b"".join(bytes(packet) for packet in [*encoder.encode(whole), *encoder.encode(None)])
