"""The facts of single files without a library are those that a library would have."""

from __future__ import annotations

import asyncio
import math
from collections.abc import Iterator
from pathlib import Path

import pytest

import stoat_nb
from stoat_nb import Library
from stoat_nb.errors import BadArgument, NotReadable
from stoat_nb.library.probing import probe_each
from stoat_nb.media.demo_clips import make_samples

ONLY_IN_LIBRARIES = {
    *("video_id", "root", "top_folder", "relative_path", "status", "error_class", "error", "tool"),
    *("first_seen", "last_seen", "missing_since", "probed_at", "scan_id"),
}


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("probe")
    make_samples(folder)
    return folder


@pytest.fixture(scope="module")
def library(folder: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Library]:
    with Library(tmp_path_factory.mktemp("library") / "l.db") as opened:
        opened.scan(folder).result(timeout=120)
        yield opened


def test_the_facts_are_those_of_a_scan(library: Library) -> None:
    frame = library.videos("status == 'ok'")
    paths = [Path(path) for path in frame["path"]]
    for video_id, facts in zip(frame["video_id"], probe_each(paths), strict=True):
        assert not isinstance(facts, NotReadable)
        expected = library.video(video_id)
        assert set(expected) - set(facts) == ONLY_IN_LIBRARIES
        for name in set(expected) - ONLY_IN_LIBRARIES - {"streams"}:
            assert facts[name] == expected[name], name
        for mine, theirs in zip(facts["streams"], expected["streams"], strict=True):
            assert mine == {name: theirs[name] for name in mine}


def test_what_a_scan_calls_failed_is_refused_with_the_same_reason(library: Library) -> None:
    failures = library.failures()
    assert len(failures) > 0
    for path, reason in zip(failures["path"], failures["error"], strict=True):
        with pytest.raises(NotReadable) as refused:
            stoat_nb.probe(path)
        assert str(refused.value) == f"'{path}' cannot be read: {reason}"


def test_a_file_is_read_whole_where_that_is_asked_for(folder: Path) -> None:
    clip = folder / "2023 Alps" / "summit.mkv"
    assert stoat_nb.probe(clip)["integrity_level"] == "structure"
    facts = stoat_nb.probe(clip, packets=True)
    assert (facts["integrity_level"], facts["frame_count_basis"]) == ("packets", "counted")


def test_a_cell_may_probe_while_its_own_loop_runs(folder: Path) -> None:
    async def cell() -> str:
        return str(stoat_nb.probe(str(folder / "2023 Alps" / "summit.mkv"))["codec"])

    assert asyncio.run(cell()) == "h264"


def test_what_is_no_file_is_refused_in_a_sentence(folder: Path) -> None:
    with pytest.raises(NotReadable, match="No such file or directory"):
        stoat_nb.probe(folder / "nowhere.mp4")
    with pytest.raises(NotReadable, match=r"A folder is scanned: Library\(\)\.scan\(folder\)"):
        stoat_nb.probe(folder)
    with pytest.raises(BadArgument, match="path is nan"):
        stoat_nb.probe(math.nan)  # type: ignore[arg-type]
