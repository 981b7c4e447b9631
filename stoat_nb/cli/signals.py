"""Being told to end: Ctrl-C cancels, SIGTERM and SIGHUP leave jobs to the next process."""

from __future__ import annotations

import os
import signal
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from typing import Any, NoReturn

_ENDING = (signal.SIGTERM, signal.SIGHUP)
#: Seconds in which signals count as one, if the first could not interrupt yet.
TOGETHER_S = 0.5
_SHOW_CURSOR = b"\x1b[?25h\n"


class Ended(KeyboardInterrupt):
    """SIGTERM or SIGHUP came. Libraries let it through as they do with Ctrl-C."""


class _Told:
    """What this process was told, and whether that may interrupt it just now."""

    first: int | None = None
    at = 0.0
    is_held = False
    is_raised = False

    def __call__(self, number: int, _frame: Any) -> None:
        if self.first is None:
            self.first, self.at = number, time.monotonic()
            if not self.is_held:
                self.interrupt()
        elif not self.is_raised and time.monotonic() - self.at < TOGETHER_S:
            pass  # pressed twice: what the first one stands for is about to happen
        elif signal.SIGINT in (number, self.first):
            _die_of(number)
        # Another SIGTERM or SIGHUP: jobs are being handed back already.

    def interrupt(self) -> None:
        if self.first is not None and not self.is_raised:
            self.is_raised = True
            raise KeyboardInterrupt if self.first == signal.SIGINT else Ended(self.first)


_told = _Told()


def listen() -> None:
    """Have the first signal interrupt the command, unless whoever started us has it ignored."""
    with suppress(ValueError):  # only the main thread may say what a signal does
        for number in (signal.SIGINT, *_ENDING):
            if signal.getsignal(number) in (signal.SIG_DFL, signal.default_int_handler):
                signal.signal(number, _told)


def hang_up_as_terminate() -> None:
    """Treat SIGHUP as SIGTERM, for a server that stops in good order on that one only."""
    with suppress(ValueError):
        if signal.getsignal(signal.SIGHUP) is _told:
            signal.signal(signal.SIGHUP, lambda *_: signal.raise_signal(signal.SIGTERM))


@contextmanager
def held_back() -> Iterator[None]:
    """Let a signal that comes meanwhile interrupt only at the end: never inside of a lock."""
    _told.is_held = True
    try:
        yield
    finally:
        _told.is_held = False
        _told.interrupt()


def code_of(problem: BaseException) -> int:
    """Return the exit code that stands for the signal behind an interrupt."""
    cause = problem if isinstance(problem, KeyboardInterrupt) else problem.__context__
    number: int = cause.args[0] if isinstance(cause, Ended) else signal.SIGINT
    return 128 + number


def leave(code: int) -> NoReturn:
    """Exit; by the signal itself where one ended us, which is a clean stop to init systems."""
    _told.first = signal.SIGINT  # what comes now ends the process without a word
    number = code - 128
    if number in _ENDING:
        _die_of(number)
    sys.exit(code)


def _die_of(number: int) -> None:
    """End at once. A job that runs is left as by a crash: to the next process."""
    with suppress(OSError):
        if os.isatty(2):
            os.write(2, _SHOW_CURSOR)  # a bar hides it
    signal.signal(number, signal.SIG_DFL)
    os.kill(os.getpid(), number)
