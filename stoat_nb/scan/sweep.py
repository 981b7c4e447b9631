"""What becomes of known files that a scan did not find: gone, or only out of reach."""

from __future__ import annotations

import os
import time
from collections.abc import Mapping, Sequence

from stoat_nb.catalog.catalog import Catalog, ScanTables
from stoat_nb.media.left_out import LeftOut
from stoat_nb.media.rules import Rules
from stoat_nb.scan.absent import absent, is_empty
from stoat_nb.scan.comparison import is_expected, is_present
from stoat_nb.scan.tally import Tally

#: When more than this part of what is known, and more than so many files, are not there any more,
#: a disk that is not mounted is likelier than a person who deleted them.
LIKELY_PART, LIKELY_COUNT = 0.5, 20
#: The number of no scan: none of the folders was seen by it.
NO_SCAN = 0


class Sweep:
    """The last step of a scan. Blocking: runs on a thread."""

    def __init__(
        self,
        catalog: Catalog,
        tables: ScanTables,
        *,
        root: bytes,
        scan_id: int,
        accept_removals: bool,
        rules: Rules,
    ) -> None:
        self._rules = rules
        self._catalog, self._root, self._scan_id = catalog, root, scan_id
        self._presence, self._folders = tables
        self._accept_removals = accept_removals

    def run(
        self,
        tally: Tally,
        *,
        gone: Mapping[bytes, Sequence[bytes]],
        recursive: bool,
        unreadable: Sequence[bytes],
    ) -> None:
        """Give known files that were not found another status, and count them.

        Parameters
        ----------
        tally
            The scan's counts so far.
        gone
            Known names that are in their folders no longer.
        recursive
            Whether sub-folders were looked for.
        unreadable
            Folders of which nothing is known.
        """
        tally.found_again(self._presence.find_again(self._scan_id))
        is_there = os.path.isdir(self._root)  # noqa: PTH112 - bytes
        suspects = dict[bytes, list[bytes]]()
        if tally.found or self._accept_removals or not is_empty(self._root):
            suspects = self._still_known(gone)
            if recursive:
                suspects |= self._not_come_across(self._scan_id, unreadable if is_there else ())
            self._exclude(tally, suspects)
        if tally.found == 0:
            known = self._known(whole=recursive)
            if not known:
                tally.notes.append(tally.why_nothing())
                return
            looks_empty = recursive and not unreadable
            if (looks_empty or not is_there) and not self._accept_removals:
                self._out_of_reach(tally, known, is_there)
                return
        if suspects:
            # What comes back may come back without any trace in its folder's times.
            self._folders.distrust(suspects)
        if lost := absent(self._root, suspects):
            self._lose(tally, lost, recursive=recursive)

    def _exclude(self, tally: Tally, suspects: dict[bytes, list[bytes]]) -> None:
        """Take out of the suspects the files that are there, and that the rules leave out."""
        if not suspects:
            return
        left_out, excluded = LeftOut(self._root, self._rules), dict[bytes, list[bytes]]()
        for folder, names in suspects.items():
            if found := left_out.among(folder, names):
                excluded[folder] = found
        for folder, names in excluded.items():
            suspects[folder] = [name for name in suspects[folder] if name not in set(names)]
        tally.excluded = self._presence.mark_excluded(self._scan_id, excluded, at=time.time())

    def _lose(
        self, tally: Tally, lost: Mapping[bytes, Sequence[bytes]], *, recursive: bool
    ) -> None:
        count = sum(len(names) for names in lost.values())
        # Counting all rows of a large library takes a while: only where there is some doubt.
        doubtful = count > LIKELY_COUNT and not self._accept_removals
        if doubtful and count > LIKELY_PART * (known := self._known(whole=recursive)):
            tally.offline = self._presence.mark_some_offline(self._scan_id, lost)
            tally.notes.append(
                f"{count:,} of {known:,} known videos are not there any more. So many are rarely "
                "deleted on purpose: they are kept as offline. If they are gone for good, scan "
                "once more and accept removals."
            )
        else:
            tally.removed = self._presence.mark_gone(self._scan_id, lost, at=time.time())

    def _known(self, *, whole: bool) -> int:
        if whole:
            return self._catalog.presence.count_below(self._root)
        files = self._catalog.videos.known_files(self._root).values()
        return sum(map(is_present, files))

    def _out_of_reach(self, tally: Tally, known: int, is_there: bool) -> None:
        self._folders.distrust_below(self._root)
        if is_empty(self._root):
            tally.offline = self._presence.mark_offline(self._scan_id, self._root)
        else:  # other files lie there, or its videos have come back since
            lost = absent(self._root, self._not_come_across(NO_SCAN, ()))
            tally.offline = self._presence.mark_some_offline(self._scan_id, lost)
        if not tally.offline:
            return
        what = "is empty" if is_there else "is not there"
        tally.notes.append(
            f"The folder {what}, but {known:,} of its videos are known: its disk may not be "
            "mounted. They are kept as offline. If they are gone for good, scan once more and "
            "accept removals."
        )

    def _still_known(self, gone: Mapping[bytes, Sequence[bytes]]) -> dict[bytes, list[bytes]]:
        """Leave out what the walk found in another folder after it had missed it in this one."""
        suspects: dict[bytes, list[bytes]] = {}
        for folder, names in gone.items():
            known = self._catalog.videos.known_files(folder)
            if left := [name for name in names if name in known]:
                suspects[folder] = left
        return suspects

    def _not_come_across(
        self, scan_id: int, unreadable: Sequence[bytes]
    ) -> dict[bytes, list[bytes]]:
        """Return the known files of folders that a scan did not come across."""
        found: dict[bytes, list[bytes]] = {}
        for folder in self._catalog.folders.not_seen(scan_id, self._root):
            if not _is_below(folder, unreadable):
                files = self._catalog.videos.known_files(folder)
                found[folder] = [
                    name
                    for name, file in files.items()
                    if is_expected(file, accept_removals=self._accept_removals)
                ]
        return found


def _is_below(folder: bytes, others: Sequence[bytes]) -> bool:
    return any(folder == one or folder.startswith(one.rstrip(b"/") + b"/") for one in others)
