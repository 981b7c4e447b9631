"""Light or dark: as the system is, until somebody chooses; the browser keeps the choice."""

from __future__ import annotations

import panel as pn
import param
from panel.custom import JSComponent

from stoat_nb.components.assets import script

#: What the browser tells of it with every request, so that a page is right from its first pixel.
COOKIE = "stoat-theme"

#: Until the browser has told what it wants, nothing is shown that might be of the wrong brightness.
UNTIL_KNOWN = """
@media (prefers-color-scheme: dark) {
  html:not([data-theme-known]) { background: #12171c !important; }
  html:not([data-theme-known]) body { visibility: hidden; }
}
"""


class ThemeMemory(JSComponent):
    """Draws nothing; gives the page around it its theme, and keeps the one that is chosen."""

    cookie = param.String(default=COOKIE, constant=True, doc="Where the choice is kept.")

    _esm = script("theme_memory.js")


def known_theme() -> str | None:
    """Return ``dark`` or ``light``, as this browser had it last; None if it was never here."""
    said = pn.state.cookies.get(COOKIE)
    return said if said in ("dark", "light") else None
