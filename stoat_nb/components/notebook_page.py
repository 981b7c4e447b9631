"""How the views of a kernel are changed: whoever says something, on any thread, is let finish."""

from __future__ import annotations

import sys
import threading
from collections.abc import Callable
from functools import wraps
from typing import Any

#: Held by whoever changes views of this kernel. What was worked out first must not be shown last.
TURN = threading.RLock()


def take_turns() -> None:
    """Have Panel's channel between a kernel and its notebooks used by one thread at a time.

    A change goes out as several messages, and those of two threads would mix and be lost. What
    comes in, on a thread of its own in JupyterLab, throws away all that has been changed and not
    been sent yet.
    """
    if "IPython" not in sys.modules:
        return
    import panel.io.notebook as channel  # noqa: PLC0415 - only kernels need it
    from panel.viewable import MimeRenderMixin  # noqa: PLC0415 - as above
    from pyviz_comms import JupyterCommJS  # noqa: PLC0415 - as above

    if not hasattr(channel.send, "takes_turns"):
        channel.send = _in_turn(channel.send)
        MimeRenderMixin._on_msg = _in_turn(MimeRenderMixin._on_msg)  # type: ignore[method-assign]  # noqa: SLF001
        JupyterCommJS._handle_open = _on_its_own_thread(JupyterCommJS._handle_open)  # noqa: SLF001


def _in_turn(function: Callable[..., None]) -> Callable[..., None]:
    @wraps(function)
    def wait_for_its_turn(*args: Any, **kwargs: Any) -> None:
        with TURN:
            function(*args, **kwargs)

    wait_for_its_turn.takes_turns = True  # type: ignore[attr-defined]
    return wait_for_its_turn


def _on_its_own_thread(begin: Callable[..., None]) -> Callable[..., None]:
    """Have what a view says heard on the thread that is asked for.

    ipykernel 7.4 hears it on the one that has answered the view last. JupyterLab asks for a thread
    of its own only from the second message on, so that would stay the main one, where cells run.
    """

    @wraps(begin)
    def open_view(self: Any, comm: Any, message: Any) -> None:
        if hasattr(comm, "_reply_subshell_for"):
            comm._reply_subshell_for = lambda _data, wanted: wanted  # noqa: SLF001
        begin(self, comm, message)

    return open_view
