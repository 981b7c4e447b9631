"""The clock of a recording, which cameras and editors keep in a track of its own (SMPTE 12M)."""

from __future__ import annotations

import struct

from stoat_nb.media.budgeted_reader import BudgetedReader
from stoat_nb.media.isobmff.metadata import Tags
from stoat_nb.media.isobmff.samples import first_sample
from stoat_nb.media.isobmff.tracks import Track
from stoat_nb.media.unsupported import UnsupportedLayout, require

TAG = b"tmcd"

_ENTRY = 34  # bytes, and some that pad it
_DROPS, _WRAPS, _COUNTS = 1, 2, 8  # flags; a counter is shown as a clock
_KNOWN_FLAGS = _DROPS | _WRAPS | _COUNTS
_DAY_S = 24 * 3600
_NTSC, _TEN_MINUTES = 30, 17_982  # frames a second in name, frames in ten minutes


def add_timecodes(reader: BudgetedReader, tracks: list[Track], words: list[Tags]) -> None:
    """Add to the words of each track what its clock said at the first frame."""
    clocks = {track.id: _first(reader, track) for track in tracks if track.tag == TAG}
    for track, own in zip(tracks, words, strict=True):
        if track.tag == TAG:
            own.append(("timecode", clocks[track.id]))
        if box := track.trak.below(b"tref", TAG):
            number = int.from_bytes(reader.at(box.body, 4), "big")
            require(box.end - box.body == 4 and number in clocks, "a clock that is not there")  # noqa: PLR2004 - one track
            own.append(("timecode", clocks[number]))


def trimmed_timecode(reader: BudgetedReader, tracks: list[Track]) -> str | None:
    """Return what the clock says where the film starts, if an edit cuts off the clock's start.

    FFmpeg tells of the clock's first sample, which is then not shown (QuickTime File Format, Edit
    Atoms).
    """
    for track in tracks:
        if track.tag == TAG and track.edits and track.edits[0].media_time > 0:
            try:
                return _first(reader, track, track.edits[0].media_time)
            except (UnsupportedLayout, ArithmeticError, struct.error):
                return None
    return None


def _first(reader: BudgetedReader, track: Track, media_time: int = 0) -> str:
    spare = track.sample_entry[_ENTRY:]
    require(len(track.sample_entry) >= _ENTRY and not any(spare), "a clock with a name")
    flags, scale, step, frames = struct.unpack_from(">IIIB", track.sample_entry, 20)
    sample = first_sample(reader, track, 4)
    number = int.from_bytes(sample, "big")
    if media_time:
        number += media_time * scale // (step * track.time_scale)
    require(len(sample) == 4 and number < 1 << 31 and not flags & ~_KNOWN_FLAGS, "a strange clock")  # noqa: PLR2004 - one number
    require(0 < step <= scale < 1 << 31, "a strange clock")
    rate = (scale + step // 2) // step
    # GoPro counts 29 frames a second where there are 29.97.
    require(frames in (rate, scale // step) and rate <= 100, "a strange clock")  # noqa: PLR2004 - two digits of frames
    return shown(number, rate, drops=bool(flags & _DROPS), wraps=bool(flags & _WRAPS))


def shown(number: int, rate: int, *, drops: bool, wraps: bool) -> str:
    """Write the number of a frame as hours, minutes, seconds and frames.

    A clock that drops skips numbers, not frames, to keep up with rates just below 30 and 60.
    """
    if drops:
        require(rate % _NTSC == 0, "a strange clock")
        skipped, ten = rate // _NTSC * 2, rate // _NTSC * _TEN_MINUTES
        tens, rest = divmod(number, ten)
        number += 9 * skipped * tens + skipped * (max(0, rest - skipped) // (ten // 10))
    seconds, frame = divmod(number, rate)
    if wraps:
        seconds %= _DAY_S
    minutes, second = divmod(seconds, 60)
    hours, minute = divmod(minutes, 60)
    return f"{hours:02d}:{minute:02d}:{second:02d}{';' if drops else ':'}{frame:02d}"
