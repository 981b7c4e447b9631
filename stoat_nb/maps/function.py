"""A function to be run over videos: checked, packed, and what it will answer."""

from __future__ import annotations

import dataclasses
import hashlib
import hmac
import inspect
import os
import pickle
import secrets
import types
import typing
from collections.abc import Callable, Iterator, Mapping
from contextlib import suppress
from datetime import date, datetime
from functools import partial
from pathlib import Path
from typing import Any

import cloudpickle
from msgspec import Struct

from stoat_nb.catalog.analyses import NAME, VALUE, AnalysisColumn
from stoat_nb.engines.local_modules import local_modules
from stoat_nb.engines.reference import home_of
from stoat_nb.errors import BadArgument
from stoat_nb.media.fact import Dtype
from stoat_nb.names import shown

_KEY_BYTES = 32
_DTYPES: Mapping[Any, Dtype] = {
    bool: "boolean",
    int: "Int64",
    float: "Float64",
    str: "string",
    datetime: "datetime64[ns, UTC]",
    date: "datetime64[ns, UTC]",
    list[str]: "list<string>",
}
#: Globals that a function may use and that are told apart by what they are.
_TOLD = (int, float, str, tuple, types.FunctionType)
#: What ``columns=`` may say of a column.
DTYPES = tuple(dict.fromkeys(_DTYPES.values()))


class PackedFunction(Struct, frozen=True, kw_only=True):
    """A function as it travels and is kept."""

    pickled: bytes
    code: str  #: Of what it does; the same where only its place has changed.
    source: str | None  #: For people.
    folders: list[str]  #: Of modules of its user's own, which it may import.
    columns: dict[str, AnalysisColumn]  #: What its annotations say of its answers.

    @property
    def hash(self) -> str:
        """By which it is kept."""
        return hashlib.sha256(self.pickled).hexdigest()


def packed(function: Callable[[Any], Any]) -> PackedFunction:
    """Return a function as it travels.

    Raises
    ------
    BadArgument
        If it cannot be run: because it is asynchronous, takes no single argument, or holds what
        cannot be sent to another process.
    """
    _check(function)
    try:
        pickled = cloudpickle.dumps(function)
    except Exception as problem:
        reason = f"a function that can be sent to another process ({shown(problem)})"
        raise BadArgument("function", function, reason) from problem
    folders = dict.fromkeys(home for name, _ in local_modules() if (home := home_of(name)))
    return PackedFunction(
        pickled=pickled,
        code=code_of(function),
        source=_source(function),
        folders=list(folders),
        columns=answers_of(function),
    )


def _check(function: Any) -> None:
    if not callable(function):
        raise BadArgument("function", function, "a function of a path")
    inner = inspect.unwrap(_innermost(function))
    if inspect.iscoroutinefunction(inner) or inspect.isasyncgenfunction(inner):
        raise BadArgument(
            "function",
            function,
            "a plain function: it is async. Each video has a process to itself; write def and wait "
            "in it, or call asyncio.run in it",
        )
    try:
        takes = inspect.signature(function)
    except ValueError:
        return  # some functions of C do not say what they take
    try:
        takes.bind("path")
    except TypeError as problem:
        reason = f"a function of one argument, the path ({problem})"
        raise BadArgument("function", function, reason) from None


def _innermost(function: Any) -> Any:
    while isinstance(function, partial):
        function = function.func
    if inspect.isroutine(function) or inspect.isclass(function):
        return function
    return type(function).__call__


def _source(function: Any) -> str | None:
    try:
        return inspect.getsource(_innermost(function))
    except (OSError, TypeError):
        return None


# -- what it does ------------------------------------------------------------------------------


def code_of(function: Any) -> str:
    """Return a hash of what a function does: a hint, for it cannot know all that it calls.

    Examples
    --------
    >>> code_of(lambda path: 1) == code_of(lambda path: 1)
    True
    >>> code_of(lambda path: 1) == code_of(lambda path: 2)
    False
    """
    digest = hashlib.sha256()
    for part in _parts(function, set()):
        digest.update(part)
    return digest.hexdigest()[:16]


def _parts(value: Any, seen: set[int]) -> Iterator[bytes]:
    """Yield what makes a function what it is: code, constants, defaults, closure, globals."""
    if isinstance(value, types.FunctionType):
        if id(value) in seen:
            return  # it calls itself
        seen.add(id(value))
    if (inner := _inner(value)) is not None:
        for part in inner:
            yield from _parts(part, seen)
        return
    try:
        yield pickle.dumps(value)
    except Exception:  # noqa: BLE001 - whatever it raises: the hint is blind to it
        yield type(value).__qualname__.encode()


