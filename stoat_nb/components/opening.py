"""Pages that are being opened go first: what takes long to count waits until they can be used."""

from __future__ import annotations

import threading
import time

from stoat_nb.components.clock import CLOCK

#: Seconds in which a browser draws a page that it has loaded.
DRAWN_S = 0.5
#: Seconds after which a page that has not loaded is waited for no longer: nobody may be there.
AT_MOST_S = 5.0

_opening: dict[object, float] = {}
_changed = threading.Condition()


def begins(page: object) -> None:
    """Say that a page is being opened."""
    with _changed:
        _opening[page] = time.monotonic()


def has_loaded(page: object) -> None:
    """Say that a browser has a page, and draws it now."""
    CLOCK.at(time.monotonic() + DRAWN_S, lambda: is_there(page))


def is_there(page: object) -> None:
    """Say that a page is not being opened any more. May be said again."""
    with _changed:
        _opening.pop(page, None)
        _changed.notify_all()


def let_pages_open() -> None:
    """Wait for as long as a page is being opened. Blocking; on threads of no loop."""
    with _changed:
        while (left := _patience_left()) > 0:
            _changed.wait(left)


def _patience_left() -> float:
    ends = (began + AT_MOST_S for began in _opening.values())
    return max(ends, default=0.0) - time.monotonic()
