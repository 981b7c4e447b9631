"""What a camera writes into each of its files alike, worked out once."""

from __future__ import annotations

from collections.abc import Callable
from functools import lru_cache, wraps
from typing import TypeVar, TypeVarTuple

Rest = TypeVarTuple("Rest")
Answer = TypeVar("Answer")

_LONGEST = 4096  # bytes: no file can fill memory with what is kept
_MOST = 256


def cached(function: Callable[[bytes, *Rest], Answer]) -> Callable[[bytes, *Rest], Answer]:
    """Keep the answers of a pure function of bytes, as long as those are short and few.

    The answer is one object for all who ask the same, so it must be one that nobody changes.
    """
    known = lru_cache(maxsize=_MOST)(function)

    @wraps(function)
    def answer(raw: bytes, /, *rest: *Rest) -> Answer:
        return known(raw, *rest) if len(raw) <= _LONGEST else function(raw, *rest)

    return answer
