"""How often the pictures of a Matroska segment come, and how long it can be played.

``DefaultDuration`` only says how long a frame lasts (RFC 9559, section 5.1.4.1.13): frames may be
left out. So the times of blocks are looked at where the film begins and where it ends.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator, Sequence
from fractions import Fraction
from itertools import pairwise
from typing import NamedTuple

from stoat_nb.media import frame_rates
from stoat_nb.media.budgeted_reader import BudgetedReader
from stoat_nb.media.matroska import element_ids as ids
from stoat_nb.media.matroska.ebml import LENGTHS, MASKS, element_at, elements
from stoat_nb.media.matroska.segment import NANOSECONDS, Segment, Tree, last, number, real

_ENOUGH = 8  # frames: what is left out now and then shows
_MOST_BLOCKS = 100  # of all tracks
_MOST_WHOLE = 2000  # of a short film
_CHUNK, _HEAD = 1 << 14, 24  # bytes read at once
_FAR = 1 << 12  # bytes from one head to the next that are not worth reading
_TAIL = 1 << 16  # bytes in which a last cluster begins, where no cues say where
_CUES_TAIL = 512
_MOST_TRIES = 3
_SHORT_S = 10  # seconds of a film of which all blocks are looked at
#: CueTrack of one byte, then CueClusterPosition (sections 5.1.5.1.2.1 and 5.1.5.1.2.2).
_CUE = re.compile(rb"\xf7\x81(?P<track>.)\xf1(?P<width>[\x81-\x88])(?=(?P<place>.{8}))", re.DOTALL)
_CLUSTER = re.compile(re.escape(ids.CLUSTER.to_bytes(4, "big")))
_LONGEST_PLACE = 8
_NO_LENGTH = 9
_MOST_CLUSTERS = 2000
_SOUND_AND_VISION = (1, 2)
_INVISIBLE, _LACING = 0x08, 0x06
_BLOCKS = frozenset({ids.SIMPLE_BLOCK, ids.BLOCK})
#: First bytes of numbers of one byte, and of two, from here on (RFC 8794, section 4).
_SHORT, _MIDDLE = 0x80, 0x40
_ROUNDINGS = (1000, 100, 10, 1)  # nanoseconds that writers round to


class Beat(NamedTuple):
    """How often the pictures of a track come."""

    nominal: Fraction | None = None  #: As DefaultDuration states it.
    mode: str | None = None
    rate: Fraction | None = None  #: None: not known to be another than the reader says.
    frames: int | None = None  #: How many there are, if all were seen.


def nominal_of(entry: Tree) -> Fraction | None:
    """Return the rate that DefaultDuration means: whole nanoseconds, or coarser ones."""
    step = number(entry, ids.DEFAULT_DURATION)
    rate = frame_rates.credible(Fraction(NANOSECONDS, step)) if step else None
    if not step or not rate:
        return None
    rounding = next(one for one in _ROUNDINGS if step % one == 0)
    return frame_rates.snapped(rate, Fraction(rounding, NANOSECONDS))


def beat_of(reader: BudgetedReader, found: Segment, entry: Tree, nominal: Fraction | None) -> Beat:
    """Look at the times of blocks: of a short film all, else of some at both ends."""
    track, start = number(entry, ids.TRACK_NUMBER) or 0, found.first_cluster
    tick = Fraction(found.scale, NANOSECONDS)
    if start is None:
        return Beat(nominal)
    if 0 < (real(found.info, ids.DURATION) or 0) * found.scale <= _SHORT_S * NANOSECONDS:
        times, is_whole = _block_times(reader, start, {track}, is_wanted_whole=True)
        return _of_all(_shown(times, entry), nominal, tick) if is_whole else Beat(nominal)
    first = _settled(_block_times(reader, start, {track})[0], is_first=True)
    for end in _late_clusters(reader, found, track):
        if end == start:
            break
        late = _settled(_block_times(reader, end, {track})[0])
        if len(late) > _ENOUGH // 2:
            return _of_ends([_shown(times, entry) for times in (first, late)], nominal, tick)
    return Beat(nominal)


def _shown(times: Sequence[int], entry: Tree) -> list[int]:
    """Return times in order, but for those of VP8 and VP9 a tick before another: nobody sees it."""
    known = set(times)
    if last(entry, ids.CODEC_ID) in (b"V_VP8", b"V_VP9"):
        known -= {time - 1 for time in known}
    return sorted(known)


def _of_all(times: Sequence[int], nominal: Fraction | None, tick: Fraction) -> Beat:
    mode, rate = _mode(times), None
    if mode == frame_rates.CONSTANT:
        is_stated = nominal and _is_near(times, nominal, tick)
        ticks = times[-1] - times[0]
        rate = nominal if is_stated else frame_rates.measured(len(times) - 1, ticks, tick)
    return Beat(nominal, mode, rate, frames=len(times))


def _of_ends(windows: Sequence[Sequence[int]], nominal: Fraction | None, tick: Fraction) -> Beat:
    modes = {_mode(times) for times in windows}
    if frame_rates.VARIABLE in modes:
        return Beat(nominal, frame_rates.VARIABLE)
    if None in modes:
        return Beat(nominal)
    if nominal and all(_is_near(times, nominal, tick) for times in windows):
        return Beat(nominal, frame_rates.CONSTANT, nominal)
    steps = [Fraction(times[-1] - times[0], len(times) - 1) for times in windows]
    is_one = max(steps) - min(steps) <= sum(Fraction(1, len(times) - 1) for times in windows)
    return Beat(nominal, frame_rates.CONSTANT if is_one else frame_rates.VARIABLE)


def _mode(times: Sequence[int]) -> str | None:
    """Tell whether frames come at an even beat, as far as they were looked at."""
    if len(times) <= _ENOUGH // 2:
        return None
    return frame_rates.mode_of(
        [(1, after - before) for before, after in pairwise(times)] + [(1, 0)]
    )


def _is_near(times: Sequence[int], rate: Fraction, tick: Fraction) -> bool:
    """Whether so many frames take as long as at a rate, but for the rounding of both ends."""
    one = rate.numerator * tick.numerator
    seconds = (len(times) - 1) * rate.denominator * tick.denominator
    return abs((times[-1] - times[0]) * one - seconds) <= one


def _settled(times: Sequence[int], *, is_first: bool = False) -> list[int]:
    """Return times between which none is missing, in the order in which they are shown.

    Frames are stored before those that they precede. What is shown before a frame is complete once
    one comes that is shown still later; what was stored before the first of them is not known.
    """
    latest: list[int] = []
    for time in times:
        if not latest or time > latest[-1]:
            latest.append(time)
    if len(latest) < 3:  # noqa: PLR2004 - one before, one after
        return []
    low, high = latest[0 if is_first else 1], latest[-2]
    return sorted({time for time in times if low <= time <= high})


def _block_times(  # noqa: C901, PLR0912 - one loop over heads: calls would cost more than they do
    reader: BudgetedReader, at: int, tracks: Collection[int], *, is_wanted_whole: bool = False
) -> tuple[list[int], bool]:
    """Return the times of tracks' blocks from a cluster's content on, and whether it met the end.

    Only the heads of blocks are read (RFC 9559, section 10); small ones together.
    """
    times: list[int] = []
    base, time, data, is_held, most = at, -1, b"", True, -1
    steps, chunk = (_MOST_WHOLE, 4 * _CHUNK) if is_wanted_whole else (_MOST_BLOCKS, _CHUNK)
    for _ in range(steps):
        here = at - base
        if not 0 <= here <= most:
            held = reader.held(at, at + _HEAD) if is_held else None
            is_held = held is not None
            gap, base = here - len(data), at
            base, data = held or (at, reader.unseen(at, _HEAD if gap > _FAR else chunk))
            here = at - base
            if here + _HEAD > len(data):  # the end of the file
                data += bytes(_HEAD)
            most = len(data) - _HEAD
        kind, first = data[here], data[here + 1]
        if kind < _SHORT or first < _MIDDLE:  # few are so long
            width = LENGTHS[kind]
            kind = int.from_bytes(data[here : here + width], "big")
            span = LENGTHS[data[here + width]]
            body = here + width + span
            if _NO_LENGTH in (width, span) or (kind in ids.TOP_LEVEL and kind != ids.CLUSTER):
                return times, bool(kind) or at == reader.size
            size = int.from_bytes(data[here + width : body], "big") & MASKS[span]
        elif first < _SHORT:
            body, size = here + 3, (first & ~_MIDDLE) << 8 | data[here + 2]
        else:
            body, size = here + 2, first & ~_SHORT
        if kind in _BLOCKS:
            at = base + body + size
            if data[body] & 0x7F in tracks and time >= 0:
                flags = data[body + 3]
                if flags & _LACING:
                    return [], False
                if not flags & _INVISIBLE:
                    ticks = data[body + 1] << 8 | data[body + 2]
                    times.append(time + ticks - (ticks >> 15 << 16))
                    if is_wanted_whole or len(times) <= _ENOUGH:
                        continue
                    if len(_settled(times)) >= _ENOUGH:
                        break
        elif kind in (ids.CLUSTER, ids.BLOCK_GROUP):
            at = base + body
        else:
            at = base + body + size
            if kind == ids.TIMESTAMP:
                time = int.from_bytes(data[body : body + size], "big")
    return times, False


def _late_clusters(reader: BudgetedReader, found: Segment, track: int) -> Iterator[int]:
    """Yield where the content of clusters starts that are near the end, the later ones first.

    Of those that cues of a track name the last may be as short as a frame.
    """
    places = _last_cues(reader, found, track) if found.cues else []
    if not places:
        start = max(found.body, reader.size - _TAIL)
        heads = [head.start() for head in _CLUSTER.finditer(reader.exactly(start, _TAIL))]
        places = [start + at for at in reversed(heads)] or [_walked(reader, found)]
    for place in places[:_MOST_TRIES]:
        cluster = element_at(reader, place) if place > found.body else None
        if cluster and cluster.id == ids.CLUSTER:
            yield cluster.body


def _walked(reader: BudgetedReader, found: Segment) -> int:
    """Return where the last cluster starts, from one to the next; 0 where they are too many."""
    place, start = 0, (found.first_cluster or 0) - found.cluster_head
    for count, element in enumerate(elements(reader, start, reader.size)):
        if count > _MOST_CLUSTERS:
            return 0
        place = element.start if element.id == ids.CLUSTER else place
    return place


def last_time(reader: BudgetedReader, found: Segment) -> int | None:
    """Return when the last block of pictures or sound is shown, in ticks."""
    wanted = {
        number(one, ids.TRACK_NUMBER) or 0
        for one in found.tracks
        if number(one, ids.TRACK_TYPE) in _SOUND_AND_VISION
    }
    for cluster in _late_clusters(reader, found, min(wanted, default=0)):
        times, is_whole = _block_times(reader, cluster, wanted, is_wanted_whole=True)
        return max(times) if times and is_whole else None
    return None


def _last_cues(reader: BudgetedReader, found: Segment, track: int) -> list[int]:
    """Return where clusters start that the last cues of a track name, the later ones first."""
    cues = element_at(reader, found.cues or 0)
    if cues is None or cues.id != ids.CUES or not cues.end:
        return []
    start = max(cues.body, cues.end - _CUES_TAIL)
    tail = reader.exactly(start, cues.end - start) + bytes(_LONGEST_PLACE)
    places = {
        found.body + int.from_bytes(cue["place"][: cue["width"][0] & 0x0F], "big")
        for cue in _CUE.finditer(tail)
        if cue["track"][0] == track
    }
    places.discard((found.first_cluster or 0) - found.cluster_head)
    return sorted(places, reverse=True)
