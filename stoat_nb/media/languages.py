"""Languages by one code each, however files tag them: ISO 639-1, both parts of 639-2, or BCP 47."""

from __future__ import annotations

import re
from functools import cache, lru_cache

_CODE = re.compile(r"([a-z]{2,3})(?:[-_][a-z0-9]{1,8})*", re.ASCII | re.IGNORECASE)
#: How files say that they do not know.
_UNKNOWN = frozenset({"und", "unk", "xxx"})

#: ISO 639-1, two letters, each with the three of ISO 639-3.
_TWO_LETTERS = """
aaaar ababk aeave afafr akaka amamh anarg arara asasm avava ayaym azaze babak bebel bgbul bhbih
bibis bmbam bnben bobod brbre bsbos cacat ceche chcha cocos crcre csces cuchu cvchv cycym dadan
dedeu dvdiv dzdzo eeewe elell eneng eoepo esspa etest eueus fafas ffful fifin fjfij fofao frfra
fyfry gagle gdgla glglg gngrn guguj gvglv hahau heheb hihin hohmo hrhrv hthat huhun hyhye hzher
iaina idind ieile igibo iiiii ikipk ioido isisl itita iuiku jajpn jvjav kakat kgkon kikik kjkua
kkkaz klkal kmkhm knkan kokor krkau kskas kukur kvkom kwcor kykir lalat lbltz lglug lilim lnlin
lolao ltlit lulub lvlav mgmlg mhmah mimri mkmkd mlmal mnmon mrmar msmsa mtmlt mymya nanau nbnob
ndnde nenep ngndo nlnld nnnno nonor nrnbl nvnav nynya ococi ojoji omorm orori ososs papan pipli
plpol pspus ptpor quque rmroh rnrun roron rurus rwkin sasan scsrd sdsnd sesme sgsag sisin skslk
slslv smsmo snsna sosom sqsqi srsrp ssssw stsot susun svswe swswa tatam tetel tgtgk ththa titir
tktuk tltgl tntsn toton trtur tstso tttat twtwi tytah uguig ukukr ururd uzuzb veven vivie vovol
wawln wowol xhxho yiyid yoyor zazha zhzho zuzul
"""
#: Bibliographic codes of ISO 639-2 beside the terminological ones, and some withdrawn codes.
_OTHERS = """
albsqi armhye baqeus burmya chizho czeces dutnld frefra geokat gerdeu greell iceisl macmkd maomri
maymsa perfas rumron sloslk tibbod welcym sccsrp scrhrv molron
iwheb inind jiyid jwjav moron
"""
_SAME = {pair[:-3]: pair[-3:] for pair in (*_TWO_LETTERS.split(), *_OTHERS.split())}


@cache
def iso639(tagged: str) -> str | None:
    """Return the code of ISO 639-3 for a language as tagged; a word that is no code stays.

    Examples
    --------
    >>> iso639("ger"), iso639("de"), iso639("de-AT"), iso639("und")
    ('deu', 'deu', 'deu', None)
    """
    word = tagged.strip()
    match = _CODE.fullmatch(word)
    if match is None:
        return word or None
    code = match[1].lower()
    return None if code in _UNKNOWN else _SAME.get(code, code)


def known_code(word: str) -> bool:
    """Whether a word is a code of ISO 639-1 or 639-2, perhaps with a region: not any three letters.

    Examples
    --------
    >>> known_code("de"), known_code("ger"), known_code("pt-BR"), known_code("cut")
    (True, True, True, False)
    """
    match = _CODE.fullmatch(word)
    return match is not None and (match[1].lower() in _SAME or match[1].lower() in _SAME.values())


@lru_cache(maxsize=256)
def several(tagged: str) -> tuple[str, ...]:
    """Return the languages in a tag that may name several, each once: ``eng,fre``."""
    return tuple(dict.fromkeys(filter(None, map(iso639, tagged.split(",")))))
