"""Deaths while a library is made or migrated: at each event, where random cuts hardly ever fall."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from random import Random

import apsw

from harness.disk import Disk
from harness.power import NAME, CutReport, Promises, every_connection, found_in, look, prepared
from harness.recorder import recording
from stoat_nb.catalog.catalog import Catalog
from stoat_nb.catalog.migrations import APPLICATION_ID, steps


def die_while_opened(
    folder: Path,
    *,
    seed: int,
    start: Mapping[str, bytes] | None = None,
    first: int | None = None,
    cuts: int = 1,
) -> CutReport:
    """Open a library, and die at each event of that: killed once, and so many power cuts.

    ``start`` is what was in the folder before; nothing given: the library is made. ``first``: only
    at so many events.
    """
    folder.mkdir()
    disk, promises = Disk(), Promises()
    for name, data in (start or {}).items():
        (folder / name).write_bytes(data)
        disk.hold(name, data)
    with recording() as events:
        Catalog(folder / NAME).close()
    if start:
        promises.submitted |= found_in(folder / NAME)[0].keys()
    random, report = Random(seed), CutReport()
    with every_connection(prepared("OFF")):  # what is found is on this disk already: no syncs
        for number, event in enumerate(events[:first]):
            disk.take(event)
            for left in (disk.written(), *(disk.survivors(random) for _ in range(cuts))):
                report.cuts += 1
                look(folder / str(number), left, promises, report)
    return report


def older(path: Path, version: int, *, jobs: int = 3) -> dict[str, bytes]:
    """Make the file of a library as an older version left it, with jobs; return it by name."""
    connection = apsw.Connection(str(path))
    connection.execute("PRAGMA journal_mode = WAL").fetchall()
    connection.execute(f"PRAGMA application_id = {APPLICATION_ID}")
    connection.execute(steps()[0])
    connection.executemany(
        "INSERT INTO jobs (id, type, status, payload, progress, submitted_at, attempt, "
        "cancel_requested, seq, owner) VALUES (?, 'scan', 'pending', '{}', '{}', 1.0, 0, 0, 0, '')",
        [(str(number),) for number in range(jobs)],
    )
    for step in steps()[1:version]:
        connection.execute(step)
    connection.execute(f"PRAGMA user_version = {version}")
    connection.close()
    return {NAME: path.read_bytes()}
