"""The rows of one page, drawn as a table that a keyboard and a screen reader can walk."""

from __future__ import annotations

from typing import ClassVar

import param

from stoat_nb.components.assets import script, sheets
from stoat_nb.components.part import Part


class RowGrid(Part):
    """Draws rows of plain text; tells which header was pressed and which row was opened or chosen.

    Where there is no room for a table, a row is a name and a line of facts below it.
    """

    columns = param.List(default=[], item_type=dict, doc="Field, title and room of each column.")
    rows = param.List(default=[], item_type=dict, doc="The id, cells and tones of each row.")
    sort = param.String(default="", doc="The field the rows are sorted by.")
    descending = param.Boolean(default=False, doc="Whether the largest come first.")
    chosen = param.List(default=[], item_type=int, doc="Ids of the rows that are selected.")
    opened = param.Integer(default=None, doc="Id of the row that is open.")
    selectable = param.Boolean(default=False, doc="Whether rows can be selected.")
    opens = param.Boolean(default=False, doc="Whether rows can be opened.")
    pictures = param.Boolean(default=False, doc="Whether each row has a small picture.")
    label = param.String(default="", doc="What a screen reader calls the table.")

    _esm = script("row_pictures.js", "row_grid.js")
    _stylesheets: ClassVar[list[str]] = sheets("row_grid.css")