def _inner(value: Any) -> list[Any] | None:
    match value:
        case partial():
            return [value.func, value.args, *value.keywords.items()]
        case types.MethodType():
            return [value.__func__, value.__self__]
        case types.CodeType():
            return [value.co_code, value.co_names, *value.co_consts]
        case types.FunctionType():
            known, code = value.__globals__, value.__code__
            named = [known[name] for name in code.co_names if isinstance(known.get(name), _TOLD)]
            cells = []
            for cell in value.__closure__ or ():
                with suppress(ValueError):  # nothing is in it yet
                    cells.append(cell.cell_contents)
            return [code, value.__defaults__, value.__kwdefaults__, *cells, *named]
    return None


# -- what it answers ---------------------------------------------------------------------------


def answers_of(function: Any) -> dict[str, AnalysisColumn]:
    """Return the columns that the annotation of a function's answer tells."""
    try:
        answer = typing.get_type_hints(_innermost(function)).get("return")
    except Exception:  # noqa: BLE001 - an annotation may be anything
        return {}
    if (dtype := _dtype(answer)) is not None:
        return {VALUE: _stated(dtype)}
    is_named = typing.is_typeddict(answer) or dataclasses.is_dataclass(answer)
    if not (is_named or hasattr(answer, "__struct_fields__")):
        return {}
    try:
        hints = typing.get_type_hints(answer)
    except Exception:  # noqa: BLE001 - as above
        return {}
    return {name: _stated(dtype) for name, one in hints.items() if (dtype := _dtype(one))}


def _dtype(hint: Any) -> Dtype | None:
    if typing.get_origin(hint) in (typing.Union, types.UnionType):
        options = [one for one in typing.get_args(hint) if one is not type(None)]
        return _dtype(options[0]) if len(options) == 1 else None
    try:
        return _DTYPES.get(hint)
    except TypeError:
        return None


def _stated(dtype: Dtype) -> AnalysisColumn:
    return AnalysisColumn(dtype, "", stated=True)


def stated_columns(columns: Mapping[str, Any]) -> dict[str, AnalysisColumn]:
    """Return what ``columns=`` says: a dtype per name, or dtype, unit and what it means."""
    found = {}
    for name, told in columns.items() if isinstance(columns, Mapping) else [("", None)]:
        parts = [told] if isinstance(told, str) else list(told) if isinstance(told, tuple) else []
        dtype, unit, doc = [*parts, "", "", ""][:3]
        if dtype not in DTYPES or not NAME.fullmatch(str(name)):
            raise BadArgument(
                "columns", columns, f"a dictionary of dtypes: one of {', '.join(DTYPES)}"
            )
        found[name] = AnalysisColumn(dtype, "", str(unit), str(doc), stated=True)
    return found


# -- whose it is -------------------------------------------------------------------------------


def seal_of(key: str) -> str:
    """Return the mark by which this user knows a function of their own, of its hash.

    A library may be a stranger's: no function in it is run that has not this user's own seal.
    """
    return hmac.new(_secret(), key.encode(), "sha256").hexdigest()


#: Where no file can hold what only this user knows, only this process does.
_of_process = secrets.token_bytes(_KEY_BYTES)


def _secret() -> bytes:
    """Return what only this user knows."""
    with suppress(OSError, RuntimeError):  # RuntimeError: this user has no home
        given = os.environ.get("XDG_DATA_HOME", "")
        base = Path(given) if os.path.isabs(given) else Path.home() / ".local" / "share"  # noqa: PTH117 - text
        path = base / "stoat-nb" / "seal"
        if not path.exists():
            _make(path)
        found = path.read_bytes()
        if len(found) == _KEY_BYTES:
            return found
    return _of_process


def _make(path: Path) -> None:
    """Make a file at once with all that it holds, whoever else does the same."""
    path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    partial_path = path.with_name(f".{secrets.token_hex(8)}")
    try:
        partial_path.touch(mode=0o600, exist_ok=False)
        partial_path.write_bytes(secrets.token_bytes(_KEY_BYTES))
        with suppress(FileExistsError):
            path.hardlink_to(partial_path)
    finally:
        partial_path.unlink(missing_ok=True)
