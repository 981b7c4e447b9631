"""How many files are read from one disk at once, by all scans of this process together."""

from __future__ import annotations

import asyncio

from stoat_nb.scan.disk import Disk


class Lanes:
    """Gates in front of disks; on one loop."""

    def __init__(self, slots: int, at_most: int | None) -> None:
        self._slots, self._at_most = slots, at_most
        self._gates: dict[int, asyncio.Semaphore] = {}

    def width(self, disk: Disk) -> int:
        """Return how many readers there is room for."""
        return disk.readers(self._slots, self._at_most)

    def of(self, disk: Disk) -> asyncio.Semaphore:
        """Return the gate that every reader of a disk passes."""
        return self._gates.setdefault(disk.device, asyncio.Semaphore(self.width(disk)))
