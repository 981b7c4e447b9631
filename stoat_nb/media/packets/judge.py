"""What packets say of a file as a whole, beside what its headers said before."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from typing import Any, NamedTuple

from stoat_nb.media.containers import BARE_FORMATS
from stoat_nb.media.failures import last_words
from stoat_nb.media.packets.track import Track
from stoat_nb.media.structure.verdict import (
    COMPLETE,
    PACKETS,
    SUSPECT,
    TRUNCATED,
    UNKNOWN,
    UNSTATED,
)

#: A missing end that is shorter, in seconds and as a part of the whole, is how files are written.
_SHORT_S, _SHORT_PART = 1.0, 0.02
_SOUND_AND_VISION = ("video", "audio")
#: Formats whose clock may jump where recordings were joined: MPEG program and transport streams
#: (ISO/IEC 13818-1, clause 2.4.3.5), movies with edits (ISO/IEC 14496-12, clause 8.6.6), and
#: chained Ogg (RFC 3533, section 4).
_MAY_JUMP = ("mpeg", "mov,", "ogg")
#: Nothing but packets without a word on how many there should be.
_WITHOUT_LENGTH = BARE_FORMATS | {"mpegts", "mpeg", "dv", "yuv4mpegpipe"}
_NO_LENGTH_KNOWN = "No header that is known here states how long the file should be."
#: How libav says that its build or its limits stop it, and not the file.
_OWN_LIMIT = re.compile(
    "unsupported|not supported|not implemented|not compiled|not yet|failed to decompress|"
    "max_streams",
    re.IGNORECASE,
)


class Seen(NamedTuple):
    """What was seen when a file's packets were read to the end, or to where it went wrong."""

    tracks: Sequence[tuple[str, Track]]  #: Those that had packets, each with its stream's kind.
    stopped: str | None = None  #: Why there was no way on, as a sentence.
    complaints: Sequence[str] = ()  #: Of the container's own reader, in its words.
    damage: Sequence[str] = ()  #: Bytes that cannot be right, a sentence each.


def is_own_limit(words: str) -> bool:
    """Whether libav speaks of what it cannot do, not of a fault in the file."""
    return bool(_OWN_LIMIT.search(words))


def judge(facts: dict[str, Any], seen: Seen) -> None:
    """Put a verdict into ``facts``; what headers gave away already stays, and so does a doubt."""
    facts["integrity_level"] = PACKETS
    known, said = facts.get("integrity") or UNKNOWN, facts.get("integrity_reason")
    verdict, reason = _verdict(facts, seen)
    if verdict == COMPLETE:  # packets alone tell of no end
        verdict = known
        if known == UNKNOWN and not said:
            is_without = facts["format_name"] in _WITHOUT_LENGTH
            reason = UNSTATED if is_without else _NO_LENGTH_KNOWN
    elif known == COMPLETE:
        verdict = SUSPECT  # each byte that the headers tell of is there
    if known in (UNKNOWN, COMPLETE):
        facts["integrity"] = verdict
    facts["integrity_reason"] = " ".join(filter(None, [said, reason, *_notes(facts, seen)])) or None


def _verdict(facts: dict[str, Any], seen: Seen) -> tuple[str, str | None]:
    if short := _ends_early(facts, seen):
        return TRUNCATED, f"{short} {seen.stopped or ''}".rstrip()
    if seen.stopped:
        return SUSPECT, seen.stopped
    if not seen.tracks:
        return SUSPECT, "There is not one packet in it."
    if complaints := [line for line in seen.complaints if not is_own_limit(line)]:
        return SUSPECT, f"FFmpeg stumbled: {last_words(complaints[:1])}."
    faults = [*_damage(seen)] if _may_jump(facts) else [*_damage(seen), *_steps_back(seen)]
    return (SUSPECT, " ".join(faults)) if faults else (COMPLETE, None)


def _may_jump(facts: dict[str, Any]) -> bool:
    return str(facts["format_name"]).startswith(_MAY_JUMP)


def _notes(facts: dict[str, Any], seen: Seen) -> Iterator[str]:
    """Yield what is worth knowing and no fault."""
    if _may_jump(facts):
        yield from _steps_back(seen)
    for kind, track in _played(seen):
        if track.hole is not None:
            yield f"The {kind} has a hole of many seconds at {float(track.hole):.3f} s."


def _damage(seen: Seen) -> Iterator[str]:
    yield from seen.damage
    for kind, track in _played(seen):
        if track.corrupt:
            yield f"{len(track.corrupt):,} of {track.packets:,} {kind} packets are damaged."


def _steps_back(seen: Seen) -> Iterator[str]:
    for kind, track in _played(seen):
        if track.back is not None:
            yield f"The {kind} jumps back in time, to {float(track.back):.3f} s."


def _played(seen: Seen) -> list[tuple[str, Track]]:
    return [(kind, track) for kind, track in seen.tracks if kind in _SOUND_AND_VISION]


def _ends_early(facts: dict[str, Any], seen: Seen) -> str | None:
    """Compare the end of the last packet with a stated length, counted from 0 or from the first."""
    stated = facts.get("duration_s")
    if not stated or facts.get("duration_basis") not in ("container", "streams"):
        return None
    known = [
        (track.first * track.base, track.first * track.base + track.seconds)
        for _kind, track in seen.tracks
        if track.first is not None and track.seconds
    ]
    if not known or not _played(seen):
        return None
    end = max(end for _start, end in known)
    read = float(max(end, end - min(start for start, _end in known)))
    if stated - read <= max(_SHORT_S, _SHORT_PART * stated):
        return None
    return f"The packets end after {read:.3f} s; the headers tell of {stated:.3f} s."
