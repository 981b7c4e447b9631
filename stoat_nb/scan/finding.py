"""The walk of one scan, held against what the catalog knows of each folder it comes to."""

from __future__ import annotations

import time
from collections.abc import Generator
from contextlib import suppress

from stoat_nb.catalog.catalog import Catalog, ScanTables
from stoat_nb.catalog.scans import BegunScan
from stoat_nb.media.find import find_folders
from stoat_nb.media.listing import Listing
from stoat_nb.scan.comparison import Batch, Done, Knowledge, next_batch
from stoat_nb.scan.disk import Disk
from stoat_nb.scan.quick import Same, find_changed
from stoat_nb.scan.request import ScanOrder, rules_of
from stoat_nb.settings import Settings

#: Failures after which the next scan has to look again, whatever the file's and folder's times say.
UNSETTLED = frozenset({"changed_while_read", "vanished", "unreadable"})


class Finding:
    """Finds the files of one scan, some folders at a time. Every verb of it blocks."""

    def __init__(
        self,
        order: ScanOrder,
        begun: BegunScan,
        disk: Disk,
        *,
        catalog: Catalog,
        tables: ScanTables,
        settings: Settings,
    ) -> None:
        self._order, self._begun, self._catalog = order, begun, catalog
        self._presence, self._folders = tables
        self._rules = rules_of(order, settings)
        self._knowledge = self._known(disk)
        self._listings = self._listed()

    def next(self) -> Batch | None:
        """Return what the next folders hold; None when there are no more."""
        return next_batch(self._listings, self._knowledge)

    def close(self) -> None:
        """Walk no further."""
        with suppress(ValueError):  # a cancelled walk may still be on its thread
            self._listings.close()

    def note(self, batch: Batch) -> int:
        """Write down where known files are; return how many of them are back."""
        presence, scan_id, now = self._presence, self._begun.scan_id, time.time()
        if forgotten := presence.move(scan_id, batch.moved, at=now):
            batch.moved = [one for one in batch.moved if one not in forgotten]
            batch.changed += [(found, False) for _id, found in forgotten]
        returned = presence.mark_back(scan_id, batch.back, at=now)
        presence.mark_seen(scan_id, batch.same, at=now)
        if self._order.is_whole:
            self._folders.mark_listed(scan_id, batch.folders, at=now)
        else:
            presence.mark_seen(scan_id, [one.path for one in batch.folders], at=now)
        self._folders.mark_sidecars(scan_id, batch.sidecars)
        return returned

    def _known(self, disk: Disk) -> Knowledge:
        order, catalog = self._order, self._catalog
        return Knowledge(
            present_files=catalog.folders.present_files,
            known_files=catalog.videos.known_files,
            done_files=self._done_files if self._begun.goes_on else None,
            namesakes=catalog.presence.namesakes,
            only_failed=order.only_failed,
            failed_files=self._failed_files if order.error_class else None,
            accept_removals=order.accept_removals,
            all_again=order.mode in ("full", "verify"),
            read_meanwhile=self._read_meanwhile,
            follow_links=self._rules.follow_links != "none",
            trust_inodes=disk.keeps_numbers,
        )

    def _failed_files(self, folder: bytes) -> set[bytes]:
        return self._catalog.videos.failed_files(folder, self._order.error_class)

    def _read_meanwhile(self, folder: bytes) -> set[bytes]:
        mode = "verify" if self._order.mode == "verify" else ""
        return self._catalog.videos.read_since_asked(
            self._begun.scan_id, folder, mode=mode, unsettled=UNSETTLED
        )

    def _done_files(self, folder: bytes) -> dict[bytes, Done]:
        scan_id = self._begun.scan_id
        done = self._catalog.videos.files_of_scan(scan_id, folder)
        failures = self._catalog.scans.failures_of(scan_id, folder) if done else {}
        return {name: Done(is_new, failures.get(name)) for name, is_new in done.items()}

    def _listed(self) -> Generator[Listing | Same]:
        order, rules = self._order, self._rules
        # Where folders are reached by links, none is known to be the same by its own times.
        by_links = rules.follow_links == "all"
        # An attempt that goes on needs the files of folders that the first one had come to.
        is_quick = order.mode == "quick" and order.is_whole and not by_links
        if is_quick and not self._begun.goes_on:
            folders = self._catalog.folders
            known = folders.known_below(self._begun.scan_id, order.root)
            return find_changed(order.root, known, folders.are_known, rules)
        return find_folders(order.root, rules)
