"""How everything looks: one accent colour, quiet surfaces, in light and dark."""

from __future__ import annotations

from typing import Any

_TYPE = {
    "fontFamily": "Roboto, system-ui, sans-serif",
    "button": {"textTransform": "none", "fontWeight": 500},
}
_SHAPE = {"borderRadius": 8}

#: For ``theme_config`` of a panel-material-ui page or component.
THEME: dict[str, Any] = {
    "light": {
        "palette": {
            "primary": {"main": "#0f766e", "contrastText": "#ffffff"},
            "background": {"default": "#f6f7f8", "paper": "#ffffff"},
            "text": {"primary": "#1d2733", "secondary": "#5b6673"},
            "divider": "#1d273320",
        },
        "typography": _TYPE,
        "shape": _SHAPE,
    },
    "dark": {
        "palette": {
            "primary": {"main": "#4fd1c0", "contrastText": "#06201d"},
            "background": {"default": "#12171c", "paper": "#1a2128"},
            "text": {"primary": "#e6ebf0", "secondary": "#9aa7b4"},
            "divider": "#e6ebf024",
        },
        "typography": _TYPE,
        "shape": _SHAPE,
    },
}
