"""The scripts and style sheets that lie beside the components."""

from __future__ import annotations

from pathlib import Path

_HERE = Path(__file__).parent
#: What any of them may be the first to need.
_ALL = ("notebook_channel.js",)


def script(*names: str) -> str:
    """Return a component's JavaScript, of one file or of several that build on one another."""
    return "\n".join((_HERE / name).read_text(encoding="utf-8") for name in (*_ALL, *names))


def sheets(*names: str) -> list[str]:
    """Return style sheets, the shared colours and sizes first."""
    return [(_HERE / name).read_text(encoding="utf-8") for name in ("cards.css", *names)]
