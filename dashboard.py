"""The door of ``panel serve dashboard.py``: one library, shared by every session."""

from __future__ import annotations

from stoat_nb.api.panel_server import guard_panel_servers
from stoat_nb.dashboard import create_dashboard, explain_refusal
from stoat_nb.errors import StoatError
from stoat_nb.sharing import shared_library

guard_panel_servers()
try:
    page = create_dashboard(shared_library())
except StoatError as refusal:
    page = explain_refusal(refusal)

page.servable(title="Stoat")
