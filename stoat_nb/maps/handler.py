"""The handler that runs a function over videos: some loops that ask an engine, side by side."""

from __future__ import annotations

import asyncio
import os
import time
from collections.abc import Callable, Mapping, Sequence
from functools import partial
from typing import Any

from msgspec import convert

from stoat_nb.catalog.analyses import AnalysisColumn
from stoat_nb.catalog.analysis_results import Begun, FileAnswer, Problem, Run
from stoat_nb.catalog.catalog import Catalog
from stoat_nb.catalog.query import VideoQuery
from stoat_nb.engines.engine import Answer, Engine, MadeFunction
from stoat_nb.errors import StoatError
from stoat_nb.errors.maps import MapRefused
from stoat_nb.jobs.context import Handler, JobContext
from stoat_nb.jobs.locks import Lock
from stoat_nb.jobs.recording import Recording
from stoat_nb.maps.function import seal_of
from stoat_nb.maps.report import MapReport
from stoat_nb.maps.worker import load
from stoat_nb.names import shown

#: The type maps are submitted under.
MAP_JOB_TYPE = "map"
#: Seconds after which a batch of files ends, and what it may take before it is given up: a batch
#: only ever proves that all is well.
BATCH_S, BATCH_DEADLINE_S = 0.25, 5.0
#: Files of one batch; those whose places are looked up at a time.
BATCH_MOST, PAGE = 256, 1000
#: Failures that a job's log names one by one.
LOGGED_FAILURES = 100
#: Seconds that any file may take, and more for each second of its length and byte of its size.
_LEAST_S, _PER_S, _BYTES_A_SECOND = 60.0, 10.0, 5_000_000

#: Returns an engine of so many processes that may each hold so many bytes.
MakeEngine = Callable[[int, int], Engine]


def _held(payload: Mapping[str, Any]) -> str | None:
    name = payload.get("name")
    return f"map:{name}" if isinstance(name, str) else None


def _covers(live: Mapping[str, Any], asked: Mapping[str, Any]) -> bool:
    return live == asked


#: Maps of one name never run at once; those that ask for the same are one.
MAP_LOCK = Lock(path=_held, covers=_covers)


def make_map_handler(*, catalog: Catalog, make_engine: MakeEngine) -> Handler:
    """Return a handler that runs the function of a payload; its result is ``MapReport.to_json()``.

    Each job has an engine of its own, so that no scan waits for a map.
    """

    async def run(context: JobContext) -> dict[str, Any]:
        wanted = context.payload
        engine = make_engine(wanted["workers"], wanted["memory_mb"] << 20)
        try:
            return await _Map(context, catalog, engine).run()
        finally:
            await engine.aclose()

    return run


