"""Finding text in a path whatever its case, in any script."""

from __future__ import annotations

import unicodedata
from functools import lru_cache

import apsw

from stoat_nb.catalog.values import as_stored_text


def search_clause(search: str) -> tuple[str, tuple[str, ...]]:
    """Return a condition on ``v.path`` and its bindings; nothing to look for gives no condition."""
    wanted = as_stored_text(search)
    if not wanted:
        return "", ()
    if wanted.isascii():  # SQLite's own LIKE knows the cases of ASCII, and is quicker
        for special in "\\%_":
            wanted = wanted.replace(special, "\\" + special)
        return "v.path LIKE ? ESCAPE '\\'", (f"%{wanted}%",)
    return "text_holds(v.path, ?)", (wanted,)


def add_text_search(connection: apsw.Connection) -> None:
    """Teach a connection the function that the condition may call."""
    connection.create_scalar_function("text_holds", _text_holds, 2, deterministic=True)


def _text_holds(*texts: apsw.SQLiteValue) -> bool:
    path, wanted = texts
    return _folded_once(str(wanted)) in _folded(str(path))


def _folded(text: str) -> str:
    # Some systems write é as one character, some as two.
    return unicodedata.normalize("NFC", unicodedata.normalize("NFC", text).casefold())


_folded_once = lru_cache(maxsize=16)(_folded)
