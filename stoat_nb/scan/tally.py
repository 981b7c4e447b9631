"""The running counts of one scan: every candidate is counted once, and the counts add up."""

from __future__ import annotations

from collections.abc import Mapping

from stoat_nb.media.find import Ignored, Problem
from stoat_nb.media.video import Found, Outcome
from stoat_nb.names import as_text
from stoat_nb.scan.report import ScanReport


class Tally:
    """What a scan has found and done so far."""

    def __init__(self) -> None:
        self.found = self.new = self.updated = self.skipped = self.failed = self.moved = 0
        self.removed = self.returned = self.offline = 0
        self.bytes_found = self.bytes_done = 0
        self.errors: list[Mapping[str, str]] = []
        self.ignored: list[Mapping[str, str]] = []
        self.notes: list[str] = []

    @property
    def done(self) -> int:
        """Candidates that need nothing more."""
        return self.new + self.updated + self.moved + self.skipped + self.failed

    def skip(self, count: int, size: int) -> None:
        """Count files that have not changed."""
        self.skipped += count
        self.bytes_done += size

    def probed(self, outcome: Outcome, *, known: bool) -> None:
        """Count one probed file."""
        self.bytes_done += outcome.found.size_bytes
        if outcome.failure is not None:
            self.failed += 1
            path = outcome.found.folder.rstrip(b"/") + b"/" + outcome.found.name
            self._error(path, outcome.failure.error, outcome.failure.error_class)
        elif known:
            self.updated += 1
        else:
            self.new += 1

    def did_before(self, found: Found, *, new: bool, failure: tuple[str, str] | None) -> None:
        """Count a file that an earlier attempt of the scan has recorded."""
        self.bytes_done += found.size_bytes
        if failure is not None:
            self.failed += 1
            self._error(found.folder.rstrip(b"/") + b"/" + found.name, *failure)
        elif new:
            self.new += 1
        else:
            self.updated += 1

    def found_again(self, count: int) -> None:
        """Count files as moved that were taken for new ones before they were read."""
        self.new -= count
        self.moved += count

    def ignore(self, left_out: tuple[Ignored, ...]) -> None:
        """Note what the walk left alone, and why."""
        self.ignored += [{"path": as_text(one.path), "reason": one.reason} for one in left_out]

    def problem(self, problems: tuple[Problem, ...]) -> None:
        """Note what the walk could not look at."""
        for one in problems:
            self._error(one.path, one.error, "unreadable")

    def report(self, *, folder: bytes, scan_id: int, elapsed_s: float) -> ScanReport:
        """Return the counts as they stand."""
        return ScanReport(
            folder=as_text(folder),
            scan_id=scan_id,
            scanned=self.found,
            new=self.new,
            updated=self.updated,
            skipped=self.skipped,
            failed=self.failed,
            removed=self.removed,
            moved=self.moved,
            returned=self.returned,
            offline=self.offline,
            errors=tuple(self.errors),
            ignored=tuple(self.ignored),
            notes=tuple(self.notes),
            bytes_scanned=self.bytes_found,
            elapsed_s=round(elapsed_s, 3),
        )

    def _error(self, path: bytes, error: str, error_class: str) -> None:
        self.errors.append({"path": as_text(path), "error": error, "error_class": error_class})
