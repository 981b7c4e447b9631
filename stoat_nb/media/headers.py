"""What a file's headers say, and how libav's answer is completed with it."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from itertools import zip_longest
from typing import Any, NamedTuple, TypeVar

from stoat_nb.media.budgeted_reader import BudgetExceeded
from stoat_nb.media.containers import MATROSKA
from stoat_nb.media.derived_facts import add_derived_facts
from stoat_nb.media.isobmff.fragments import subtract_starts
from stoat_nb.media.origin.clues import Clues, origin_facts
from stoat_nb.media.origin.tags import add_tags
from stoat_nb.media.policy import MOST_STREAMS
from stoat_nb.media.structure.verdict import UNCHECKED, Structure
from stoat_nb.media.structure.zeros import doubt_zeros
from stoat_nb.media.timing import Length, Timing, add_length, add_starts, add_timing
from stoat_nb.media.unsupported import NOT_PROVEN

Answer = TypeVar("Answer")

_IDENTITY = frozenset({"id", "kind", "codec"})  # of a stream
_READERS_OWN = frozenset({"streams", "tool", "document"})  # not facts of the whole file


class Headers(NamedTuple):
    """What a file's headers say, whoever reads its streams."""

    structure: Structure = UNCHECKED
    timings: Sequence[Timing] = ()
    length: Length = Length()  #: What the container's header says.
    size_bytes: int = 0  #: Of the file.
    facts: dict[str, Any] | None = None  #: Those that are proven; what is not in there is not.
    starts: Mapping[int, float] = {}  #: Seconds, by the stream's place.
    unproven: Sequence[str] = ()  #: Why libav must be asked for the others.
    is_empty: bool = False  #: Nothing but the start of a stream: its length is that of no content.
    has_data_elsewhere: bool = False  #: Samples are in another file, which nobody opens.
    ends_in_zeros: bool = False
    fragments_end_s: float | None = None  #: When the last fragment ends, likely.
    clues: Clues | None = None  #: Where the film comes from, beyond what its tags say.

    @property
    def is_proven(self) -> bool:
        """Whether the facts are all there is to know."""
        return self.facts is not None and not self.unproven

    def complete(self, theirs: dict[str, Any] | None = None) -> dict[str, Any]:
        """Return all facts: those that are proven, libav's for the others, and what follows."""
        facts = theirs or self.facts or {}
        if theirs and self.facts and _is_same(theirs["streams"], self.facts["streams"]):
            facts |= {key: self.facts[key] for key in self.facts.keys() - _READERS_OWN}
            for stream, proven in zip(theirs["streams"], self.facts["streams"], strict=False):
                stream.update(proven)
        facts |= zip(Structure._fields, self.structure, strict=True)
        add_starts(facts, self.starts)
        add_timing(facts["streams"], self.timings)
        clues = self.clues or Clues()
        add_tags(clues, facts["tags"], facts["format_name"])
        if told := facts.pop("sample_clues", None):
            clues.add(told)
        facts |= origin_facts(clues)
        length = Length() if self.is_empty else self.length
        if self.is_empty:
            for one in (facts, *facts["streams"]):
                one |= {"duration_s": None, "bitrate": None}
        if self.ends_in_zeros:
            doubt_zeros(facts)
        _say_what_is_left_out(facts)
        stated_s = length.seconds
        if self.fragments_end_s is not None:
            subtract_starts(facts, self.fragments_end_s, self.size_bytes)
        if facts["format_name"] == MATROSKA:
            stated_s = add_length(facts, length, self.size_bytes)
        add_derived_facts(facts, stated_s, self.size_bytes)
        if length.is_measured:
            _mark_as_measured(facts)
        return facts


def _say_what_is_left_out(facts: dict[str, Any]) -> None:
    if facts.pop("has_more_streams", False) or len(facts["streams"]) > MOST_STREAMS:
        said = facts["integrity_reason"] or ""
        note = f"Streams beyond {MOST_STREAMS:,} are left out."
        facts["integrity_reason"] = f"{said} {note}".lstrip()


def _mark_as_measured(facts: dict[str, Any]) -> None:
    """Say that a length is that of the last block; it may be sound, and counts no frames."""
    facts["duration_basis"] = "timestamps"
    for stream in facts["streams"]:
        if stream.get("frame_count_basis") == "estimated":
            stream["frame_count"] = stream["frame_count_basis"] = None


def _is_same(theirs: list[dict[str, Any]], ours: list[dict[str, Any]]) -> bool:
    """Whether libav's streams are those of the headers, one by one; it may have found covers."""
    return len(ours) <= len(theirs) and all(
        their["is_cover"] or their["kind"] == "attachment"
        if stream is None
        else all(their.get(name) in (stream.get(name), None) for name in _IDENTITY & stream.keys())
        for their, stream in zip_longest(theirs, ours)
    )


def tried(read: Callable[..., Answer], *source: Any) -> Answer | None:
    """Return what a reader finds; what is broken says nothing."""
    try:
        return read(*source)
    except (*NOT_PROVEN, BudgetExceeded):
        return None
