"""When an ISO track starts and how long it is, by its edit list (ISO/IEC 14496-12, 8.6.6)."""

from __future__ import annotations

from stoat_nb.media.isobmff.tracks import Edit, Runs, Track
from stoat_nb.media.timestamps import Span, rescale
from stoat_nb.media.unsupported import require

_NORMAL_SPEED = 1 << 16
_PAUSE = -1
_MAIN = frozenset([b"vide", b"soun"])
_LONGEST_PAUSE_S = 3600
_NEVER = 1 << 31  # ticks


def length_of(track: Track) -> int:
    """Return a track's length in its ticks, before any edit."""
    total = (track.duration or 0) if is_instant(track) else track.played
    require(track.duration and total, "a track without a length")
    longest = track.time_scale if track.handler == b"soun" else _NEVER
    for _, ticks in track.durations or ():
        require(ticks < longest, "time that runs backwards, or jumps")
    return min(track.duration or 0, total)


def is_instant(track: Track) -> bool:
    """Whether a track is of moments without a length, as GoPro's."""
    if track.handler in _MAIN or track.edits or not track.time_scale or not track.samples:
        return False
    return not any(ticks for _, ticks in track.durations or ())


def span_of(track: Track, movie_scale: int, offsets: Runs | None, *, is_beside: bool) -> Span:
    """Return when a track starts and ends; only plain lists of edits are understood."""
    length, first = length_of(track), offsets[0][1] if offsets else 0
    if not track.edits:
        return Span(first, length, track.time_scale, is_beside)
    pauses = [edit for edit in track.edits if edit.media_time == _PAUSE]
    plays = [edit for edit in track.edits if edit.media_time != _PAUSE]
    require(len(plays) == 1 and track.edits[-1] is plays[0], "a list of several edits")
    require(len(pauses) <= 1 and movie_scale, "several pauses")
    require(plays[0].rate == _NORMAL_SPEED and plays[0].duration, "an edit of another speed")
    _refuse_cuts(track, plays[0], first, length, movie_scale)
    ticks = [rescale(edit.duration, track.time_scale, movie_scale) for edit in track.edits]
    start = ticks[0] if pauses else 0
    require(start < _LONGEST_PAUSE_S * track.time_scale, "a long pause")
    return Span(start, min(length, sum(ticks)), track.time_scale, is_beside)


def _refuse_cuts(track: Track, play: Edit, first: int, length: int, scale: int) -> None:
    """Leave to libav what is cut out of the middle: it must then count what is left."""
    if track.handler == b"soun":
        require(0 <= play.media_time < length // 2, "sound that starts late in its track")
    else:
        require(play.media_time == first, "a picture that is not the track's first")
    kept = rescale(play.duration, track.time_scale, scale)
    require(kept * 2 > length, "a track of which only a part is played")
