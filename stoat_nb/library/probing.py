"""The facts of single files, without a library: for people who would write a loop of ffprobe."""

from __future__ import annotations

import asyncio
import os
import stat
import time
from collections.abc import Collection, Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import aclosing
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from stoat_nb.catalog.catalog import Catalog
from stoat_nb.catalog.columns import TABLES
from stoat_nb.engines.local import LocalEngine
from stoat_nb.errors import BadArgument, NotReadable
from stoat_nb.media.faults import failure_of
from stoat_nb.media.outcome import outcome
from stoat_nb.media.packets.limits import limit_s
from stoat_nb.media.probe import probe as read
from stoat_nb.media.video import Found, Outcome
from stoat_nb.settings import Settings
from stoat_nb.user_paths import expand_path

#: Columns of videos that say how a file stands in a library.
_OF_LIBRARIES = frozenset(
    column.name
    for column in TABLES["videos"].columns
    if column.basis == "catalog" or column.name in {"video_id", "relative_path", "tool"}
)


def probe(path: str | os.PathLike[str], *, packets: bool = False) -> dict[str, Any]:
    """Return the facts of one file, without a library.

    The file is read in a process of its own, as scans do, and nothing is kept of it. For a folder,
    or for many files, a scan is quicker: ``Library().scan(folder)``.

    Parameters
    ----------
    path
        The file, whatever its ending.
    packets
        Whether to read all of it, as ``mode="verify"`` of a scan does.

    Returns
    -------
    dict
        The columns of ``videos()`` that speak of the file, in JSON's own types, and ``streams``,
        ``chapters`` and ``tags``, each a list of dicts. Unknown is None. Units: docs/columns.md.

    Raises
    ------
    NotReadable
        If there is no such file, or it is no video or audio that can be read; it says why.

    Examples
    --------
    >>> import stoat_nb
    >>> from pathlib import Path
    >>> from tempfile import TemporaryDirectory
    >>> with TemporaryDirectory() as folder:
    ...     clip = stoat_nb.make_samples(Path(folder))[0]
    ...     facts = stoat_nb.probe(clip)
    >>> facts["codec"], facts["display_width"], facts["streams"][1]["codec"]
    ('h264', 640, 'aac')
    """
    if not isinstance(path, str | os.PathLike):
        raise BadArgument("path", path, "the path of a file")
    (facts,) = probe_each([expand_path(path)], packets=packets)
    if isinstance(facts, NotReadable):
        raise facts
    return facts


def probe_each(
    paths: Iterable[Path], *, packets: bool = False
) -> Iterator[dict[str, Any] | NotReadable]:
    """Yield the facts of each file in turn, or why it cannot be read."""
    found = [_found(path) for path in paths]
    readable = [one for one in found if isinstance(one, Found)]
    # A notebook's own loop is running: the engine's has a thread to itself.
    with ThreadPoolExecutor(1) as apart:
        outcomes = iter(apart.submit(asyncio.run, _outcomes(readable, packets)).result())
    with TemporaryDirectory(prefix="stoat-") as folder:
        catalog = Catalog(Path(folder) / "probe.db")
        try:
            for one in found:
                yield _facts(catalog, next(outcomes)) if isinstance(one, Found) else one
        finally:
            catalog.close()


def _found(path: Path) -> Found | NotReadable:
    real = os.path.realpath(path)
    try:
        seen = os.stat(real)  # noqa: PTH116 - text, as realpath gives it
    except OSError as problem:
        return NotReadable(path, f"{problem.strerror}.")
    if not stat.S_ISREG(seen.st_mode):
        return NotReadable(path, "It is not a file. A folder is scanned: Library().scan(folder)")
    folder, name = os.path.split(os.fsencode(real))
    return Found(
        folder=folder,
        name=name,
        size_bytes=seen.st_size,
        mtime_ns=seen.st_mtime_ns,
        inode=seen.st_ino,
        device=seen.st_dev,
    )


async def _outcomes(found: Iterable[Found], packets: bool) -> list[Outcome]:
    settings = Settings.from_environment()
    engine = LocalEngine(
        workers=settings.probe_workers,
        deadline_s=settings.probe_timeout_s,
        memory_bytes=settings.probe_memory_mb << 20,
    )
    async with aclosing(engine):
        return await asyncio.gather(*(_outcome(engine, one, settings, packets) for one in found))


async def _outcome(engine: LocalEngine, found: Found, settings: Settings, packets: bool) -> Outcome:
    item = {
        "root": os.fsdecode(found.folder),
        "relative": os.fsdecode(found.name),
        "size_bytes": found.size_bytes,
        "mtime_ns": found.mtime_ns,
        "soft_timeout_s": settings.probe_timeout_s / 2,
        "packets": packets,
    }
    deadline_s = settings.probe_timeout_s + (limit_s(found.size_bytes) if packets else 0)
    answer = await engine.call(read, item, deadline_s=deadline_s)
    if answer.fault is None:
        return outcome(found, answer.value)
    failure = failure_of(str(answer.fault.kind), answer.fault.message, elapsed_ms=answer.elapsed_ms)
    return Outcome(found=found, failure=failure)


def _facts(catalog: Catalog, came: Outcome) -> dict[str, Any] | NotReadable:
    """Return the row that a library would have, without what only a library knows."""
    found, now = came.found, time.time()
    if came.failure is not None:
        return NotReadable(
            Path(os.fsdecode(found.folder), os.fsdecode(found.name)), came.failure.error
        )
    scan = catalog.scans.begin(
        job_id=str(id(found)), folder=found.folder, recursive=False, started_at=now
    )
    catalog.videos.record(scan.scan_id, [came], at=now)
    facts = catalog.detail(catalog.videos.known_files(found.folder)[found.name].video_id)
    for part in ("streams", "chapters", "tags"):
        facts[part] = [_without(one, {"video_id", "path"}) for one in facts[part]]
    return _without(facts, _OF_LIBRARIES)


def _without(facts: dict[str, Any], names: Collection[str]) -> dict[str, Any]:
    return {name: value for name, value in facts.items() if name not in names}
