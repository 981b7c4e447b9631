"""Run in a worker process: a function over some files, and its answers as cells.

Imported there before anything else is: nothing but the standard library.
"""

from __future__ import annotations

import hashlib
import math
import os
import pickle
import sqlite3
import time
from collections.abc import Callable, Iterable, Mapping
from contextlib import closing
from datetime import UTC, date, datetime
from functools import partial
from pathlib import Path
from types import GeneratorType, SimpleNamespace
from typing import Any

from stoat_nb.engines.local_modules import importable, note_imports

#: A cell is a dtype and a value, or None.
Cells = dict[str, tuple[str, Any] | None]
#: The key of an answer that is no dictionary.
VALUE = "value"
_LONGEST = 500
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


class MappedVideo(SimpleNamespace):
    """One video with every column of ``videos()`` as an attribute, and a path to be opened."""

    path: str

    def __fspath__(self) -> str:
        return self.path

    def open(self) -> Any:
        """Return the file, open for reading bytes."""
        return open(self.path, "rb")  # noqa: PTH123 - the caller closes it


def load(item: Mapping[str, Any]) -> Callable[[Mapping[str, Any]], Any]:
    """Return what runs a function that is kept in a library, of which our parent made the item."""
    uri = f"{Path(item['library']).as_uri()}?mode=ro"
    with closing(sqlite3.connect(uri, uri=True)) as library:
        sql = "SELECT pickled FROM functions WHERE hash = ?"
        (pickled,) = library.execute(sql, (item["function"],)).fetchone()
    if hashlib.sha256(pickled).hexdigest() != item["function"]:
        raise ValueError("the function in the library is not the one that was put there")
    with importable(item["folders"]):
        function = pickle.loads(pickled)  # noqa: S301 - our parent has seen its own seal on it
        note_imports()
    return partial(run_some, function)


def run_some(function: Callable[[Any], Any], item: Mapping[str, Any]) -> list[Any]:
    """Run a function over files until ``within_s`` has passed; return one answer per file."""
    until, answers = time.monotonic() + item["within_s"], []
    for file in item["files"]:
        begun = time.monotonic()
        answer = run_one(function, file)
        ended = time.monotonic()
        answers.append((ended - begun, answer))
        if ended > until:
            break
    return answers


def run_one(function: Callable[[Any], Any], file: Mapping[str, Any]) -> dict[str, Any]:
    """Return ``cells`` or ``rows``, or else ``error``: its class, type, message and line."""
    given = file["path"]
    if "facts" in file:
        given = MappedVideo(**{**file["facts"], "path": file["path"]})
    try:
        if (problem := _difference(file)) is None:
            answer = as_cells(function(given))
            problem = _difference(file)
    except BaseException as error:  # noqa: BLE001 - one file, one failure: SystemExit too
        return {"error": ("error", *_described(error))}
    return answer if problem is None else {"error": problem}


def _difference(file: Mapping[str, Any]) -> tuple[str, str, str, str] | None:
    """Say whether a file is another one by now than the library knows."""
    try:
        status = os.stat(file["path"])  # noqa: PTH116 - for each file
    except OSError as error:
        return ("vanished", type(error).__name__, f"It cannot be opened: {error.strerror}.", "")
    if (status.st_size, status.st_mtime_ns) == (file["size_bytes"], file["mtime_ns"]):
        return None
    return ("changed", "", "It changed since it was scanned. Scan its folder and map again.", "")


def _described(error: BaseException) -> tuple[str, str, str]:
    import traceback  # noqa: PLC0415 - only where something fails

    name = type(error).__name__
    try:
        text = str(error)[:_LONGEST] or name
    except BaseException:  # noqa: BLE001 - an exception may be as hostile as its file
        text = name
    steps = traceback.extract_tb(error.__traceback__)
    last = steps[-1] if len(steps) > 1 else None  # the first is our own call
    where = f"{os.path.basename(last.filename)}:{last.lineno} in {last.name}" if last else ""  # noqa: PTH119 - text
    return name, text, f"{where}: {last.line}" if last and last.line else where


def as_cells(answer: Any) -> dict[str, Any]:
    """Return an answer as ``cells`` of columns, or ``rows`` of them."""
    if isinstance(answer, GeneratorType) or _is_rows(answer):
        return {"rows": [_row(one) for one in answer]}
    fields = _fields(answer)
    return {"cells": {VALUE: _cell(VALUE, answer)} if fields is None else _named(fields)}


def _is_rows(answer: Any) -> bool:
    return isinstance(answer, list) and bool(answer) and _fields(answer[0]) is not None


def _row(one: Any) -> Cells:
    fields = _fields(one)
    if fields is None:
        raise TypeError(f"a row is a {type(one).__name__}: return or yield dictionaries")
    return _named(fields)


def _fields(value: Any) -> Mapping[Any, Any] | None:
    """Return what has named parts as a mapping; None: it has none."""
    if isinstance(value, Mapping):
        return value
    if isinstance(value, tuple) and hasattr(value, "_asdict"):
        return dict(value._asdict())
    names = getattr(type(value), "__struct_fields__", None) or getattr(
        type(value), "__dataclass_fields__", None
    )
    return {name: getattr(value, name) for name in names} if names else None


def _named(fields: Mapping[Any, Any]) -> Cells:
    return {str(name): _cell(str(name), value) for name, value in fields.items()}


def _cell(name: str, value: Any) -> tuple[str, Any] | None:
    """Return a value with its dtype; what says of itself that it is no value becomes None."""
    if type(value).__module__ == "numpy" and getattr(value, "ndim", 1) == 0:
        value = value.item()
    if isinstance(value, int | float) and not isinstance(value, bool):
        return _number(name, value)
    match value:
        case None:
            return None
        case bool():
            return "boolean", value
        case str():
            return "string", str(value)
        case datetime() | date():
            return _moment(value)
        case list() | tuple() | set() | frozenset() if all(isinstance(v, str) for v in value):
            return "list<string>", _texts(value)
    raise TypeError(
        f"'{name}' is a {type(value).__name__}, which is no value of a column: return numbers, "
        "text, True or False, dates, lists of text, None, or a dictionary or rows of these"
    )


def _number(name: str, value: float) -> tuple[str, int | float] | None:
    if isinstance(value, int):
        if not -(2**63) <= value < 2**63:
            raise OverflowError(f"'{name}' is a whole number of more than 64 bits")
        return "Int64", int(value)
    if math.isinf(value):
        raise ValueError(f"'{name}' is infinite: return a number, or None")
    return None if math.isnan(value) else ("Float64", float(value))


def _texts(value: Iterable[str]) -> list[str]:
    return sorted(value) if isinstance(value, set | frozenset) else [str(one) for one in value]


def _moment(value: Any) -> tuple[str, int] | None:
    """Return nanoseconds; a time without a zone is in UTC."""
    if value != value:  # noqa: PLR0124 - pandas' word for no time
        return None
    if not isinstance(value, datetime):
        value = datetime(value.year, value.month, value.day, tzinfo=UTC)
    moment = value if value.tzinfo else value.replace(tzinfo=UTC)
    since = moment - _EPOCH
    return "datetime64[ns, UTC]", (
        since.days * 86_400 + since.seconds
    ) * 10**9 + since.microseconds * 1000
