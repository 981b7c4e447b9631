"""The rule in ``panel serve`` from its first byte on, for scripts that ask for it by name.

Panel runs a script with its first page, and what is asked before would not be judged. Before it
serves anything it loads the logins that packages name, so this is listed as one. It adds no login,
and does nothing in a server whose scripts do not call ``guard_panel_servers``.
"""

from __future__ import annotations

import sys
from contextlib import suppress
from importlib import import_module
from pathlib import Path

from panel.auth import GenericLoginHandler

from stoat_nb.api.panel_server import guard_panel_servers

__all__ = ["GenericLoginHandler"]

#: What may hold a page; a folder does in its ``main.py``.
_SCRIPTS = frozenset({".py", ".ipynb", ".md"})


def _asks_for_the_rule(argument: str) -> bool:
    path = Path(argument)
    path = path if path.suffix in _SCRIPTS else path / "main.py"
    with suppress(OSError, ValueError):
        return guard_panel_servers.__name__.encode() in path.read_bytes()
    return False


if sys.argv[1:2] == ["serve"] and any(map(_asks_for_the_rule, sys.argv[2:])):
    import_module("bokeh.server.tornado")
    with suppress(ImportError):  # came with Panel 1.10, and needs FastAPI
        import_module("panel.io.asgi")
        import_module("panel.io.fastapi")
    guard_panel_servers()
