"""What a map came to: a frozen value that travels as JSON and reads as a sentence."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from msgspec import Struct, convert
from msgspec.structs import asdict

from stoat_nb import words


class MapReport(Struct, frozen=True, kw_only=True):
    """What running a function over videos did and could not do.

    Examples
    --------
    >>> print(MapReport(name="loudness", version="1", done=12, failed=1, elapsed_s=3.5))
    loudness: 12 videos done, 1 of them failed
    """

    name: str  #: The analysis.
    version: str
    done: int = 0  #: Videos the function was run on, those that failed included.
    failed: int = 0  #: Videos without an answer; ``library.map_failures(name)`` says why.
    notes: tuple[str, ...] = ()  #: What a person should know about it.
    elapsed_s: float = 0.0

    def to_json(self) -> dict[str, Any]:
        """Return what the job's result carries."""
        return asdict(self)

    @classmethod
    def from_json(cls, data: Mapping[str, Any]) -> MapReport:
        """Return the report of a job's result."""
        return convert(data, cls)

    def __str__(self) -> str:
        failed = f", {self.failed:,} of them failed" if self.failed else ""
        return " ".join(
            [f"{self.name}: {words.count(self.done, 'video')} done{failed}", *self.notes]
        )
