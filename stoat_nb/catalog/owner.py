"""Which process a job belongs to, and whether that process still lives."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Self

from msgspec import Struct

_PROC = Path("/proc")


class Owner(Struct, frozen=True, kw_only=True):
    """A process, told apart from all others: a number alone is used again, or in a container."""

    boot: str  #: Changes with every start of the machine.
    namespace: str  #: Processes in another one cannot be seen from here.
    pid: int
    started: str  #: In the kernel's clock ticks since boot.

    @classmethod
    def here(cls) -> Self:
        """Return this process."""
        return cls(
            boot=_boot(), namespace=_namespace(), pid=os.getpid(), started=_started(os.getpid())
        )

    @classmethod
    def parse(cls, text: str) -> Self:
        """Read back what ``str`` gave, whatever follows it behind a slash."""
        boot, namespace, pid, started, *_ = text.split("/")
        return cls(boot=boot, namespace=namespace, pid=int(pid), started=started)

    def __str__(self) -> str:
        return f"{self.boot}/{self.namespace}/{self.pid}/{self.started}"

    @property
    def lives(self) -> bool | None:
        """Whether the process is still there; None where that cannot be seen."""
        if self.boot != _boot():
            return False
        if self.namespace != _namespace():
            return None
        return self.started == _started(self.pid) != ""


def _boot() -> str:
    return (_PROC / "sys/kernel/random/boot_id").read_text("ascii").strip()


def _namespace() -> str:
    return str((_PROC / "self/ns/pid").readlink()).strip("pid:[]")


def _started(pid: int) -> str:
    """Return when a process started, or nothing if it has ended."""
    try:
        text = (_PROC / str(pid) / "stat").read_text("utf-8", "replace")
    except OSError:
        return ""
    fields = text.rpartition(")")[2].split()  # the name before it may hold anything
    return "" if fields[0] in "ZX" else fields[19]
