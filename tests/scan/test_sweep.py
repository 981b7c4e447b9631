"""What a walk did not find, and what that proves: nothing, where it could not look."""

from __future__ import annotations

import os
import shutil
from pathlib import Path

import pytest

from stoat_nb import Library
from stoat_nb.errors import JobError
from stoat_nb.scan.sweep import Sweep
from stoat_nb.scan.tally import Tally


def test_most_files_moved_out_of_a_folder_that_stays_are_moved_and_no_disaster(
    library: Library, folder: Path, clips: Path
) -> None:
    before = folder / "a"
    for number in range(3):
        shutil.copytree(clips, before / str(number))
    first = library.scan(folder).result(timeout=120)
    count = sum(path.is_file() for path in before.rglob("*"))
    (folder / "z").mkdir()
    for inner in sorted(before.iterdir()):
        inner.rename(folder / "z" / inner.name)
    report = library.scan(folder).result(timeout=120)
    assert (report.moved, report.removed, report.offline, report.new) == (count, 0, 0, 0)
    assert report.notes == ()
    assert report.skipped == first.scanned - count
    assert set(library.videos()["status"].astype(str)) == {"ok", "failed"}


def test_files_in_a_folder_that_cannot_be_read_stay_as_they_are(
    library: Library, folder: Path
) -> None:
    first = library.scan(folder).result(timeout=120)
    before = library.videos()["status"].astype(str).tolist()
    sweep = Sweep(
        library.catalog, root=os.fsencode(folder), scan_id=first.scan_id, accept_removals=False
    )
    tally = Tally()
    sweep.run(tally, gone={}, recursive=True, unreadable=[os.fsencode(folder)])
    assert (tally.removed, tally.offline, tally.notes) == (0, 0, [])
    assert library.videos()["status"].astype(str).tolist() == before


def test_a_mode_that_there_is_not_is_refused_with_those_there_are(
    library: Library, folder: Path
) -> None:
    with pytest.raises(JobError, match="no mode 'deep'"):
        library.scan(folder, mode="deep")  # type: ignore[arg-type]
    assert library.jobs().empty
