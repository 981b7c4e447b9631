"""The handler that runs a scan: a walk, some readers and one recorder, side by side."""

from __future__ import annotations

import asyncio
import os
import time
from collections.abc import Sequence
from functools import partial
from typing import Any

from msgspec.structs import replace

from stoat_nb.catalog.catalog import Catalog
from stoat_nb.catalog.scans import BegunScan
from stoat_nb.engines.engine import Engine
from stoat_nb.errors import JobTakenOver, StoatError
from stoat_nb.jobs.context import Handler, JobContext
from stoat_nb.jobs.recording import Recording
from stoat_nb.media.video import Found, Outcome
from stoat_nb.names import shown
from stoat_nb.scan.backlog import Backlog, Candidate, Portion
from stoat_nb.scan.comparison import Batch
from stoat_nb.scan.disk import disk_of
from stoat_nb.scan.finding import UNSETTLED, Finding
from stoat_nb.scan.folder import check_roots
from stoat_nb.scan.lanes import Lanes
from stoat_nb.scan.probing import BATCH_FILES, Probed, Prober
from stoat_nb.scan.request import order_of, rules_of
from stoat_nb.scan.sweep import Sweep
from stoat_nb.scan.tally import Tally
from stoat_nb.settings import Settings

#: The type scans are submitted under.
SCAN_JOB_TYPE = "scan"
#: Failures that a scan's log names one by one.
LOGGED_FAILURES = 100


def make_scan_handler(*, catalog: Catalog, engine: Engine, settings: Settings) -> Handler:
    """Return a handler that scans ``payload["path"]`` into ``catalog``, probing on ``engine``.

    Its result is ``ScanReport.to_json()``. A cancelled scan keeps what it had probed and hands in
    the report of that.
    """
    lanes = Lanes(engine.slots, settings.readers_per_disk)

    async def scan(context: JobContext) -> dict[str, Any]:
        one = _Scan(context, catalog=catalog, engine=engine, settings=settings, lanes=lanes)
        return await one.run()

    return scan


