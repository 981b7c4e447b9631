"""Candidates to outcomes: in batches, and alone what was slow or came to nothing there."""

from __future__ import annotations

import asyncio
import os
from collections.abc import Callable
from contextlib import AbstractAsyncContextManager, nullcontext
from typing import Any, NamedTuple

from stoat_nb.engines.engine import Answer, Engine
from stoat_nb.media.faults import failure_of
from stoat_nb.media.outcome import outcome
from stoat_nb.media.packets.limits import limit_s
from stoat_nb.media.probe import probe, probe_many
from stoat_nb.media.video import Found, Outcome
from stoat_nb.scan.backlog import Candidate, Portion
from stoat_nb.settings import Settings

#: Files that are read at one go, and the seconds after which that is enough of them:
#: so that progress moves, and so that cancel and pause are quick.
BATCH_FILES, BATCH_S = 64, 0.25


class Probed(NamedTuple):
    """What came of a portion."""

    outcomes: list[tuple[Outcome, bool]]  #: True: of a file that was known.
    alone: list[Candidate]  #: They were slow, or their batch failed.
    again: list[Candidate]  #: Their turn did not come.


class Prober:
    """Reads files of one root on an engine."""

    def __init__(
        self,
        engine: Engine,
        *,
        root: bytes,
        settings: Settings,
        packets: bool = False,
        lane: AbstractAsyncContextManager[object] | None = None,
    ) -> None:
        self._engine, self._root = engine, root
        self._timeout_s = settings.probe_timeout_s
        self._packets = packets
        self._lane = nullcontext() if lane is None else lane

    async def read(
        self, portion: Portion, *, begins: Callable[[], object] = lambda: None
    ) -> Probed:
        """Read what was taken from the backlog, when there is room at the disk.

        The room is given back before the answers are looked through, so that no reader waits for
        that; ``begins`` is called when there is room.
        """
        if self._packets and not portion.alone:
            return Probed([], portion.files, [])
        if portion.alone:
            (candidate,) = portion.files
            async with self._lane:
                begins()
                answer = await self._ask_alone(candidate.found)
            return Probed([(_outcome_of(candidate.found, answer), candidate.known)], [], [])
        async with self._lane:
            begins()
            answer = await self._ask_batch(portion.files)
        return await asyncio.to_thread(_sorted_out, portion.files, answer)

    async def _ask_batch(self, files: list[Candidate]) -> Answer:
        item = {
            "files": [
                (*self._place(found), found.size_bytes, found.mtime_ns) for found, _known in files
            ],
            "within_s": BATCH_S,
        }
        return await self._engine.call(probe_many, item, deadline_s=self._timeout_s)

    async def _ask_alone(self, found: Found) -> Answer:
        root, relative = self._place(found)
        item: dict[str, Any] = {
            "root": root,
            "relative": relative,
            "size_bytes": found.size_bytes,
            "mtime_ns": found.mtime_ns,
            # Libav gives up by itself before it is killed: a reason is better than a corpse.
            "soft_timeout_s": self._timeout_s / 2,
        }
        deadline_s = self._timeout_s
        if self._packets:
            item |= {"packets": True, "packets_timeout_s": limit_s(found.size_bytes)}
            deadline_s += limit_s(found.size_bytes)
        return await self._engine.call(probe, item, deadline_s=deadline_s)

    def _place(self, found: Found) -> tuple[str, str]:
        """Return a root, and the path beneath it on which there is no link."""
        if found.real_path:
            return "/", os.fsdecode(found.real_path.lstrip(b"/"))
        folder = found.folder[len(self._root) :].lstrip(b"/")
        relative = os.path.join(folder, found.name)  # noqa: PTH118 - bytes
        return os.fsdecode(self._root), os.fsdecode(relative)


def _outcome_of(found: Found, answer: Answer) -> Outcome:
    if answer.fault is None:
        return outcome(found, answer.value)
    failure = failure_of(str(answer.fault.kind), answer.fault.message, elapsed_ms=answer.elapsed_ms)
    return Outcome(found=found, failure=failure)


def _sorted_out(files: list[Candidate], answer: Answer) -> Probed:
    """Tell what was read. Whatever went wrong with a batch is no word about any file of it."""
    answers = answer.value
    if answer.fault is not None or not isinstance(answers, list) or not answers:
        return Probed([], files, [])
    outcomes, alone = [], []
    for candidate, one in zip(files, answers, strict=False):
        if one is None:
            alone.append(candidate)
        else:
            outcomes.append((outcome(candidate.found, one), candidate.known))
    return Probed(outcomes, alone, files[len(answers) :])
