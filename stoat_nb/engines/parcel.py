"""Any function with its arguments as one JSON object: also one that was written in a notebook."""

from __future__ import annotations

import base64
import pickle
from collections.abc import Callable, Mapping
from typing import Any

import cloudpickle


def packed(function: Callable[..., Any], args: tuple[Any, ...]) -> dict[str, str]:
    """Return what ``unpack_and_call`` is given; raise whatever cannot be packed raises.

    Functions of modules travel by name, those of a notebook or a script as their code.
    """
    return {"parcel": base64.b64encode(cloudpickle.dumps((function, args))).decode("ascii")}


def unpack_and_call(item: Mapping[str, Any]) -> Any:
    """Call what was packed. Only ever our own parcels arrive here: answers go back as JSON."""
    function, args = pickle.loads(base64.b64decode(item["parcel"]))  # noqa: S301 - packed by our parent
    return function(*args)
