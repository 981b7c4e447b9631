"""What a function is called in another process, and where that process finds it."""

from __future__ import annotations

import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from msgspec import Struct
from msgspec.structs import replace

from stoat_nb.engines.engine import MadeFunction, PureFunction
from stoat_nb.names import shown

_PACKAGE = __name__.partition(".")[0]


class Reference(Struct, frozen=True):
    """An importable function by name."""

    module: str
    qualname: str
    made_of: Mapping[str, Any] | None = None  #: What it makes the function of that is called.
    key: str = ""  #: Of what it makes.

    @property
    def name(self) -> str:
        """The function in one word, as entry points spell it: ``module:qualname``."""
        made = f"#{self.key}" if self.key else ""
        return f"{self.module}:{self.qualname}{made}"

    @property
    def import_path(self) -> list[str]:
        """What ``sys.path`` must be for the function and this package to be the same there as here.

        Relative entries stay out: no module is ever taken from whatever folder is the current one.
        """
        known = [str(entry) for entry in sys.path if Path(entry).is_absolute()]
        homes = dict.fromkeys((home_of(_PACKAGE), home_of(self.module)))
        return [*(home for home in homes if home and home not in known), *known]


def refer_to(function: PureFunction | MadeFunction) -> Reference:
    """Return the name of a function; refuse one that only this process can reach."""
    if isinstance(function, MadeFunction):
        maker = refer_to(function.make)
        return replace(maker, made_of=function.item, key=function.key)
    reference = Reference(
        str(getattr(function, "__module__", "")), str(getattr(function, "__qualname__", ""))
    )
    if reference.module == "__main__" or _found(reference) is not function:
        raise ValueError(
            f"'{shown(function)}' cannot run in another process: it has to be a function of a "
            "module that can be imported. Move it from the notebook or script into a .py file."
        )
    return reference


def _found(reference: Reference) -> object:
    target: object = sys.modules.get(reference.module)
    for part in reference.qualname.split("."):
        target = getattr(target, part, None)
    return target


def home_of(module: str) -> str | None:
    """Return the folder that the outermost package of ``module`` lies in, if it lies in one."""
    outermost = sys.modules.get(module.partition(".")[0])
    folders = list(getattr(outermost, "__path__", ()))
    place = folders[0] if folders else getattr(outermost, "__file__", None)
    return None if place is None else str(Path(place).absolute().parent)
