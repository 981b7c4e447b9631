"""The REST API inside Panel's own FastAPI server, which came with Panel 1.10.

``panel serve dashboard.py --server fastapi --plugins stoat_nb.api.plugin``
"""

from __future__ import annotations

from typing import Any

from stoat_nb.api.panel_server import guard_panel_servers
from stoat_nb.api.router import create_router
from stoat_nb.sharing import shared_library


def __getattr__(name: str) -> Any:
    """Make ``ROUTER`` when Panel asks for it, so that importing this opens no library."""
    if name == "ROUTER":
        guard_panel_servers()
        return create_router(shared_library())
    raise AttributeError(name)
