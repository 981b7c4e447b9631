"""What a library does with folders: scan them, and read again what failed."""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from stoat_nb.jobs.job import Job
from stoat_nb.library.arguments import checked
from stoat_nb.library.room import Handle
from stoat_nb.scan import (
    SCAN_JOB_TYPE,
    FollowLinks,
    ScanMode,
    ScanReport,
    check_folder,
    retry_payloads,
    scan_payload,
)


class Scanning(Handle):
    """The part of a Library that scans."""

    @checked
    def scan(
        self,
        folder: str | os.PathLike[str],
        *,
        recursive: bool = True,
        mode: ScanMode = "changed",
        accept_removals: bool = False,
        exclude: Sequence[str] = (),
        follow_links: FollowLinks | None = None,
    ) -> Job[ScanReport]:
        """Find, probe and catalogue the videos in a folder; return at once.

        Where the same folder is being scanned already, in the same mode or one that reads more,
        that job is returned: ``joined`` says so. A scan of a folder that another one is at work in
        waits for that one, and takes over what others have read since it was submitted.

        Parameters
        ----------
        folder
            The folder; ``~`` is your home. Links in its own path are followed.
        recursive
            Whether to enter its sub-folders.
        mode
            Which files are read. ``changed``: those whose size, time or file number is not what
            it was. ``quick``: of these those in folders whose own times have changed, without a
            look at any other; it misses files that were rewritten where they are. ``full``: all.
            ``verify``: all, every packet of them, to their end.
        accept_removals
            Take files for missing even where their disk seems to be away.
        exclude
            Patterns of files and folders to leave out, as in a ``.gitignore`` file; they come after
            those of the settings, and count before those of ``.stoatignore`` files in the folders.
            Known videos that a scan leaves out so become ``excluded``.
        follow_links
            Which links in the folder are followed: ``none``, ``files``, or ``all``, to folders too;
            none given: as the settings say. Never one that leads out of the roots of the settings.

        Returns
        -------
        Job
            Await it or call ``result()`` for the ScanReport. Safe on disk already.

        Raises
        ------
        FolderError
            If it is not there and was never scanned, is a file, or may not be read or scanned.
        TooManyJobs
            If as many jobs wait as the settings allow, and it would join none of them.
        """
        payload = scan_payload(
            folder,
            roots=self.settings.roots,
            catalog=self.catalog,
            recursive=recursive,
            mode=mode,
            accept_removals=accept_removals,
            exclude=exclude,
            follow_links=follow_links,
        )
        return self._submit_scan(payload)

    @checked
    def retry_failures(self, error_class: str = "") -> list[Job[ScanReport]]:
        """Read the files that could not be read once more: a scan of each folder that has some.

        Parameters
        ----------
        error_class
            Only those that failed for this reason, as ``failures()`` names it; none given: all.

        Returns
        -------
        list[Job]
            One job for each folder that was scanned and holds such files; it reads no others.

        Raises
        ------
        FolderError
            If one of the folders may not be scanned any more.

        Examples
        --------
        >>> for job in library.retry_failures("timeout"):  # doctest: +SKIP
        ...     print(job.result())
        """
        payloads = retry_payloads(error_class, roots=self.settings.roots, catalog=self.catalog)
        return [self._submit_scan(payload) for payload in payloads]

    def _submit_scan(self, payload: Mapping[str, Any]) -> Job[ScanReport]:
        return self._queue.submit(
            SCAN_JOB_TYPE, payload, read=ScanReport.from_json, desk=self._hold.desk
        )

    @checked
    def check_folder(self, folder: str | os.PathLike[str]) -> Path:
        """Return the real path of a folder that may be scanned, or say why it may not be."""
        return check_folder(folder, self.settings.roots)
