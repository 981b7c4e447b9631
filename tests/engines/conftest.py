"""Makes ``deeds`` importable by name, as any module of a user's own is, and waits for them."""

from __future__ import annotations

import asyncio
import os
import sys
from collections.abc import Iterator
from importlib.util import module_from_spec, spec_from_file_location
from pathlib import Path

import pytest

#: Seconds after which something that should have happened has not.
PATIENCE_S = 60.0


def _load_deeds() -> None:
    spec = spec_from_file_location("deeds", Path(__file__).with_name("deeds.py"))
    assert spec is not None
    assert spec.loader is not None
    sys.modules["deeds"] = module_from_spec(spec)
    spec.loader.exec_module(sys.modules["deeds"])


_load_deeds()


class Begun:
    """A pipe into which deeds say that they have begun; pass ``item`` to them."""

    def __init__(self, pipe: Path) -> None:
        os.mkfifo(pipe)
        self.item = {"begun": str(pipe)}
        self.fd = os.open(pipe, os.O_RDWR | os.O_NONBLOCK)

    async def wait(self) -> None:
        """Wait until one more has begun."""
        loop, told = asyncio.get_running_loop(), asyncio.Event()
        loop.add_reader(self.fd, told.set)
        try:
            await asyncio.wait_for(told.wait(), PATIENCE_S)
            os.read(self.fd, 1)
        finally:
            loop.remove_reader(self.fd)


@pytest.fixture
def begun(tmp_path: Path) -> Iterator[Begun]:
    pipe = Begun(tmp_path / "begun")
    yield pipe
    os.close(pipe.fd)
