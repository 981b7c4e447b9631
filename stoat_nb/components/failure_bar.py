"""Why files could not be read, as buttons, and one that has them read once more."""

from __future__ import annotations

from typing import ClassVar

import param

from stoat_nb.components.assets import script, sheets
from stoat_nb.components.part import Part


class FailureBar(Part):
    """Draws the reasons with their counts; tells which was pressed, and that a retry is wanted."""

    reasons = param.List(default=[], item_type=dict, doc="Key, title, meaning and count of each.")
    chosen = param.String(default="", doc="Key of the reason that is shown; empty: all.")
    busy = param.Boolean(default=False, doc="Whether files are being read once more.")
    problem = param.String(default="", doc="Why they cannot be.")

    _esm = script("drawing.js", "failure_bar.js")
    _stylesheets: ClassVar[list[str]] = sheets("failure_bar.css")
