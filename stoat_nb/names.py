"""File names as text: any bytes are a valid name, and every name can be shown.

A POSIX file name is any bytes but NUL and ``/``. Stoat keeps names as bytes and shows them as
text; this is the one place where the one becomes the other.
"""

from __future__ import annotations

import os
import unicodedata

#: Unicode categories that can disturb a line, a terminal or the reading order.
_DISTURBING = frozenset({"Cc", "Cf", "Cs", "Zl", "Zp"})
#: Between letters of some scripts, and in emoji, these are part of ordinary names.
_JOINERS = frozenset({"\N{ZERO WIDTH JOINER}", "\N{ZERO WIDTH NON-JOINER}"})


def as_bytes(path: str | bytes | os.PathLike[str]) -> bytes:
    """Return the bytes the file system knows this path by."""
    return os.fsencode(path)


def as_text(path: str | bytes | os.PathLike[str]) -> str:
    r"""Return a path as text that any database, frame or JSON can hold.

    Bytes that are no UTF-8 become ``\xNN``; a name that is UTF-8 stays as it is.

    Examples
    --------
    >>> as_text(b"caf\xc3\xa9.mp4")
    'café.mp4'
    >>> print(as_text(b"caf\xe9.mp4"))
    caf\xe9.mp4
    """
    return os.fsencode(path).decode("utf-8", "backslashreplace")


def shown(value: object) -> str:
    r"""Return hostile text as one harmless line for a person: for messages, logs, terminals, pages.

    Control, formatting (right-to-left overrides among them) and surrogate characters become
    visible escapes. Escaping for HTML is the page's own duty and comes after this.

    Examples
    --------
    >>> print(shown("evil\nname\x1b[31m"))
    evil\nname\x1b[31m
    """
    try:
        text = as_text(value) if isinstance(value, bytes | os.PathLike) else str(value)
    except (Exception, SystemExit):  # noqa: BLE001 - its own ``__str__`` may do anything
        text = f"<{class_name(value)} that cannot be shown>"
    if text.isascii() and text.isprintable():
        return text
    around = zip(" " + text, text, text[1:] + " ", strict=False)
    return "".join(
        char if char in _JOINERS and not (before.isascii() or after.isascii()) else _visible(char)
        for before, char, after in around
    )


def class_name(value: object) -> str:
    """Return the name of a value's class, whatever the class itself says of it."""
    return str(type.__dict__["__name__"].__get__(type(value)))


def _visible(char: str) -> str:
    if unicodedata.category(char) not in _DISTURBING:
        return char
    return char.encode("unicode_escape").decode("ascii")
