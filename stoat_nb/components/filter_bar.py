"""Words to search for, an expression, the filters that are set, and the menus beside them."""

from __future__ import annotations

from typing import ClassVar

import param

from stoat_nb.components.assets import script, sheets
from stoat_nb.components.part import Part


class FilterBar(Part):
    """Draws the line above the table; tells what was typed, dropped, saved or chosen."""

    search = param.String(default="", doc="What is searched for.")
    where = param.String(default="", doc="The expression.")
    problem = param.String(default="", doc="What is wrong with the expression.")
    said = param.String(default="", doc="How many videos match, and of how many.")
    n_chosen = param.Integer(default=0, doc="How many rows are selected.")
    chips = param.List(default=[], item_type=dict, doc="Each filter that is set: key and label.")
    views = param.List(default=[], item_type=str, doc="The names of the saved views.")
    columns = param.List(default=[], item_type=str, doc="The columns that are shown.")
    offered = param.List(default=[], item_type=dict, doc="Field, title and doc of every column.")
    pictures = param.Boolean(default=False, doc="Whether rows have pictures.")
    remembers = param.Boolean(default=False, doc="Whether the next page has pictures as this one.")
    code = param.Dict(default={}, doc="What reproduces the table, as pandas and as SQL.")

    _esm = script("drawing.js", "filter_bar.js")
    _stylesheets: ClassVar[list[str]] = sheets("filter_bar.css")

    def hand_over(self, paths: str) -> None:
        """Give the page paths for the clipboard."""
        self._send_msg({"paths": paths})
