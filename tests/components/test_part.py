from __future__ import annotations

from types import SimpleNamespace
from typing import Any

import pytest
from bokeh.document import Document
from panel.io.state import state
from panel.models.esm import DataEvent

from stoat_nb.components.part import Part


def test_what_is_said_while_the_page_changes_is_not_overtaken(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    heard: list[dict[str, Any]] = []
    document = Document()
    session = SimpleNamespace()
    document._session_context = lambda: session
    model = Part(heard.append).get_root(document)

    with monkeypatch.context() as changing:
        changing.setitem(state._change_callbacks, document, {})
        model._trigger_event(DataEvent(model, {"clear": True}))
    model._trigger_event(DataEvent(model, {"show": "a view"}))

    assert heard == [{"clear": True}, {"show": "a view"}]
