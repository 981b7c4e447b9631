"""Which page of how many is shown, and how many rows there are; pages can be turned."""

from __future__ import annotations

from typing import ClassVar

import param

from stoat_nb.components.assets import script, sheets
from stoat_nb.components.part import Part


class Pager(Part):
    """Says how many rows there are and turns their pages: tells which page somebody wants."""

    said = param.String(default="", doc="How many rows there are, in words.")
    count = param.Integer(default=1, bounds=(1, None), doc="How many pages there are.")
    page = param.Integer(default=0, bounds=(0, None), doc="The page that is shown, from 0.")

    _esm = script("drawing.js", "pager.js")
    _stylesheets: ClassVar[list[str]] = sheets("pager.css")
