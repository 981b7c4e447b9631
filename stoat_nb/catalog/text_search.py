"""Finding text in a path whatever its case, in any script.

Text becomes a row of places, each with the characters that may stand there: a regular expression,
which DuckDB and pandas read alike.
"""

from __future__ import annotations

import re
import unicodedata
from functools import cache

from stoat_nb.catalog.values import as_stored_text
from stoat_nb.errors import FilterError

#: Characters that may be looked for at once.
LONGEST_SEARCH = 1000
#: Beyond it no character has cases.
_LAST_CASED = 0x1F000

Places = tuple[str, ...]


def search_pattern(search: str) -> str:
    """Return the regular expression of a path that holds some text."""
    spellings = _spellings(_checked(search))
    return "|".join("".join(map(_as_regex, places)) for places in spellings)


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


def _as_regex(place: str) -> str:
    return f"[{place}]" if len(place) > 1 else re.escape(place)
