"""Whether pictures are stored in another order than shown (``ctts``, ISO/IEC 14496-12, 8.6.1.3)."""

from __future__ import annotations

import struct
from itertools import islice, pairwise

from stoat_nb.media.budgeted_reader import BudgetedReader
from stoat_nb.media.codecs import h264_order
from stoat_nb.media.codecs.video_format import VideoFormat
from stoat_nb.media.isobmff.samples import first_slices
from stoat_nb.media.isobmff.tracks import Runs, Track
from stoat_nb.media.unsupported import UnsupportedLayout

_SOME = 32  # runs of offsets enough to see an order
_FRAMES = 32
_SIGN = 1 << 31


def offsets_of(reader: BudgetedReader, track: Track) -> Runs | None:
    """Return the first offsets from decoding to showing; None if there are none."""
    box = track.stbl.one(b"ctts")
    if box is None:
        return None
    head = reader.at(box.body, 8 + 8 * _SOME)
    count = min(int.from_bytes(head[4:8], "big"), _SOME, (len(head) - 8) // 8)
    numbers = struct.unpack_from(f">{2 * count}I", head, 8) if count > 0 else ()
    signed = [value - 2 * _SIGN if value >= _SIGN else value for value in numbers]
    return tuple(zip(numbers[::2], signed[1::2], strict=True))


def has_b_frames(
    reader: BudgetedReader, track: Track, form: VideoFormat, codec: str, extradata: bytes
) -> bool:
    """Tell the order from the stream's own word, and from the track's times."""
    if codec in ("av1", "vp9"):  # their pictures leave the decoder in the order they are shown
        return False
    swapped = _swaps(track.durations or (), offsets_of(reader, track) or ())
    if form.reorder is not None and (codec == "hevc" or bool(form.reorder) == swapped):
        return bool(form.reorder)
    if form.reorder:
        return True
    if form.reorder is None and swapped:
        return True
    is_simple = form.reorder is None and not track.stbl.one(b"ctts")
    if is_simple and (form.in_order or (codec == "h264" and _told(reader, track, extradata))):
        return False
    raise UnsupportedLayout("an order that only pictures tell")


def _told(reader: BudgetedReader, track: Track, extradata: bytes) -> bool:
    """Whether the first pictures themselves say that they are in order."""
    return h264_order.in_order(extradata, first_slices(reader, track, extradata))


def _swaps(durations: Runs, offsets: Runs) -> bool:
    """Whether one of the first pictures is shown before one that is stored earlier."""
    if not offsets:
        return False
    steps = (ticks for count, ticks in durations for _ in range(min(count, _FRAMES)))
    late = (ticks for count, ticks in offsets for _ in range(min(count, _FRAMES)))
    now, shown = 0, []
    for step, offset in islice(zip(steps, late, strict=False), _FRAMES):
        shown.append(now + offset)
        now += step
    return any(later < earlier for earlier, later in pairwise(shown))
