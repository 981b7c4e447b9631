"""Small pictures of many videos: how long, how sharp, how large, when. Each is a filter too."""

from __future__ import annotations

from typing import ClassVar

import param

from stoat_nb.components.assets import script, sheets
from stoat_nb.components.part import Part


class Plots(Part):
    """Draws histograms, a field of cells and a map of areas; tells what was clicked or brushed."""

    plots = param.List(default=[], item_type=dict, doc="What each plot shows, in order.")

    _esm = script("drawing.js", "plots.js")
    _stylesheets: ClassVar[list[str]] = sheets("plots.css")
