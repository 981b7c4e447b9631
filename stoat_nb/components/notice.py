"""One sentence that wants to be read: why something was refused, or what to do first."""

from __future__ import annotations

from typing import Any, ClassVar

import param
from panel.custom import JSComponent

from stoat_nb.components.assets import sheets


class Notice(JSComponent):
    """Shows plain text in a quiet box, announced to screen readers; nothing while it is empty."""

    text = param.String(default="", doc="What is said; never read as HTML.")
    title = param.String(default="", doc="A short heading above it.")
    tone: Any = param.Selector(
        default="bad", objects=["bad", "calm"], doc="Whether something is wrong."
    )

    _esm = """
    export function render({model, el}) {
      const box = document.createElement("div");
      box.className = "box";
      const title = document.createElement("h2");
      const text = document.createElement("p");
      box.append(title, text);
      el.append(box);
      const draw = () => {
        box.setAttribute("role", model.tone === "bad" ? "alert" : "note");
        box.dataset.tone = model.tone;
        box.hidden = model.text === "";
        title.textContent = model.title;
        title.hidden = model.title === "";
        text.textContent = model.text;
      };
      model.on(["text", "title", "tone"], draw);
      draw();
    }
    """
    _stylesheets: ClassVar[list[str]] = sheets("notice.css")

    def __init__(self, **params: Any) -> None:
        # As wide as the cards it stands among: Panel's own margin would set it in.
        super().__init__(**{"sizing_mode": "stretch_width", "margin": (5, 0), **params})
