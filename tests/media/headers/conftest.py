"""Both readers on one file: what the headers prove, and what libav says."""

from __future__ import annotations

import json
import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from msgspec import to_builtins

from stoat_nb.media import libav
from stoat_nb.media.budgeted_reader import BudgetedReader
from stoat_nb.media.failures import ProbeError
from stoat_nb.media.headers import Headers
from stoat_nb.media.outcome import outcome
from stoat_nb.media.readers import read_headers
from stoat_nb.media.video import Found

FOUND = Found(folder=b"/", name=b"clip", size_bytes=1, mtime_ns=1, inode=1, device=1)
#: Who read it, and what else the reader said: not facts about the file.
OURS = ("tool", "document")

Differences = Callable[[Path], "list[tuple[str, Any, Any]] | None"]
Contradictions = Callable[..., "list[tuple[str, Any, Any]]"]


def columns(facts: dict[str, Any]) -> dict[str, Any]:
    """Return every column as the catalog gets it, streams spread out, tags in one order."""
    video = outcome(FOUND, json.loads(json.dumps({"video": facts}))).video
    assert video is not None
    told = to_builtins(video)
    streams = told.pop("streams")
    told["tags"] = sorted(
        (-1 if tag["idx"] is None else tag["idx"], *tag.values()) for tag in told["tags"]
    )
    told["streams"] = len(streams)
    for stream in streams:
        told |= {f"{stream['idx']}.{name}": value for name, value in stream.items()}
    return {name: value for name, value in told.items() if name not in OURS}


def same(ours: Any, theirs: Any) -> bool:
    if isinstance(ours, float) and isinstance(theirs, float):
        return abs(ours - theirs) < 1e-9
    return bool(ours == theirs)


Row = dict[str, Any]
#: What libav does not always tell.
HEADERS_ALONE = frozenset({"bitrate", "bitrate_basis", "mirrored"})


def both(path: Path) -> tuple[Headers, Row, Row]:
    """Return the headers, all columns with what they prove, and the columns as libav has them."""
    fd = os.open(path, os.O_RDONLY)
    try:
        headers = read_headers(BudgetedReader(fd, path.stat().st_size))
        slow = columns(headers._replace(facts=None).complete(libav.read(fd)))
        os.lseek(fd, 0, os.SEEK_SET)
        theirs = None if headers.is_proven else libav.read(fd)
        return headers, columns(headers.complete(theirs)), slow
    finally:
        os.close(fd)


def is_proven(path: Path) -> bool:
    fd = os.open(path, os.O_RDONLY)
    try:
        return read_headers(BudgetedReader(fd, path.stat().st_size)).is_proven
    finally:
        os.close(fd)


@pytest.fixture(scope="session")
def differences() -> Differences:
    """Return where the two readers differ; None where headers leave anything to libav."""

    def of(path: Path) -> list[tuple[str, Any, Any]] | None:
        if not is_proven(path):
            return None
        try:
            _, fast, slow = both(path)
        except ProbeError as error:
            return [("libav", "facts", str(error))]
        return [
            (name, fast.get(name), slow.get(name))
            for name in fast.keys() | slow.keys()
            if not same(fast.get(name), slow.get(name))
            and not (slow.get(name) is None and HEADERS_ALONE & set(name.split(".")))
        ]

    return of


@pytest.fixture(scope="session")
def contradictions() -> Contradictions:
    """Return where headers that leave something to libav contradict what it says of the rest.

    They may if they say it of an ``intact`` copy, too: then it is libav that lost its way.
    """

    def of(path: Path, intact: Path | None = None) -> list[tuple[str, Any, Any]]:
        try:
            _, fast, slow = both(path)
        except ProbeError:
            return []
        found = [
            (name, fast.get(name), value)
            for name, value in slow.items()
            if value is not None and not same(fast.get(name), value)
        ]
        whole = both(intact)[1] if found and intact else {}
        return [one for one in found if not (one[0] in whole and same(one[1], whole[one[0]]))]

    return of
