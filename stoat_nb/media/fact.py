"""What is declared of a fact beside its type: checks, tables, frames and docs derive from it.

A worker has read a hostile file with C code, so what it states is no more to be trusted than the
file. Each check is made once and called many million times; bounds that it closes over cost it the
least. JSON has no subclasses, so that types are compared, and True is no number.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable
from functools import cache
from types import NoneType
from typing import Any, Literal, get_args, get_type_hints

from msgspec import Struct
from msgspec.structs import replace

Check = Callable[[Any], Any]  #: Returns what is kept of a value; None: nothing.
Dtype = Literal[
    "string",
    "Int64",
    "Float64",
    "boolean",
    "category",
    "datetime64[ns, UTC]",
    "list<string>",
]
_DTYPES: dict[Any, Dtype] = {
    int: "Int64",
    float: "Float64",
    bool: "boolean",
    tuple[str, ...]: "list<string>",
}

_LARGEST = 2**63 - 1  # what the catalog's columns hold
_MOST_WORDS = 100
_MOST_SECONDS = 1e10  # three centuries; more is a damaged header
_DIGEST = re.compile(r"[0-9a-f]{32}", re.ASCII)


class Fact(Struct, frozen=True):
    """One fact: what it says, what it must be, and which columns hold it.

    Under its own name it is a column of the table that its Struct is a row of.
    """

    doc: str
    check: Check
    unit: str = ""  #: Of a number.
    dtype: Dtype = "category"  #: Of text; others have that of their type.
    video: str = ""  #: The column of ``videos`` that holds it of the main video stream.
    audio: str = ""  #: The column of ``videos`` that holds it of the main audio stream.


@cache
def facts_of(struct: type[Struct]) -> dict[str, Fact]:
    """Return what is declared of each fact of a Struct, in its order."""
    found = {}
    for name, hint in get_type_hints(struct, include_extras=True).items():
        for declared in getattr(hint, "__metadata__", ()):
            kinds = get_args(hint.__origin__) or (hint.__origin__,)
            (kind,) = (one for one in kinds if one is not NoneType)
            found[name] = replace(declared, dtype=_DTYPES.get(kind, declared.dtype))
    return found


def whole(least: int = 1, most: int = _LARGEST) -> Check:
    """Return what tells a whole number within bounds, and gives None for anything else."""

    def check(value: Any) -> int | None:
        return value if type(value) is int and least <= value <= most else None

    return check


def real(least: float, most: float) -> Check:
    """Return what tells a number within finite bounds, and gives None for anything else."""

    def check(value: Any) -> float | None:
        # Comparing is exact for integers of any size, and false for NaN.
        if (type(value) is float or type(value) is int) and least <= value <= most:
            return float(value)
        return None

    return check


def one_of(words: Iterable[str]) -> Check:
    """Return what tells some words, and gives None for anything else."""
    known = frozenset(words)

    def check(value: Any) -> str | None:
        return value if type(value) is str and value in known else None

    return check


def text_of(longest: int) -> Check:
    """Return what cuts text to what any column can hold; None if there is none."""

    def check(value: Any) -> str | None:
        if type(value) is not str:
            return None
        kept = value[:longest].replace("\0", "\\x00").strip()
        if not kept.isascii():  # half a character of UTF-16 is none
            kept = kept.encode("utf-8", "backslashreplace").decode("utf-8")
        return kept or None

    return check


def texts(value: Any) -> tuple[str, ...] | None:
    """Return a list of words, each once, or None for anything else."""
    if type(value) not in (list, tuple):
        return None
    return tuple(dict.fromkeys(filter(None, map(_word, value[:_MOST_WORDS])))) or None


def truth(value: Any) -> bool | None:
    """Return a truth value, or None for anything else."""
    return value if type(value) is bool else None


def length(value: Any) -> float | None:
    """Return seconds that are longer than none."""
    return span(value) or None


def turn(value: Any) -> int | None:
    """Return a number of whole quarter turns, in degrees."""
    return value if type(value) is int and value in (0, 90, 180, 270) else None


def digest(value: Any) -> str | None:
    """Return 16 bytes as hexadecimal digits."""
    return value if type(value) is str and _DIGEST.fullmatch(value) else None


text, _word = text_of(10_000), text_of(100)
count, number = whole(), whole(least=0)
pixels, byte = whole(most=1_000_000), whole(least=0, most=255)
moment, span = real(-_MOST_SECONDS, _MOST_SECONDS), real(0.0, _MOST_SECONDS)
