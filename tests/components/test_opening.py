from __future__ import annotations

import threading

import pytest

from stoat_nb.components import opening

#: Seconds after which something that should have happened has not.
PATIENCE_S = 30.0


def test_what_is_slow_waits_until_every_page_is_there(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(opening, "AT_MOST_S", PATIENCE_S)
    pages, waits, goes_on = (object(), object()), threading.Event(), threading.Event()

    def look() -> None:
        waits.set()
        opening.let_pages_open()
        goes_on.set()

    for page in pages:
        opening.begins(page)
    threading.Thread(target=look).start()
    waits.wait(PATIENCE_S)
    opening.is_there(pages[0])
    assert not goes_on.is_set()
    opening.has_loaded(pages[1])
    assert goes_on.wait(PATIENCE_S)
    opening.is_there(pages[1])


def test_nobody_waits_for_a_page_that_never_comes(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(opening, "AT_MOST_S", 0.05)
    page = object()
    opening.begins(page)
    opening.let_pages_open()
    opening.is_there(page)
