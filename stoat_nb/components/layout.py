"""Boxes that hold other parts.

Panel's own and not Material's, which look alike here: in a notebook each of Material's would carry
that library's whole script.
"""

from __future__ import annotations

from typing import Any

import panel as pn

#: What is narrow stands beside what is wide where there is room, and above it where there is none.
_BESIDE = """
:host { display: grid !important; gap: 16px; align-items: start; grid-template-columns: 252px minmax(0, 1fr); }
@container (max-width: 860px) { :host { grid-template-columns: minmax(0, 1fr); } }
"""  # noqa: E501 - CSS


def column(*parts: Any, gap: int = 0, top: int = 0, **options: Any) -> pn.Column:
    """Return parts below each other, so many pixels apart."""
    return pn.Column(
        *parts,
        sizing_mode="stretch_width",
        margin=(top, 0, 0, 0),
        styles={"gap": f"{gap}px"},
        **options,
    )


def beside(narrow: Any, wide: Any) -> pn.Column:
    """Return one part that is narrow beside one that takes the rest."""
    both = pn.Column(narrow, wide, sizing_mode="stretch_width", margin=0, stylesheets=[_BESIDE])
    # It goes by the room that it has: a cell of a notebook may be narrow in a wide window.
    room = column(both)
    room.styles = {**room.styles, "container-type": "inline-size"}
    return room
