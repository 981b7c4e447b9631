"""The socket every engine fits: one call, one answer; a cancelled call leaves nothing behind."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from enum import StrEnum
from typing import Any, Protocol

from msgspec import Struct

#: An importable function from one JSON object to one JSON value.
PureFunction = Callable[[Mapping[str, Any]], Any]


class FaultKind(StrEnum):
    """Why a call has no value."""

    ERROR = "error"  #: The function raised.
    CRASH = "crash"  #: The process died while it ran, twice in a row on this item.
    DEADLINE = "deadline"  #: It took longer than it may and was killed.
    MEMORY = "memory"  #: Its process took more memory than it may and was killed.


class MadeFunction(Struct, frozen=True, kw_only=True):
    """A function that each process makes once: what it is made of does not go with every call."""

    make: Callable[[Mapping[str, Any]], PureFunction]  #: Importable.
    item: Mapping[str, Any]  #: What to make it of: a JSON object.
    key: str  #: The same for the same function.


class Fault(Struct, frozen=True, kw_only=True):
    """What went wrong with one call."""

    kind: FaultKind
    message: str  #: One sentence, never empty.


class Answer(Struct, frozen=True, kw_only=True):
    """What came of one call: ``value`` if ``fault`` is None."""

    value: Any = None
    fault: Fault | None = None
    elapsed_ms: int = 0


class Engine(Protocol):
    """Runs pure functions somewhere else."""

    @property
    def slots(self) -> int:
        """How many calls can be under way at once."""

    async def call(
        self,
        function: PureFunction | MadeFunction,
        item: Mapping[str, Any],
        *,
        deadline_s: float | None = None,
    ) -> Answer:
        """Run ``function(item)`` and return what came of it; a cancelled call is killed.

        It may take ``deadline_s`` seconds; None: what the engine was made with. RunFailed where no
        process could be started: that says nothing about the item.
        """

    async def aclose(self) -> None:
        """Stop every process; none is left when this returns."""
