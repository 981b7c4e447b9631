"""What a scan came to: a frozen value that travels as JSON and reads as a sentence."""

from __future__ import annotations

import html
from collections.abc import Mapping
from typing import Any

from msgspec import Struct
from msgspec.structs import asdict

from stoat_nb.names import shown


class ScanReport(Struct, frozen=True, kw_only=True):
    """What a scan found, did and could not do.

    Every candidate file is counted once: ``scanned == new + updated + moved + skipped + failed``,
    unless the scan was cancelled before it had come to them all.

    Examples
    --------
    >>> report = ScanReport(folder="/videos", scan_id=1, scanned=3, new=2, failed=1)
    >>> print(report)
    3 files in /videos: 2 new, 1 failed
    """

    folder: str  #: What was scanned.
    scan_id: int  #: Its row in ``library.scans()``.
    scanned: int = 0  #: Video files the walk found.
    new: int = 0  #: Probed for the first time.
    updated: int = 0  #: Probed again: they had changed or come back, or Stoat tells more by now.
    skipped: int = 0  #: Unchanged since they were last probed.
    failed: int = 0  #: Files that could not be probed this time.
    moved: int = 0  #: Known from another place; all that was known of them is kept.
    returned: int = 0  #: Of the skipped ones those that were missing or out of reach before.
    offline: int = 0  #: Known files out of reach: their disk seems to be away.
    removed: int = 0  #: Known files that are no longer there; their rows are kept as ``missing``.
    #: Known files that are there, but left out by the rules now; their rows are kept.
    excluded: int = 0
    errors: tuple[Mapping[str, str], ...] = ()  #: ``path``, ``error`` and ``error_class`` of each.
    errors_left_out: int = (
        0  #: Errors beyond the first 10,000; ``library.failures()`` has them all.
    )
    ignored: tuple[Mapping[str, str], ...] = ()  #: ``path`` and ``reason`` of what was left out.
    ignored_left_out: int = 0  #: More of these, beyond the first 10,000.
    #: ``ending`` and ``files`` of what was not taken for a video by its name, most files first;
    #: none are told by a quick scan that did not list every folder.
    other_endings: tuple[Mapping[str, Any], ...] = ()
    other_endings_left_out: int = 0  #: Files whose endings are beyond the first 50.
    notes: tuple[str, ...] = ()  #: What a person should know about this scan.
    bytes_scanned: int = 0  #: Size of the files that were found.
    elapsed_s: float = 0.0

    def to_json(self) -> dict[str, Any]:
        """Return what REST and the job's result carry."""
        return asdict(self)

    @classmethod
    def from_json(cls, data: Mapping[str, Any]) -> ScanReport:
        """Read it back."""
        names = ("errors", "ignored", "other_endings", "notes")
        lists = {name: tuple(data.get(name, ())) for name in names}
        known = cls.__struct_fields__
        return cls(**{name: value for name, value in data.items() if name in known} | lists)

    @property
    def remarks(self) -> tuple[str, ...]:
        """What a person should know besides the counts: the notes, and what was left out."""
        return (*self.notes, self.left_out) if self.left_out else self.notes

    @property
    def left_out(self) -> str:
        """A sentence about the files that were not taken for videos; empty if there were none."""
        said = [
            f"{one['files']:,} {'.' + one['ending'] if one['ending'] else 'without an ending'}"
            for one in self.other_endings[:SHOWN_ENDINGS]
        ]
        rest = self.other_endings_left_out + sum(
            one["files"] for one in self.other_endings[SHOWN_ENDINGS:]
        )
        if rest:
            said.append(f"{rest:,} more")
        return f"Not taken for videos by their ending: {', '.join(said)}." if said else ""

    @property
    def counts(self) -> str:
        """How many of each kind, in words: those that were scanned add up."""
        counts = {
            "new": self.new,
            "updated": self.updated,
            "moved": self.moved,
            "unchanged": self.skipped,
            "failed": self.failed,
            "missing": self.removed,
            "out of reach": self.offline,
            "excluded": self.excluded,
        }
        return ", ".join(f"{count:,} {word}" for word, count in counts.items() if count)

    def __str__(self) -> str:
        files = "1 file" if self.scanned == 1 else f"{self.scanned:,} files"
        return f"{files} in {shown(self.folder)}" + (f": {self.counts}" if self.counts else "")

    def _repr_html_(self) -> str:
        rows = "".join(
            f'<tr><td style="text-align:left">{html.escape(shown(error["path"]))}</td>'
            f'<td style="text-align:left">{html.escape(shown(error["error"]))}</td></tr>'
            for error in self.errors[:SHOWN_ERRORS]
        )
        more = len(self.errors) + self.errors_left_out - SHOWN_ERRORS
        table = (
            "<table><thead><tr><th>Could not be read</th><th>Why</th></tr></thead>"
            f"<tbody>{rows}</tbody></table>"
            if rows
            else ""
        )
        rest = (
            f"<p>… and {more:,} more: see <code>library.failures()</code></p>" if more > 0 else ""
        )
        notes = "".join(f"<p>{html.escape(shown(note))}</p>" for note in self.remarks)
        return f"<p><b>{html.escape(str(self))}</b></p>{notes}{table}{rest}"


#: Errors a cell shows; the frame has them all.
SHOWN_ERRORS = 10
#: Endings that a sentence names.
SHOWN_ENDINGS = 6
