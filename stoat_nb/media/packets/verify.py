"""A file read to its end, packet by packet and not decoded: what there is, and how it is timed.

Headers tell what a file should hold. Whether it does is known when all of it was read once.
"""

from __future__ import annotations

import os
import time
from collections.abc import Callable
from fractions import Fraction
from typing import Any

from stoat_nb.media import libav
from stoat_nb.media.codecs import vp8, vp9
from stoat_nb.media.codecs.h264_fields import SecondFields
from stoat_nb.media.containers import BARE_FORMATS, COUNTING_FORMATS, ISO, TIMESTAMPS
from stoat_nb.media.failures import last_words
from stoat_nb.media.frame_rates import CONSTANT, VARIABLE, beat_of, differ, mode_of
from stoat_nb.media.packets.judge import Seen, is_own_limit, judge
from stoat_nb.media.packets.layout import first_misplaced
from stoat_nb.media.packets.syntax import Inspection, check_of
from stoat_nb.media.packets.track import Track
from stoat_nb.media.structure.verdict import COMPLETE, UNKNOWN

#: What ``fps_mode_basis``, ``duration_basis`` and ``bitrate_basis`` say of facts from here.
FROM_PACKETS = "packets"
#: What ``frame_count_basis`` says of frames that were counted one by one.
COUNTED = "counted"

_SOUND_AND_VISION = ("video", "audio")
_PLAYED = (*_SOUND_AND_VISION, "subtitle")
#: Codecs that store pictures which are never shown as packets of their own, and what tells them.
_HIDDEN: dict[str | None, Callable[[bytes], bool]] = {"vp8": vp8.is_hidden, "vp9": vp9.is_hidden}


def verify(fd: int, size_bytes: int, facts: dict[str, Any], *, within_s: float) -> None:
    """Read the file behind ``fd`` to its end and put what there is into ``facts``.

    Facts are those of ``media.probe``, complete. What headers say stays where packets tell less,
    and all of it does where libav could not read them all, or there was not the time.
    """
    reading = _Reading(facts, within_s)
    log: list[str] = []
    os.lseek(fd, 0, os.SEEK_SET)  # libav goes on where the last reader of the descriptor stopped
    try:
        with libav.captured_log(log), libav.opened(fd, within_s) as container:
            reading.run(container)
    except PermissionError:
        reading.end()  # at the end of a file, libav's oldest readers say -1, which is EPERM
    except Exception as error:  # noqa: BLE001 - whatever the binding raises here is about this file
        words = last_words(log) or last_words([str(error)]) or type(error).__name__
        reading.stop(words)
    if not reading.stopped:
        # What decoders say is about pictures and sound, which nobody has asked for here.
        reading.complaints = [line for line in log if line.startswith(f"[{facts['format_name']}]")]
    if reading.limit:
        said = facts.get("integrity_reason")
        facts["integrity_reason"] = " ".join(filter(None, [said, reading.limit]))
        return
    damage = reading.damage()
    if facts.get("integrity") in (COMPLETE, UNKNOWN):
        at = first_misplaced(fd, size_bytes, until=reading.until)
        damage += [f"At byte {at} of {size_bytes} stands no header."] if at is not None else []
    judge(facts, Seen(reading.seen(), reading.stopped, reading.complaints, damage))
    _tell(facts, reading, size_bytes)


class _Reading:
    """One file on its way through the reader."""

    def __init__(self, facts: dict[str, Any], within_s: float) -> None:
        self.stopped: str | None = None
        self.limit: str | None = None  #: What kept libav from reading all, and is no fault of it.
        self.complaints: list[str] = []  #: Of the container's own reader, in its words.
        self.tracks: dict[int, Track] = {}
        self._inspections: dict[int, Inspection] = {}
        self._streams = {stream["idx"]: stream for stream in facts["streams"]}
        self._format_name = facts["format_name"]
        self.until, self._within_s = time.monotonic() + within_s, within_s

    def run(self, container: Any) -> None:
        if (found := len(container.streams)) < len(self._streams):
            self.limit = f"FFmpeg reads {found} of {len(self._streams)} streams: packets were left."
            return
        for packet in container.demux():
            if not packet.size and packet.dts is None:
                continue  # the mark that a stream has come to its end
            index = packet.stream.index
            track = self.tracks.get(index)
            if track is None:
                track = self.tracks[index] = self._begin(packet)
            track.take(packet)
            if inspection := self._inspections.get(index):
                inspection.take(bytes(packet))
            if self._is_late():
                return
        self.end()

    def _begin(self, packet: Any) -> Track:
        """Say what of a stream's packets counts, and what is looked into."""
        index, context = packet.stream.index, packet.stream.codec_context
        stream, extradata = (
            self._streams.get(index, {}),
            bytes((context and context.extradata) or b""),
        )
        codec = stream.get("codec")
        if stream.get("kind") == "video" and (check := check_of(codec, extradata)):
            self._inspections[index] = Inspection(check)
        is_hidden = _HIDDEN.get(codec)
        if codec == "h264" and stream.get("interlaced") is not False:
            is_hidden = SecondFields(extradata)
        base = packet.time_base
        return Track(
            Fraction(base.numerator, base.denominator or 1) if base else Fraction(1),
            is_even=stream.get("kind") in _SOUND_AND_VISION,
            may_jump=self._format_name in TIMESTAMPS,
            has_table=self._format_name in {ISO, *COUNTING_FORMATS},
            is_hidden=is_hidden,
        )

    def stop(self, words: str) -> None:
        """Note why there is no way on."""
        count = sum(track.packets for track in self.tracks.values())
        said = f"Reading stopped after {count:,} packets: {words}."
        if self._is_late():
            return
        if is_own_limit(words):
            self.limit = said
        self.stopped = said
        self.end()

    def _is_late(self) -> bool:
        if time.monotonic() <= self.until:
            return False
        self.limit = f"Not all packets were read within {self._within_s:g} s."
        return True

    def end(self) -> None:
        """Note that there are no more packets."""
        for track in self.tracks.values():
            track.ended()

    def damage(self) -> list[str]:
        """Return what is wrong inside of packets, a sentence for each stream."""
        return [found for one in self._inspections.values() if (found := one.damage)]

    def seen(self) -> list[tuple[str, Track]]:
        """Return what was read of each stream, with its kind."""
        return [
            (self._streams.get(index, {}).get("kind", "unknown"), track)
            for index, track in sorted(self.tracks.items())
            if not self._streams.get(index, {}).get("is_cover")
        ]


