"""Patterns of paths in the syntax of ``.gitignore`` files (gitignore(5)), compiled and bounded."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING

from stoat_nb.names import shown

if TYPE_CHECKING:
    from pathspec import GitIgnoreSpec

#: With more of these, one pattern held against one long name of an enemy's takes seconds.
MOST_STARS, MOST_DEEP = 3, 2
#: Far more than people write; each is held against each path.
MOST_PATTERNS, LONGEST = 1000, 1000


class BadPattern(ValueError):
    """A line that is not a pattern; says which, and why."""


def compiled(lines: Iterable[str]) -> GitIgnoreSpec:
    """Return the patterns, of which the last that matches a path counts.

    Raises
    ------
    BadPattern
        If one of them is not a pattern.
    """
    from pathspec import GitIgnoreSpec  # noqa: PLC0415 - most scans have no pattern

    kept = list(lines)
    if len(kept) > MOST_PATTERNS:
        raise BadPattern(f"There are {len(kept):,} patterns, of at most {MOST_PATTERNS:,}.")
    for line in kept:
        check(line)
    return GitIgnoreSpec.from_lines(kept, backend="simple")


def check(line: str) -> None:
    """Raise ``BadPattern`` if a line is not a pattern."""
    from pathspec import GitIgnoreSpec  # noqa: PLC0415 - see above

    named = f"'{shown(line[:100])}' is not a pattern"
    if len(line) > LONGEST:
        raise BadPattern(f"{named}: it has more than {LONGEST:,} characters.")
    if "\0" in line or "\n" in line:
        raise BadPattern(f"{named}: it holds the end of a line or a NUL.")
    parts = line.split("/")
    if any(part.count("*") > MOST_STARS for part in parts):
        raise BadPattern(f"{named}: a name in it has more than {MOST_STARS} stars.")
    if parts.count("**") > MOST_DEEP:
        raise BadPattern(f"{named}: it has more than {MOST_DEEP} times '**'.")
    try:
        GitIgnoreSpec.from_lines([line], backend="simple")
    except Exception:  # noqa: BLE001 - it raises ValueError, and what ``re`` raises
        raise BadPattern(f"{named} of gitignore's syntax.") from None
