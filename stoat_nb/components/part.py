"""A part of a page: it draws what it is told, and tells what somebody did."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import param
from bokeh.document import Document
from bokeh.events import Event
from bokeh.model import Model
from panel.custom import JSComponent

from stoat_nb.components.live import LiveHub

#: Does what somebody asked for, if it can be meant; called where views may be changed.
Heed = Callable[[dict[str, Any]], object]


#: What Panel itself makes something of; all else is only handed on to the script of a part.
_OF_PANEL = frozenset(JSComponent.param)


class Part(JSComponent):
    """The base of components that send messages: what they mean is decided by whoever made them.

    Parameters
    ----------
    heed
        Called with each message; nothing in it can be trusted.
    """

    _esm = "export function render() {}"

    def __init__(self, heed: Heed, **params: Any) -> None:
        super().__init__(**{"sizing_mode": "stretch_width", "margin": 0, **params})
        self._heed = heed
        self._hub = LiveHub.current()

    def _handle_msg(self, data: Any) -> None:
        if isinstance(data, dict):
            self._hub.post(lambda: self._heed(data))

    def _server_event(self, doc: Document, event: Event) -> None:  # noqa: ARG002 - Panel's way in
        # Panel puts off what comes while the page is changing, and the next may overtake it. What
        # is said here is only put in line, so it need not wait for anything.
        self._process_event(event)

    # Panel asks the design of a page for its share in each change, and looks for parts of parts in
    # all that is told. There are none here, and to look for them took longer than all the rest.

    def _update_properties(
        self, *events: param.parameterized.Event, doc: Document
    ) -> dict[str, Any]:
        new = {event.name: event.new for event in events}
        return new if _OF_PANEL.isdisjoint(new) else super()._update_properties(*events, doc=doc)

    def _update_model(  # noqa: PLR0917 - as Panel calls it
        self,
        events: dict[str, param.parameterized.Event],
        msg: dict[str, Any],
        root: Model,
        model: Model,
        doc: Document,
        comm: Any,
    ) -> None:
        # Only while changes are gathered: of others Panel has more to keep in mind.
        if doc.callbacks.hold_value is not None and _OF_PANEL.isdisjoint(msg):
            data: Model = model.data  # type: ignore[attr-defined]
            data.update(**msg)
        else:
            super()._update_model(events, msg, root, model, doc, comm)

    def draw(self, **changes: Any) -> None:
        """Take what is new of this; a page leaves alone what has not changed."""
        new = {name: value for name, value in changes.items() if getattr(self, name) != value}
        if new:
            self.param.update(**new)
