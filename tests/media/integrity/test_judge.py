"""What packets may say against headers, and what they may not."""

from __future__ import annotations

from fractions import Fraction
from typing import Any

import av
import pytest

from stoat_nb.media.packets.judge import Seen, judge
from stoat_nb.media.packets.track import Track


def track(seconds: float, *, start: int = 0, packets: int = 5) -> Track:
    """Have a few packets go by."""
    found = Track(Fraction(1, 1000), is_even=False)
    for number in range(packets):
        packet = av.Packet(b"x" * 9)
        packet.pts = packet.dts = 1000 * start + round(number * 1000 * seconds / packets)
        packet.duration, packet.time_base = round(1000 * seconds / packets), Fraction(1, 1000)
        found.take(packet)
    found.ended()
    return found


def judged(integrity: str, seen: Seen, *, name: str = "mxf", seconds: float = 60) -> dict[str, Any]:
    facts = {
        "format_name": name,
        "integrity": integrity,
        "integrity_reason": None,
        "duration_s": seconds,
        "duration_basis": "container",
    }
    judge(facts, seen)
    return facts


@pytest.mark.parametrize("kind", ["subtitle", "data", "unknown"])
def test_one_packet_of_text_does_not_cut_a_file(kind: str) -> None:
    facts = judged("complete", Seen([(kind, track(0.04, packets=1))]))
    assert (facts["integrity"], facts["integrity_reason"]) == ("complete", None)


def test_text_that_comes_late_makes_the_end() -> None:
    seen = Seen([("video", track(2)), ("subtitle", track(1, start=59))])
    assert judged("complete", seen)["integrity"] == "complete"


@pytest.mark.parametrize(
    ("known", "verdict"),
    [("unknown", "truncated"), ("complete", "suspect"), ("truncated", "truncated")],
)
def test_packets_that_end_early_are_a_doubt_where_every_byte_is_there(
    known: str, verdict: str
) -> None:
    facts = judged(known, Seen([("video", track(20))]))
    assert facts["integrity"] == verdict
    assert facts["integrity_reason"].endswith(
        "The packets end after 20.000 s; the headers tell of 60.000 s."
    )


@pytest.mark.parametrize(
    ("words", "verdict"),
    [
        ("[matroska,webm] Unsupported encoding type", "complete"),
        ("[matroska,webm] Failed to decompress with bzlib: not compiled in", "complete"),
        ("[mov] Chunk type is not implemented. Update your FFmpeg version", "complete"),
        ("[matroska,webm] Invalid EBML number size tag 0x00 at pos 777", "suspect"),
        ("[avi] Something went wrong", "suspect"),
    ],
)
def test_what_libav_cannot_do_is_no_fault_of_the_file(words: str, verdict: str) -> None:
    seen = Seen([("video", track(60))], complaints=[words])
    assert judged("complete", seen)["integrity"] == verdict


def test_what_headers_doubt_is_not_taken_back() -> None:
    for known in ("suspect", "truncated"):
        assert judged(known, Seen([("video", track(60))]))["integrity"] == known