class _Map:
    """One map under way."""

    def __init__(self, context: JobContext, catalog: Catalog, engine: Engine) -> None:
        self._context, self._catalog, self._engine = context, catalog, engine
        self._results = catalog.analysis_results
        wanted = context.payload
        self._run = Run(
            name=wanted["name"],
            version=wanted["version"],
            function=wanted["function"],
            code=wanted["code"],
            job_id=context.job_id,
            attempt=context.attempt,
            everything=wanted["again"] == "all",
            retry_failed=wanted["retry_failed"],
        )
        self._function = MadeFunction(
            make=load,
            item={
                "library": os.fspath(catalog.path),
                "function": self._run.function,
                "folders": wanted["folders"],
            },
            key=self._run.function,
        )
        self._timeout_s: float | None = wanted["timeout"]
        self._with_facts = wanted["inputs"] == "video"
        self._started = time.monotonic()
        self._done = self._failed = 0
        self._notes: list[str] = []
        self._size = 1
        self._line = asyncio.Lock()
        self._recording: Recording[FileAnswer]
        self._near: list[dict[str, Any]] = []

    async def run(self) -> dict[str, Any]:
        await self._check_seal()
        begun = await self._context.in_thread(self._begin)
        self._ids, self._at = begun.ids, 0
        self._done, self._failed = begun.n_before, begun.n_failed_before
        self._total = self._done + len(begun.ids)
        if begun.n_earlier_code:
            self._note(
                f"The function was changed: {begun.n_earlier_code:,} videos have answers of its "
                "earlier code. Give another version, or again='all', to have them done again."
            )
        self._report()
        try:
            await self._work_on_all()
        except asyncio.CancelledError:
            if not self._context.cancelled:
                raise  # stopped to go on another time
        except BaseExceptionGroup as group_of:
            ours, _others = group_of.split(StoatError)
            raise (ours or group_of).exceptions[0] from group_of
        return self._finished().to_json()

    async def _work_on_all(self) -> None:
        self._recording = Recording(self._record)
        try:
            async with asyncio.TaskGroup() as group:
                # One more than there are processes: it has the next files in hand.
                for _ in range(self._engine.slots + 1):
                    group.create_task(self._work())
        finally:
            await self._recording.close()

    async def _check_seal(self) -> None:
        seal = await self._context.in_thread(self._results.seal_of, self._run.function)
        if seal != seal_of(self._run.function):
            raise MapRefused(self._run.name, is_there=seal is not None)

    def _begin(self) -> Begun:
        wanted = self._context.payload
        chosen = None
        if wanted["query"]:
            chosen = self._catalog.reader.ids_of(VideoQuery(**wanted["query"]))
        return self._results.begin(
            self._run,
            source=wanted["source"],
            stated=convert(wanted["columns"], dict[str, AnalysisColumn]),
            chosen=chosen,
        )

    def _finished(self) -> MapReport:
        report = MapReport(
            name=self._run.name,
            version=self._run.version,
            done=self._done,
            failed=self._failed,
            notes=tuple(self._notes),
            elapsed_s=round(time.monotonic() - self._started, 3),
        )
        self._context.log(f"{report}.")
        return report

    def _note(self, text: str) -> None:
        self._notes.append(text)
        self._context.log(text, "warning")

    def _report(self) -> None:
        self._context.report(
            phase="mapping",
            done=self._done,
            total=self._total,
            failed=self._failed,
            unit="videos",
        )

    # -- asking --------------------------------------------------------------------------------

    async def _work(self) -> None:
        while files := await self._take(self._size):
            while files:
                some, rest = files[: self._size], files[self._size :]
                files = await self._ask(some) + rest

    async def _take(self, most: int) -> list[dict[str, Any]]:
        async with self._line:
            while not self._near and self._at < len(self._ids):
                some = self._ids[self._at : self._at + PAGE]
                self._at += len(some)
                look_up = partial(self._results.files, some, with_facts=self._with_facts)
                self._near = await self._context.in_thread(look_up)
            files, self._near = self._near[:most], self._near[most:]
            return files

    async def _ask(self, files: list[dict[str, Any]]) -> list[dict[str, Any]]:
        """Run the function over some files; return those whose turn did not come."""
        alone = len(files) == 1
        deadline_s = self._deadline_s(files[0]) if alone else BATCH_DEADLINE_S
        item = {"files": files, "within_s": BATCH_S}
        answer = await self._engine.call(self._function, item, deadline_s=deadline_s)
        if answer.fault is not None and not alone:
            for file in files:  # one of them is bad: each by itself
                await self._ask([file])
            return []
        answers = _answers(files, answer)
        await self._recording.add(answers)
        if answer.fault is None:
            per_file_s = max(answer.elapsed_ms / 1000 / len(answers), 1e-6)
            self._size = max(1, min(int(BATCH_S / per_file_s), 4 * len(answers), BATCH_MOST))
        else:
            self._size = 1
        return files[len(answers) :]

    def _deadline_s(self, file: Mapping[str, Any]) -> float:
        if self._timeout_s is not None:
            return self._timeout_s
        length_s = file["duration_s"] or 0.0
        return _LEAST_S + _PER_S * length_s + float(file["size_bytes"]) / _BYTES_A_SECOND

    # -- keeping -------------------------------------------------------------------------------

    async def _record(self, answers: Sequence[FileAnswer]) -> None:
        told = await self._context.in_thread(self._results.record, self._run, answers)
        self._done += len(answers)
        for answer, problem in zip(answers, told, strict=True):
            if problem is not None:
                self._log_failure(answer, problem)
        self._report()

    def _log_failure(self, answer: FileAnswer, problem: Problem) -> None:
        self._failed += 1
        if self._failed < LOGGED_FAILURES:
            said = f"{problem.error_type}: {problem.error}" if problem.error_type else problem.error
            self._context.log(f"Video {answer.video_id}: {shown(said)}", "warning")
        elif self._failed == LOGGED_FAILURES:
            self._context.log("There are more failures: see map_failures().", "warning")


def _answers(files: Sequence[Mapping[str, Any]], answer: Answer) -> list[FileAnswer]:
    if answer.fault is not None:
        (file,) = files
        problem = Problem(str(answer.fault.kind), "", answer.fault.message)
        return [_answer(file, answer.elapsed_ms / 1000, problem=problem)]
    return [
        _answer(file, elapsed_s, **_told(told))
        for file, (elapsed_s, told) in zip(files, answer.value, strict=False)
    ]


def _told(told: Mapping[str, Any]) -> dict[str, Any]:
    return {"problem": Problem(*told["error"])} if "error" in told else dict(told)


def _answer(file: Mapping[str, Any], elapsed_s: float, **told: Any) -> FileAnswer:
    return FileAnswer(file["video_id"], file["size_bytes"], file["mtime_ns"], elapsed_s, **told)