class _Scan:
    """One scan under way."""

    def __init__(
        self,
        context: JobContext,
        *,
        catalog: Catalog,
        engine: Engine,
        settings: Settings,
        lanes: Lanes,
    ) -> None:
        self._context, self._catalog, self._engine = context, catalog, engine
        self._settings, self._lanes = settings, lanes
        self._order = order_of(context.payload)
        self._scan_id, self._tables = 0, catalog.of_attempt(0, context.attempt)
        self._started = time.monotonic()
        self._tally = Tally()
        self._total: int | None = None
        self._backlog = Backlog()
        self._current: dict[int, str] = {}
        self._unreadable: list[bytes] = []
        self._gone: dict[bytes, list[bytes]] = {}

    async def run(self) -> dict[str, Any]:
        # Asked again: a job may be older than the roots, or come from somebody else's library.
        root = os.fsdecode(self._order.root)
        await self._context.in_thread(partial(check_roots, root, self._settings.roots))
        self._context.report(phase="finding", message="Looking for videos")
        begun = await self._begin()
        try:
            await self._find_and_probe(begun)
            await self._sweep()
            while await self._context.in_thread(self._catalog.relate_some):
                pass
        except asyncio.CancelledError:
            if not self._context.cancelled:
                raise  # stopped to go on another time: the scan's row waits for that
            # What was probed is already recorded; hand in the report of it.
            return await self._finish("cancelled")
        except JobTakenOver:
            raise  # the row is of another attempt by now, which goes on elsewhere
        except BaseException:
            await self._finish("failed")
            raise
        return await self._finish("complete")

    async def _begin(self) -> BegunScan:
        begin = partial(
            self._catalog.scans.begin,
            job_id=self._context.job_id,
            folder=self._order.root,
            recursive=self._order.recursive,
            started_at=time.time(),
        )
        begun = await self._context.in_thread(begin)
        self._scan_id = begun.scan_id
        self._tables = self._catalog.of_attempt(begun.scan_id, self._context.attempt)
        if begun.goes_on:
            self._context.log("Goes on where it was stopped: what it has recorded is kept.")
            await self._context.in_thread(self._tables.folders.begin_again, self._scan_id)
        return begun

    async def _finish(self, status: str) -> dict[str, Any]:
        """Write down how the scan ended; from here on nobody can stop it any more."""
        finishing = asyncio.ensure_future(self._write_end(status))
        try:
            return await asyncio.shield(finishing)
        except asyncio.CancelledError:
            return await finishing

    async def _write_end(self, status: str) -> dict[str, Any]:
        report = self._tally.report(
            folder=self._order.root,
            scan_id=self._scan_id,
            elapsed_s=time.monotonic() - self._started,
        )
        finish = partial(
            self._catalog.scans.finish,
            self._scan_id,
            status=status,
            at=time.time(),
            report=report.to_json(),
            attempt=self._context.attempt,
        )
        await self._context.in_thread(finish)
        self._context.log(f"{report}.")
        return report.to_json()

    async def _find_and_probe(self, begun: BegunScan) -> None:
        disk = await self._context.in_thread(disk_of, self._order.root)
        finding = Finding(
            self._order,
            begun,
            disk,
            catalog=self._catalog,
            tables=self._tables,
            settings=self._settings,
        )
        prober = Prober(
            self._engine,
            root=self._order.root,
            settings=self._settings,
            packets=self._order.mode == "verify",
            lane=self._lanes.of(disk),
        )
        recording = Recording(self._record)
        try:
            async with asyncio.TaskGroup() as group:
                group.create_task(self._find(finding))
                # One more than there are readers: it has the next files in hand when one is done.
                for slot in range(self._lanes.width(disk) + 1):
                    group.create_task(self._probe_until_done(slot, prober, recording))
        except BaseExceptionGroup as group_of:
            raise _first(group_of) from group_of
        finally:
            self._backlog.close()
            await recording.close()

    # -- finding -------------------------------------------------------------------------------

    async def _find(self, finding: Finding) -> None:
        try:
            while (batch := await self._context.in_thread(finding.next)) is not None:
                await self._take(batch, finding)
        finally:
            finding.close()
        self._total = self._tally.found
        self._report("probing")
        await self._backlog.complete()

    async def _take(self, batch: Batch, finding: Finding) -> None:
        # Before any of it is read: what is recorded of a folder may take back what is noted here.
        returned = await self._context.in_thread(finding.note, batch)
        self._tally.take(batch)
        self._tally.returned += returned
        self._unreadable += batch.unreadable
        self._gone.update(batch.gone)
        self._report("finding")
        if batch.changed:
            await self._backlog.put([Candidate(*pair) for pair in batch.changed])

    # -- probing -------------------------------------------------------------------------------

    async def _probe_until_done(
        self, slot: int, prober: Prober, recording: Recording[Outcome]
    ) -> None:
        while (portion := await self._backlog.take(BATCH_FILES)) is not None:
            begins, began = partial(self._current.__setitem__, slot, _named(portion)), time.time()
            probed = await prober.read(portion, begins=begins)
            self._current.pop(slot, None)
            self._count(probed)
            await recording.add([replace(one, read_at=began) for one, _known in probed.outcomes])
            await self._backlog.settle(alone=probed.alone, again=probed.again)

    def _count(self, probed: Probed) -> None:
        for outcome, known in probed.outcomes:
            if outcome.failure is not None:
                self._log_failure(outcome.found, outcome.failure.error)
            self._tally.probed(outcome, known=known)
        self._report("finding" if self._total is None else "probing")

    def _log_failure(self, found: Found, error: str) -> None:
        """Note a failure, as long as there are few: each is a row of its own as well."""
        if self._tally.failed < LOGGED_FAILURES:
            where = os.path.relpath(found.folder + b"/" + found.name, self._order.root)
            self._context.log(f"{shown(where)}: {error}", "warning")
        elif self._tally.failed == LOGGED_FAILURES:
            self._context.log(
                "More files failed than this log lists.",
                "warning",
            )

    # -- cataloguing ---------------------------------------------------------------------------

    async def _record(self, outcomes: Sequence[Outcome]) -> None:
        record = partial(
            self._catalog.videos.record,
            self._scan_id,
            outcomes,
            at=time.time(),
            attempt=self._context.attempt,
        )
        await self._context.in_thread(record)
        unsettled = {
            outcome.found.folder
            for outcome in outcomes
            if outcome.failure is not None and outcome.failure.error_class in UNSETTLED
        }
        if unsettled:
            await self._context.in_thread(self._tables.folders.distrust, unsettled)

    async def _sweep(self) -> None:
        """See to known files that were not found, where the walk has really looked."""
        self._report("cataloguing")
        if self._order.only_failed:
            return  # it has not looked at the others
        sweep = Sweep(
            self._catalog,
            self._tables,
            root=self._order.root,
            scan_id=self._scan_id,
            accept_removals=self._order.accept_removals,
            rules=rules_of(self._order, self._settings),
        )
        await self._context.in_thread(
            partial(
                sweep.run,
                self._tally,
                gone=self._gone,
                recursive=self._order.recursive,
                unreadable=self._unreadable,
            )
        )

    def _report(self, phase: str) -> None:
        tally = self._tally
        self._context.report(
            phase=phase,
            done=tally.done,
            total=self._total,
            skipped=tally.done - tally.n_read,
            bytes_done=tally.bytes_done,
            failed=tally.failed,
            current=tuple(self._current.values()),
            message=f"{tally.found:,} videos found" if phase == "finding" else tally.reads_again,
        )


def _named(portion: Portion) -> str:
    name, more = shown(portion.files[0].found.name), len(portion.files) - 1
    return f"{name} and {more} more" if more else name


def _first(group: BaseExceptionGroup[BaseException]) -> BaseException:
    """Return what a person should hear of: our own sentence if there is one."""
    ours, _others = group.split(StoatError)
    one: BaseException = ours or group
    while isinstance(one, BaseExceptionGroup):
        one = one.exceptions[0]
    return one
