"""A file read to its end, packet by packet and not decoded: what there is, and how it is timed.

Headers tell what a file should hold. Whether it does is known when all of it was read once.
"""

from __future__ import annotations

import os
import time
from fractions import Fraction
from typing import Any

from stoat_nb.media import libav
from stoat_nb.media.failures import last_words
from stoat_nb.media.frame_rates import mode_of
from stoat_nb.media.packets.judge import Seen, is_own_limit, judge
from stoat_nb.media.packets.track import Track

#: What ``fps_mode_basis``, ``duration_basis`` and ``bitrate_basis`` say of facts from here.
FROM_PACKETS = "packets"
#: What ``frame_count_basis`` says of frames that were counted one by one.
COUNTED = "counted"

_SOUND_AND_VISION = ("video", "audio")
_PLAYED = (*_SOUND_AND_VISION, "subtitle")


def verify(fd: int, size_bytes: int, facts: dict[str, Any], *, within_s: float) -> None:
    """Read the file behind ``fd`` to its end and put what there is into ``facts``.

    Facts are those of ``media.probe``, complete. What headers say stays where packets tell less,
    and all of it does where libav could not read them all, or there was not the time.
    """
    reading = _Reading(facts["streams"], within_s)
    log: list[str] = []
    os.lseek(fd, 0, os.SEEK_SET)  # libav goes on where the last reader of the descriptor stopped
    try:
        with libav.captured_log(log), libav.opened(fd, within_s) as container:
            reading.run(container)
    except Exception as error:  # noqa: BLE001 - whatever the binding raises here is about this file
        words = last_words(log) or last_words([str(error)]) or type(error).__name__
        reading.stop(words)
    else:
        # What decoders say is about pictures and sound, which nobody has asked for here.
        reading.complaints = [line for line in log if line.startswith(f"[{facts['format_name']}]")]
    if reading.limit:
        said = facts.get("integrity_reason")
        facts["integrity_reason"] = " ".join(filter(None, [said, reading.limit]))
        return
    judge(facts, Seen(reading.seen(), reading.stopped, reading.complaints))
    _tell(facts, reading, size_bytes)


class _Reading:
    """One file on its way through the reader."""

    def __init__(self, streams: list[dict[str, Any]], within_s: float) -> None:
        self.stopped: str | None = None
        self.limit: str | None = None  #: What kept libav from reading all, and is no fault of it.
        self.complaints: list[str] = []  #: Of the container's own reader, in its words.
        self.tracks: dict[int, Track] = {}
        self._kinds = {stream["idx"]: stream["kind"] for stream in streams}
        self._until, self._within_s = time.monotonic() + within_s, within_s

    def run(self, container: Any) -> None:
        if (found := len(container.streams)) < len(self._kinds):
            self.limit = f"FFmpeg reads {found} of {len(self._kinds)} streams: packets were left."
            return
        for packet in container.demux():
            if not packet.size and packet.dts is None:
                continue  # the mark that a stream has come to its end
            index = packet.stream.index
            track = self.tracks.get(index)
            if track is None:
                is_even = self._kinds.get(index) in _SOUND_AND_VISION
                track = self.tracks[index] = Track(_base(packet), is_even=is_even)
            track.take(packet)
            if self._is_late():
                return
        self._end()

    def stop(self, words: str) -> None:
        """Note why there is no way on."""
        count = sum(track.packets for track in self.tracks.values())
        said = f"Reading stopped after {count:,} packets: {words}."
        if self._is_late():
            return
        if is_own_limit(words):
            self.limit = said
        self.stopped = said
        self._end()

    def _is_late(self) -> bool:
        if time.monotonic() <= self._until:
            return False
        self.limit = f"Not all packets were read within {self._within_s:g} s."
        return True

    def _end(self) -> None:
        for track in self.tracks.values():
            track.ended()

    def seen(self) -> list[tuple[str, Track]]:
        """Return what was read of each stream, with its kind."""
        return [
            (self._kinds.get(index, "unknown"), track)
            for index, track in sorted(self.tracks.items())
        ]


def _base(packet: Any) -> Fraction:
    base = packet.time_base
    return Fraction(base.numerator, base.denominator or 1) if base else Fraction(1)


def _whole_s(reading: _Reading) -> float | None:
    """Return the time from the first packet of all to the end of the last."""
    known = [
        (track.first * track.base, track.first * track.base + Fraction(track.duration_s))
        for kind, track in reading.seen()
        if kind in _PLAYED and track.first is not None and track.duration_s
    ]
    if not known:
        return None
    return float(max(end for _start, end in known) - min(start for start, _end in known))


def _tell(facts: dict[str, Any], reading: _Reading, size_bytes: int) -> None:
    """Let packets answer what headers could only state."""
    if reading.stopped:
        return
    whole_s = _whole_s(reading)
    if whole_s:
        if facts.get("duration_basis") == "estimated":
            facts["bitrate"] = int(size_bytes * 8 / whole_s)
        facts["duration_s"], facts["duration_basis"] = whole_s, FROM_PACKETS
    for stream in facts["streams"]:
        track = reading.tracks.get(stream["idx"])
        if track is not None and stream["kind"] in _SOUND_AND_VISION and not stream.get("is_cover"):
            _tell_stream(stream, track, is_avi=facts["format_name"] == "avi")


def _tell_stream(stream: dict[str, Any], track: Track, *, is_avi: bool) -> None:
    seconds = track.duration_s
    if seconds:
        stream["duration_s"] = seconds
        if not stream.get("bitrate"):
            stream["bitrate"] = int(track.size * 8 / seconds)
            stream["bitrate_basis"] = FROM_PACKETS
    if stream["kind"] != "video":
        return
    stream["frame_count"], stream["frame_count_basis"] = track.packets, COUNTED
    steps = track.steps
    if not steps.is_known:
        return
    # AVI leaves a gap after the first frame, as long as its codec holds frames back.
    runs = steps.runs[1:] if is_avi and steps.runs[0][0] == 1 else steps.runs
    # The same rule as for the table of a container, which ends with the length of the last frame.
    stream["fps_mode"] = mode_of((*runs, (1, 0)))
    stream["fps_mode_basis"] = stream["fps_mode"] and FROM_PACKETS
    stream["frame_min_s"] = float(steps.least * track.base)
    stream["frame_max_s"] = float(steps.most * track.base)
    stream["frame_avg_s"] = float(steps.average * track.base)
