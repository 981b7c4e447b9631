"""A decoded frame as people are to see it: its shape, the right way up, in ordinary colours.

A picture is an array of rows of pixels, each of three bytes.
"""

from __future__ import annotations

import struct
from fractions import Fraction
from typing import Any

import numpy as np
from av import CodecContext, VideoFrame
from numpy.typing import NDArray

from stoat_nb.media.pictures import hdr

Picture = NDArray[np.uint8]

_BT601, _BT709 = 5, 1  # as libswscale numbers matrices
_UNSAID = (2, 3)
_SD_LINES = 576
_GAP = 4  # pixels between those of a sheet
_LEAST_CONTRAST = 12.0
_DARKEST, _BRIGHTEST = 24.0, 235.0


def picture_of(frame: VideoFrame, *, box: tuple[int, int], sar: float) -> Picture:
    """Return a frame in its true shape, turned, as large as fits into a box but not enlarged."""
    swap, flip_x, flip_y = _turn_of(frame)
    across, down = box[::-1] if swap else box
    width, height = frame.width * max(sar, 1.0), frame.height / min(sar, 1.0)
    scale = min(1.0, across / width, down / height)
    picture = _scaled(frame, max(2, round(width * scale)), max(2, round(height * scale)))
    if swap:
        picture = picture.swapaxes(0, 1)
    return picture[:: -1 if flip_y else 1, :: -1 if flip_x else 1]


def contrast(frame: VideoFrame) -> float:
    """Tell how much there is to see: 0 for nothing, as the spread of its brightness."""
    return float(_grey(frame).std())


def is_telling(frame: VideoFrame) -> bool:
    """Whether a frame is worth showing: neither black, nor white, nor all of one colour."""
    mean = float(_grey(frame).mean())
    return _DARKEST <= mean <= _BRIGHTEST and contrast(frame) >= _LEAST_CONTRAST


def _grey(frame: VideoFrame) -> NDArray[Any]:
    return frame.reformat(width=64, height=36, format="gray").to_ndarray()


def _scaled(frame: VideoFrame, width: int, height: int) -> Picture:
    matrix = None
    if frame.colorspace in _UNSAID and not frame.format.is_rgb:
        matrix = _BT709 if frame.height > _SD_LINES else _BT601
    transfer, primaries = int(frame.color_trc), int(frame.color_primaries)
    is_hdr = transfer in (hdr.PQ, hdr.HLG)
    pixels: Any = frame.reformat(
        width, height, format="rgb48le" if is_hdr else "rgb24", src_colorspace=matrix
    ).to_ndarray()
    if is_hdr:
        pixels = hdr.as_sdr(pixels, transfer=transfer, primaries=primaries)
    return np.asarray(pixels, np.uint8)


def _turn_of(frame: VideoFrame) -> tuple[bool, bool, bool]:
    """Tell whether rows become columns, and then what is mirrored: left to right, top to bottom.

    The matrix is that of ISO/IEC 14496-12, which libav passes on: x' = ax + cy, y' = bx + dy.
    """
    try:
        matrix: Any = frame.side_data.get("DISPLAYMATRIX")
    except ValueError:  # a kind of side data that this PyAV does not know hides all others
        clockwise = -frame.rotation % 360
        return clockwise in (90, 270), clockwise in (90, 180), clockwise in (180, 270)
    if matrix is None:
        return False, False, False
    a, b, _u, c, d = struct.unpack_from("=5i", bytes(matrix))
    swap = abs(b) + abs(c) > abs(a) + abs(d)
    across, down = (c, b) if swap else (a, d)
    return swap, across < 0, down < 0


def laid_out(pictures: list[Picture], columns: int) -> Picture:
    """Put pictures side by side, row by row, each in the middle of its place."""
    high, wide = (max(picture.shape[way] for picture in pictures) for way in (0, 1))
    lines = -(-len(pictures) // columns)
    canvas = np.zeros((lines * (high + _GAP) - _GAP, columns * (wide + _GAP) - _GAP, 3), np.uint8)
    for number, picture in enumerate(pictures):
        height, width, _ = picture.shape
        top = number // columns * (high + _GAP) + (high - height) // 2
        left = number % columns * (wide + _GAP) + (wide - width) // 2
        canvas[top : top + height, left : left + width] = picture
    return canvas


def as_jpeg(picture: Picture) -> bytes:
    """Write a JPEG file."""
    frame = VideoFrame.from_ndarray(np.ascontiguousarray(picture), format="rgb24")
    encoder: Any = CodecContext.create("mjpeg", "w")
    encoder.width, encoder.height, encoder.pix_fmt = frame.width, frame.height, "yuvj420p"
    encoder.time_base, encoder.qmin, encoder.qmax = Fraction(1, 25), 3, 5
    # JFIF: all 256 levels, and the matrix of BT.601 whatever the size.
    whole = frame.reformat(format="yuvj420p", dst_colorspace=_BT601, dst_color_range="JPEG")
    return b"".join(bytes(packet) for packet in [*encoder.encode(whole), *encoder.encode(None)])
