"""What a poster shows, and what a sheet does: which frames of a film, and how large."""

from __future__ import annotations

import os
from collections.abc import Iterator

from av import VideoFrame
from av.error import FFmpegError

from stoat_nb.media import libav
from stoat_nb.media.failures import ProbeError, from_reader
from stoat_nb.media.pictures.frame import (
    Picture,
    as_jpeg,
    contrast,
    is_telling,
    laid_out,
    picture_of,
)
from stoat_nb.media.pictures.kinds import POSTER, SHEET_FROM_S, THUMBNAIL
from stoat_nb.media.pictures.seek import Reel
from stoat_nb.media.stat_guard import Place, is_unchanged, open_unchanged

#: Pixels a picture has at most, each way: one that stands alone, and one in a sheet.
BOXES, SHEET_BOX = {POSTER: (640, 640), THUMBNAIL: (160, 160)}, (320, 320)

_LOOKS = (0.25, 0.1, 0.5, 0.75, 0.0)  # where a poster is looked for, as parts of the film
#: Pictures of a sheet and how many lie side by side, by the seconds from which on.
_LAYOUTS = ((60.0, 12, 4), (20.0, 6, 3), (SHEET_FROM_S, 4, 2), (0.0, 1, 1))
_NOTHING = "Nothing in it can be decoded: the video is damaged, or has no frames."
_CHANGED = "The file changed while it was being read. Scan it again."


def drawn(place: Place, kind: str, within_s: float) -> bytes:
    """Return a JPEG file of an unchanged video; raise ``ProbeError`` if there is none."""
    fd = open_unchanged(place)
    log: list[str] = []
    try:
        with libav.captured_log(log):
            jpeg = as_jpeg(_picture(fd, kind, within_s))
        if not is_unchanged(os.fstat(fd), place):
            raise ProbeError("changed_while_read", _CHANGED)
    except (FFmpegError, ValueError, MemoryError) as error:
        words = str(getattr(error, "strerror", None) or error)
        raise from_reader(type(error).__name__, words, log) from error
    finally:
        os.close(fd)
    return jpeg


def _picture(fd: int, kind: str, within_s: float) -> Picture:
    """Return what was asked for; where winding leads to no frame, the file is read on instead."""
    for winds in (True, False):
        os.lseek(fd, 0, os.SEEK_SET)
        with libav.opened(fd, within_s) as container:
            reel = Reel(container, within_s=within_s, winds=winds)
            picture = _poster(reel, BOXES[kind]) if kind in BOXES else _sheet(reel)
        if picture is not None:
            return picture
    raise ProbeError(
        "damaged", "Nothing in it can be decoded: the video is damaged, or has no frames."
    )


def _poster(reel: Reel, box: tuple[int, int]) -> Picture | None:
    """Draw the first telling frame; where none is, the one with most to see."""
    best: VideoFrame | None = None
    for part in _LOOKS if reel.duration_s else (0.0,):
        frame = reel.key_frame(part * reel.duration_s)
        if frame is None:
            continue
        if is_telling(frame):
            best = frame
            break
        if best is None or contrast(frame) > contrast(best):
            best = frame
        if reel.is_late:
            break
    return None if best is None else picture_of(best, box=box, sar=reel.sar)


def _sheet(reel: Reel) -> Picture | None:
    count, columns = next(
        (count, columns) for since_s, count, columns in _LAYOUTS if reel.duration_s >= since_s
    )
    pictures = [picture_of(frame, box=SHEET_BOX, sar=reel.sar) for frame in _spread(reel, count)]
    return laid_out(pictures, min(columns, len(pictures))) if pictures else None


def _spread(reel: Reel, count: int) -> Iterator[VideoFrame]:
    """Yield frames from the middle of each of so many equal parts; no frame twice."""
    before = float("-inf")
    for number in range(count):
        at_s = (number + 0.5) / count * reel.duration_s
        frame = reel.key_frame(at_s)
        if frame is not None and reel.time_of(frame) <= before:
            frame = reel.frame(at_s)  # its key frame is on the sheet already
        if frame is not None and reel.time_of(frame) > before:
            before = reel.time_of(frame)
            yield frame
        if reel.is_late:
            return
