"""The running counts of one scan: every candidate is counted once, and the counts add up."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping

from stoat_nb import words
from stoat_nb.media.listing import Ignored, Problem
from stoat_nb.media.video import Found, Outcome
from stoat_nb.names import as_text
from stoat_nb.scan.comparison import Batch
from stoat_nb.scan.report import ScanReport

#: Entries that a list of a report holds; how many more there are is counted.
LISTED_MOST = 10_000
#: Endings that a report names.
ENDINGS_MOST = 50
#: What to say of things that were ignored where nothing was found, by kind.
_WHY = (
    ("link", ("link", "links"), "not followed (--follow-links follows them)"),
    ("excluded", ("file or folder", "files or folders"), "excluded by patterns"),
    (
        "hidden",
        ("hidden or system entry", "hidden or system entries"),
        "(see the 'hidden' setting)",
    ),
    ("other", ("entry", "entries"), "that cannot be read as files"),
)


class Tally:
    """What a scan has found and done so far."""

    def __init__(self) -> None:
        self.found = self.new = self.updated = self.skipped = self.failed = self.moved = 0
        self.removed = self.returned = self.offline = self.excluded = 0
        self.bytes_found = self.bytes_done = 0
        self.n_read = 0  #: By this attempt.
        self.outdated = 0
        self.errors: list[Mapping[str, str]] = []
        self.ignored: list[Mapping[str, str]] = []
        self.errors_left_out = self.ignored_left_out = 0
        #: Files that are no videos; None: some folders were not listed, so nobody knows.
        self.other_endings: Counter[str] | None = Counter()
        self._other_endings_left_out = 0
        self._reasons: Counter[str] = Counter()  #: Of what was ignored, by kind.
        self.notes: list[str] = []

    @property
    def done(self) -> int:
        """Candidates that need nothing more."""
        return self.new + self.updated + self.moved + self.skipped + self.failed

    @property
    def reads_again(self) -> str:
        """Why unchanged files are read, if some are."""
        files = "1 file" if self.outdated == 1 else f"{self.outdated:,} files"
        again = f"{files} read again: this version of Stoat tells more of a file"
        return again if self.outdated else ""

    def take(self, batch: Batch) -> None:
        """Count what the walk has found, and what of it needs no reading."""
        self.found += batch.n_found
        self.bytes_found += batch.bytes_found
        self.skipped += batch.n_unchanged
        self.outdated += batch.n_outdated
        self.bytes_done += batch.bytes_unchanged
        for found, done in batch.done:
            self._did_before(found, new=done.is_new, failure=done.failure)
        self._ignore(tuple(batch.ignored))
        self._see_endings(batch)
        self._problem(tuple(batch.problems))
        self.moved += len(batch.moved)
        self.bytes_done += sum(found.size_bytes for _id, found in batch.moved)

    def probed(self, outcome: Outcome, *, known: bool) -> None:
        """Count one probed file."""
        self.n_read += 1
        self.bytes_done += outcome.found.size_bytes
        if outcome.failure is not None:
            self.failed += 1
            path = outcome.found.folder.rstrip(b"/") + b"/" + outcome.found.name
            self._error(path, outcome.failure.error, outcome.failure.error_class)
        elif known:
            self.updated += 1
        else:
            self.new += 1

    def found_again(self, count: int) -> None:
        """Count files as moved that were taken for new ones before they were read."""
        self.new -= count
        self.moved += count

    def why_nothing(self) -> str:
        """Say why a scan that found nothing did not."""
        said = [
            f"{words.count(count, *what)} {remedy}"
            for kind, what, remedy in _WHY
            if (count := self._reasons[kind])
        ]
        others = sum((self.other_endings or Counter()).values()) + self._other_endings_left_out
        if others:
            said.append(
                f"{words.count(others, 'file')} with endings that are not taken for videos "
                "(the 'extensions' setting lists those that are)"
            )
        what = f"Left out: {'; '.join(said)}." if said else "The folder holds no files."
        return f"No videos were found. {what}"

    def report(self, *, folder: bytes, scan_id: int, elapsed_s: float) -> ScanReport:
        """Return the counts as they stand."""
        endings = sorted(
            (self.other_endings or Counter()).items(), key=lambda one: (-one[1], one[0])
        )
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
            excluded=self.excluded,
            errors=tuple(self.errors),
            ignored=tuple(self.ignored),
            errors_left_out=self.errors_left_out,
            ignored_left_out=self.ignored_left_out,
            other_endings=tuple(
                {"ending": ending, "files": count} for ending, count in endings[:ENDINGS_MOST]
            ),
            other_endings_left_out=sum(count for _ending, count in endings[ENDINGS_MOST:])
            + self._other_endings_left_out,
            notes=(*self.notes, self.reads_again) if self.outdated else tuple(self.notes),
            bytes_scanned=self.bytes_found,
            elapsed_s=round(elapsed_s, 3),
        )

    def _did_before(self, found: Found, *, new: bool, failure: tuple[str, str] | None) -> None:
        """Count a file that an earlier attempt of the scan has recorded."""
        self.bytes_done += found.size_bytes
        if failure is not None:
            self.failed += 1
            self._error(found.folder.rstrip(b"/") + b"/" + found.name, *failure)
        elif new:
            self.new += 1
        else:
            self.updated += 1

    def _ignore(self, left_out: tuple[Ignored, ...]) -> None:
        """Note what the walk left alone, and why."""
        self._reasons.update(one.kind for one in left_out)
        room = max(0, LISTED_MOST - len(self.ignored))
        self.ignored_left_out += len(left_out[room:])
        self.ignored += [
            {"path": as_text(one.path), "reason": one.reason} for one in left_out[:room]
        ]

    def _see_endings(self, batch: Batch) -> None:
        if batch.same or self.other_endings is None:
            self.other_endings, self._other_endings_left_out = None, 0
            return
        for ending, count in batch.other_endings.items():
            if ending in self.other_endings or len(self.other_endings) < LISTED_MOST:
                self.other_endings[ending] += count
            else:
                self._other_endings_left_out += count

    def _problem(self, problems: tuple[Problem, ...]) -> None:
        """Note what the walk could not look at."""
        for one in problems:
            self._error(one.path, one.error, "unreadable")

    def _error(self, path: bytes, error: str, error_class: str) -> None:
        if len(self.errors) < LISTED_MOST:
            self.errors.append({"path": as_text(path), "error": error, "error_class": error_class})
        else:
            self.errors_left_out += 1