def _whole_s(reading: _Reading) -> float | None:
    """Return how long the film can be played: its captions do not make it longer.

    Where clocks jump there is no time of the whole but that of the longest stream's pieces.
    """
    seen = [
        (kind, track) for kind, track in reading.seen() if track.first is not None and track.seconds
    ]
    known = [track for kind, track in seen if kind in _SOUND_AND_VISION]
    known = known or [track for kind, track in seen if kind in _PLAYED]
    if not known:
        return None
    if any(track.pieces for track in known):
        return float(max(track.seconds for track in known))
    spans = [(Fraction(track.first or 0) * track.base, track.seconds) for track in known]
    start = min(start for start, _seconds in spans)
    return float(max(start + seconds for start, seconds in spans) - start)


def _tell(facts: dict[str, Any], reading: _Reading, size_bytes: int) -> None:
    """Let packets answer what headers could only state."""
    if reading.stopped:
        return
    if whole_s := _whole_s(reading):
        facts["bitrate"] = int(size_bytes * 8 / whole_s)
        facts["duration_s"], facts["duration_basis"] = whole_s, FROM_PACKETS
    for stream in facts["streams"]:
        track = reading.tracks.get(stream["idx"])
        if track is not None and stream["kind"] in _SOUND_AND_VISION and not stream.get("is_cover"):
            if seconds := float(track.seconds):
                stream["duration_s"] = seconds
                if not stream.get("bitrate") or track.pieces:
                    stream["bitrate"] = int(track.size * 8 / seconds)
                    stream["bitrate_basis"] = FROM_PACKETS
            if stream["kind"] == "video":
                _tell_frames(stream, track, facts["format_name"])


def _tell_frames(stream: dict[str, Any], track: Track, format_name: str) -> None:
    stream["frame_count"], stream["frame_count_basis"] = track.frames, COUNTED
    steps = track.steps
    # AVI leaves a gap after the first frame, as long as its codec holds frames back.
    has_gap = format_name == "avi" and bool(steps.runs) and steps.runs[0][0] == 1
    runs = steps.runs[1:] if has_gap else steps.runs
    if steps.is_known:
        # The rule for the table of a container, which ends with the length of the last frame.
        stream["fps_mode"] = mode_of((*runs, (1, 0)))
        stream["fps_mode_basis"] = stream["fps_mode"] and FROM_PACKETS
        stream["frame_min_s"] = float(steps.least * track.base)
        stream["frame_max_s"] = float(steps.most * track.base)
        stream["frame_avg_s"] = float(steps.average * track.base)
        stream["fps_min"], stream["fps_max"] = (
            float(1 / (ticks * track.base)) for ticks in (steps.most, steps.least)
        )
    if runs and track.rate and format_name not in BARE_FORMATS:
        _tell_rate(stream, track, runs)


def _tell_rate(stream: dict[str, Any], track: Track, runs: list[tuple[int, int]]) -> None:
    """Restate the rate where packets show another: an even beat's own, else frames by time."""
    stated = stream.get("fps_num") and Fraction(stream["fps_num"], stream["fps_den"])
    rate, mode = track.rate, stream.get("fps_mode")
    if mode == CONSTANT and track.steps.is_known:
        rate = beat_of((*runs, (1, 0)), track.base, stated) or rate
    elif stated and mode != VARIABLE:
        rate = stated
    has_gap = len(runs) < len(track.steps.runs)
    if differ(rate, track.rate) and not has_gap:
        rate = track.rate
    stream["fps_num"], stream["fps_den"] = rate.numerator, rate.denominator
    if mode == CONSTANT:
        stream["fps_min"] = stream["fps_max"] = float(rate)
