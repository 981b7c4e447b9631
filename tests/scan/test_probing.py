"""Reading in batches: the same facts as alone, and no batch can cost a file its own answer."""

from __future__ import annotations

import os
from collections.abc import AsyncIterator, Mapping
from pathlib import Path
from typing import Any

import pytest

from stoat_nb.engines.engine import Answer, Fault, FaultKind, PureFunction
from stoat_nb.engines.local import LocalEngine
from stoat_nb.media.probe import probe, probe_many
from stoat_nb.media.video import Found
from stoat_nb.scan.backlog import Candidate, Portion
from stoat_nb.scan.probing import Prober
from stoat_nb.settings import Settings

pytestmark = pytest.mark.anyio


class Stumbling(LocalEngine):
    """An engine whose processes die of every batch, as of a file that kills whoever reads it."""

    async def call(
        self, function: PureFunction, item: Mapping[str, Any], *, deadline_s: float | None = None
    ) -> Answer:
        if function is probe_many:
            return Answer(fault=Fault(kind=FaultKind.CRASH, message="It died."))
        return await super().call(function, item, deadline_s=deadline_s)


class Hasty(LocalEngine):
    """An engine whose batches have no time for their first file."""

    async def call(
        self, function: PureFunction, item: Mapping[str, Any], *, deadline_s: float | None = None
    ) -> Answer:
        answer = await super().call(function, item, deadline_s=deadline_s)
        if function is probe_many:
            answer.value[0] = None
        return answer


@pytest.fixture
async def hasty() -> AsyncIterator[LocalEngine]:
    made = Hasty(workers=1)
    yield made
    await made.aclose()


@pytest.fixture
async def stumbling() -> AsyncIterator[LocalEngine]:
    made = Stumbling(workers=1)
    yield made
    await made.aclose()


def files_of(folder: Path) -> list[Path]:
    return sorted(path for path in folder.rglob("*") if path.is_file())


def found(path: Path) -> Found:
    seen = path.stat()
    return Found(
        folder=os.fsencode(path.parent),
        name=os.fsencode(path.name),
        size_bytes=seen.st_size,
        mtime_ns=seen.st_mtime_ns,
        inode=seen.st_ino,
        device=seen.st_dev,
    )


def batch(folder: Path, within_s: float = 60) -> dict[str, Any]:
    return {
        "files": [
            (
                str(folder),
                str(path.relative_to(folder)),
                path.stat().st_size,
                path.stat().st_mtime_ns,
            )
            for path in files_of(folder)
        ],
        "within_s": within_s,
    }


def alone(folder: Path, path: Path, **options: object) -> dict[str, Any]:
    seen = path.stat()
    return {
        "root": str(folder),
        "relative": str(path.relative_to(folder)),
        "size_bytes": seen.st_size,
        "mtime_ns": seen.st_mtime_ns,
        **options,
    }


def known(facts: dict[str, Any]) -> dict[str, Any]:
    """Return what is known of a file and its streams."""
    said = {**facts, "streams": [known_of(one) for one in facts["streams"]]}
    return known_of(said)


def known_of(facts: dict[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in facts.items() if value is not None}


def test_a_batch_says_of_each_file_what_is_said_of_it_alone(clips: Path) -> None:
    answers = probe_many(batch(clips))
    assert len(answers) == len(files_of(clips))
    for path, answer in zip(files_of(clips), answers, strict=True):
        by_itself = probe(alone(clips, path))
        assert answer is not None
        if "video" in answer:
            assert known(answer["video"]) == known(by_itself["video"])
        else:
            assert answer["failure"]["error"] == by_itself["failure"]["error"]


def test_a_file_that_goes_wrong_in_a_batch_costs_the_others_nothing(clips: Path) -> None:
    asked = batch(clips)
    asked["files"][1] = (None, *asked["files"][1][1:])
    answers = probe_many(asked)
    assert [at for at, answer in enumerate(answers) if answer is None] == [1]
    assert len(answers) == len(files_of(clips))


def test_a_batch_ends_when_its_time_is_up(clips: Path) -> None:
    assert len(probe_many(batch(clips, within_s=0))) == 1


async def test_what_a_batch_does_not_tell_is_read_alone_and_what_it_had_no_time_for_again(
    hasty: LocalEngine, clips: Path
) -> None:
    prober = Prober(hasty, root=os.fsencode(clips), settings=Settings(probe_timeout_s=120))
    candidates = [Candidate(found(path), known=False) for path in files_of(clips)]
    probed = await prober.read(Portion(candidates, alone=False))
    counted = [outcome.found for outcome, _known in probed.outcomes]
    counted += [candidate.found for candidate in probed.alone + probed.again]
    assert sorted(counted, key=str) == sorted((one.found for one in candidates), key=str)
    assert probed.outcomes
    assert probed.alone == candidates[:1]
    (one,) = (await prober.read(Portion(probed.alone[:1], alone=True))).outcomes
    assert one[0].found == probed.alone[0].found


async def test_a_batch_that_kills_its_process_costs_no_file_anything(
    stumbling: LocalEngine, clips: Path
) -> None:
    prober = Prober(stumbling, root=os.fsencode(clips), settings=Settings(probe_timeout_s=120))
    candidates = [Candidate(found(path), known=True) for path in files_of(clips)]
    assert await prober.read(Portion(candidates, alone=False)) == ([], candidates, [])
    good = next(one for one in candidates if one.found.name == b"beach walk.mp4")
    ((outcome, known),) = (await prober.read(Portion([good], alone=True))).outcomes
    assert known
    assert outcome.video is not None
    assert outcome.video.container == "mp4"
