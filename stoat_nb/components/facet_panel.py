"""The values that videos have and how many have them, to be chosen; and ranges to be narrowed."""

from __future__ import annotations

from typing import ClassVar

import param

from stoat_nb.components.assets import script, sheets
from stoat_nb.components.part import Part


class FacetPanel(Part):
    """Draws facets with their counts and sliders over histograms; tells what was chosen."""

    groups = param.List(default=[], item_type=dict, doc="A column, its title and its values each.")
    ranges = param.List(default=[], item_type=dict, doc="A column, its bins and its bounds each.")

    _esm = script("drawing.js", "facet_panel.js")
    _stylesheets: ClassVar[list[str]] = sheets("facet_panel.css")
