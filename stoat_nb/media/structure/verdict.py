"""What a look at a file's headers can say about the file as a whole."""

from __future__ import annotations

from typing import NamedTuple

COMPLETE, TRUNCATED, SUSPECT, UNKNOWN = "complete", "truncated", "suspect", "unknown"
PACKETS, STRUCTURE, NONE = "packets", "structure", "none"

#: What ``integrity`` may say, each with one line of prose.
INTEGRITY: dict[str, str] = {
    COMPLETE: "The headers agree with one another and with what there is, as far as was looked.",
    TRUNCATED: "The headers tell of content that is not there: the file ends before it.",
    SUSPECT: "Headers or packets contradict one another, or something else stands in their place.",
    UNKNOWN: "Nothing was checked, or nothing states how long the file should be.",
}

#: What ``integrity_level`` may say: how far the file was looked at.
LEVELS: dict[str, str] = {
    NONE: "Nothing was checked.",
    STRUCTURE: "The headers were compared with the file's length; the content was not looked at.",
    PACKETS: "The file was read to its end, packet by packet; nothing was decoded.",
}


class Structure(NamedTuple):
    """What the headers say of the file as a whole."""

    integrity: str = UNKNOWN  #: One of INTEGRITY.
    integrity_level: str = NONE  #: One of LEVELS.
    integrity_reason: str | None = None  #: A sentence, where there is something to say.
    fragmented: bool | None = None  #: ISO files only: the film is in pieces, each with its index.
    faststart: bool | None = None  #: ISO files only: the index comes before the media data.


#: What is said of a format, or a file, that nothing here can check.
UNCHECKED = Structure()
UNSTATED = "This format does not state its length."


def checked(integrity: str, reason: str | None = None) -> Structure:
    """Return a verdict that comes from comparing headers."""
    return Structure(integrity=integrity, integrity_level=STRUCTURE, integrity_reason=reason)


def unstated(reason: str = UNSTATED) -> Structure:
    """Say why the end of what there is may or may not be the end of what there was."""
    return Structure(integrity_reason=reason)


def cut_short(what: str, should_end: int, size: int, *, of_all: bool = True) -> Structure:
    """Say that something goes on beyond the end of the file.

    Where it is not the last thing that the file was to hold, nobody knows how much is missing.
    """
    reason = f"{what} should end at byte {should_end}; the file ends at {size}"
    if not of_all:
        return checked(TRUNCATED, f"{reason}.")
    missing = 100 * (should_end - size) / should_end
    share = "over 99 %" if missing > 99 else f"{missing:.0f} %" if missing >= 1 else "under 1 %"  # noqa: PLR2004 - 100 % of a file that is there would be nonsense
    return checked(TRUNCATED, f"{reason}: {share} is missing.")


def too_many_headers() -> Structure:
    """Say that looking at all the headers would be more work than one file is worth."""
    return Structure(integrity_reason="The file has too many headers to look at each of them.")
