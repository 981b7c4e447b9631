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
from stoat_nb.media.headers import read_headers
from stoat_nb.media.outcome import outcome
from stoat_nb.media.video import Found

FOUND = Found(folder=b"/", name=b"clip", size_bytes=1, mtime_ns=1, inode=1, device=1)
#: Who read it, and what else the reader said: not facts about the file.
OURS = ("tool", "document")

Differences = Callable[[Path], "list[tuple[str, Any, Any]] | None"]


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


@pytest.fixture(scope="session")
def differences() -> Differences:
    """Return where the two readers differ; None where headers alone prove nothing."""

    def of(path: Path) -> list[tuple[str, Any, Any]] | None:
        fd = os.open(path, os.O_RDONLY)
        try:
            headers = read_headers(BudgetedReader(fd, path.stat().st_size))
            if headers.facts is None:
                return None
            fast = columns(headers.complete(headers.facts))
            try:
                reader = BudgetedReader(fd, path.stat().st_size)
                rest = read_headers(reader, is_libav_next=True)
                slow = columns(rest.complete(libav.read(fd)))
            except ProbeError as error:
                return [("libav", "facts", str(error))]
        finally:
            os.close(fd)
        return [
            (name, fast.get(name), slow.get(name))
            for name in fast.keys() | slow.keys()
            if not same(fast.get(name), slow.get(name))
        ]

    return of
