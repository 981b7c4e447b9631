"""Any function with its arguments as one JSON object: also one that was written in a notebook."""

from __future__ import annotations

import asyncio
import base64
import math
import pickle
from collections.abc import Callable, Mapping
from typing import Any

import cloudpickle

from stoat_nb.engines.engine import Engine
from stoat_nb.engines.local_modules import importable, local_modules, note_imports
from stoat_nb.engines.reference import home_of
from stoat_nb.errors import RunFailed
from stoat_nb.names import shown


async def send(
    engine: Engine, function: Callable[..., Any], args: tuple[Any, ...], timeout: float | None
) -> Any:
    """Run a function with its arguments on an engine, and return what it returns.

    Raises
    ------
    RunFailed
        If it cannot be sent, raises, crashes or takes longer than ``timeout`` seconds.
    """
    name = shown(getattr(function, "__name__", function))
    try:
        parcel = await asyncio.to_thread(packed, function, args)
    except Exception as problem:  # whatever an argument's own pickling raises
        raise RunFailed(
            f"'{name}' cannot be sent to another process: {shown(problem)}."
        ) from problem
    limit = math.inf if timeout is None else timeout
    answer = await engine.call(unpack_and_call, parcel, deadline_s=limit)
    if answer.fault is not None:
        raise RunFailed(f"'{name}' came to nothing: {answer.fault.message}")
    return answer.value


def packed(function: Callable[..., Any], args: tuple[Any, ...]) -> dict[str, Any]:
    """Return what ``unpack_and_call`` is given; raise whatever cannot be packed raises.

    Functions of modules travel by name, those of a notebook or a script as their code. The modules
    that lie beside them are imported from where they are, and again when one was edited.
    """
    parcel = base64.b64encode(cloudpickle.dumps((function, args))).decode("ascii")
    folders = dict.fromkeys(home for name, _ in local_modules() if (home := home_of(name)))
    return {"parcel": parcel, "folders": list(folders)}


def unpack_and_call(item: Mapping[str, Any]) -> Any:
    """Call what was packed. Only ever our own parcels arrive here: answers go back as JSON."""
    with importable(item["folders"]):
        function, args = pickle.loads(base64.b64decode(item["parcel"]))  # noqa: S301 - packed by our parent
        note_imports()  # before it runs for hours, in which they may be edited
        return function(*args)
