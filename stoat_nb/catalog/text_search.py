"""Finding text in a path whatever its case, in any script.

Text becomes a row of places, each with the characters that may stand there: SQLite knows that as
GLOB, pandas as a regular expression, and both find the same.
"""

from __future__ import annotations

import re
import unicodedata
from functools import cache
from string import ascii_uppercase

from stoat_nb.catalog.values import as_stored_text
from stoat_nb.errors import FilterError

#: Characters that may be looked for at once.
LONGEST_SEARCH = 1000
#: Letters of a text by which paths are told apart.
GROUP = 3
#: Beyond it no character has cases.
_LAST_CASED = 0x1F000

Places = tuple[str, ...]


def search_clause(search: str) -> tuple[str, tuple[str, ...]]:
    """Return a condition on ``v.path`` and its bindings; nothing to look for gives no condition."""
    wanted = _checked(search)
    if not wanted:
        return "", ()
    if "\0" in wanted:
        return "FALSE", ()  # no path holds one, and SQLite would read no further
    if wanted.isascii():  # SQLite's own LIKE knows the cases of ASCII, and is quicker
        for special in "\\%_":
            wanted = wanted.replace(special, "\\" + special)
        return "v.path LIKE ? ESCAPE '\\'", (f"%{wanted}%",)
    spellings = _spellings(wanted)
    globs = tuple(f"*{''.join(map(_globbed, places))}*" for places in spellings)
    clause = f"({' OR '.join(['v.path GLOB ?'] * len(globs))})"
    if not any("".join(places).isascii() for places in spellings):
        # GLOB is slow, and in most libraries most paths are plain ASCII: a byte a character.
        clause = f"(length(CAST(v.path AS BLOB)) <> length(v.path) AND {clause})"
    return clause, globs


def search_pattern(search: str) -> str:
    """Return the regular expression that finds what the condition finds."""
    spellings = _spellings(_checked(search))
    return "|".join("".join(map(_as_regex, places)) for places in spellings)


def folded_spellings(search: str) -> tuple[str, ...]:
    """Return the ways of writing a text without cases.

    ``folded`` of a path that holds the text holds one of them, and only then.
    """
    return tuple("".join(map(_first, places)) for places in _spellings(_checked(search)))


def folded(text: str) -> str:
    """Return a text of as many characters, in which those that are one letter are the same."""
    return text.lower() if text.isascii() else text.translate(_folding())


@cache
def _folding() -> dict[int, str]:
    table = {ord(char): _first(chars) for chars in _alike().values() for char in chars}
    return table | {ord(char): char.lower() for char in ascii_uppercase}


def _first(place: str) -> str:
    return place[-1] if place.isascii() else place[0]


def _checked(search: str) -> str:
    if len(search) > LONGEST_SEARCH:
        raise FilterError(
            f"The text to look for has {len(search):,} characters. "
            f"Look for at most {LONGEST_SEARCH:,}."
        )
    return as_stored_text(search)


def _spellings(wanted: str) -> tuple[Places, ...]:
    """Return the ways of writing it: some systems write é as one character, some as two."""
    texts = {wanted: None}
    if not wanted.isascii():
        sharp = re.sub("[ßẞ]", "ss", wanted)
        for text in (wanted, sharp, re.sub("ss", "ß", sharp, flags=re.IGNORECASE)):
            texts |= dict.fromkeys(unicodedata.normalize(form, text) for form in ("NFC", "NFD"))
    return tuple(dict.fromkeys(tuple(map(_cases, text)) for text in texts))


def _cases(char: str) -> str:
    if char.isascii():
        return "".join(sorted({char.lower(), char.upper()}))
    return _alike().get(char.casefold(), char)


@cache
def _alike() -> dict[str, str]:
    """Return the characters that are one letter in different cases."""
    found: dict[str, str] = {}
    for char in map(chr, range(128, _LAST_CASED)):
        folded = char.casefold()
        if folded != char or char.upper() != char:
            found[folded] = found.get(folded, "") + char
    return found


def _globbed(place: str) -> str:
    return f"[{place}]" if len(place) > 1 or place in "*?[" else place


def _as_regex(place: str) -> str:
    return f"[{place}]" if len(place) > 1 else re.escape(place)
