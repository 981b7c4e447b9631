"""Subtitles in files beside a video, told by their names alone: ``film.de.forced.srt``.

Players agree on the form: the video's name without its ending, then words between dots, then the
ending. What a word does not say is not known; no file is opened.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from typing import Any

from stoat_nb.media.extensions import SUBTITLES
from stoat_nb.media.languages import iso639, known_code
from stoat_nb.media.stream import Stream

#: Words for what a subtitle is beside its language.
_ROLES = {
    "forced": {"is_forced": True},
    "foreign": {"is_forced": True},
    "default": {"is_default": True},
    "sdh": {"is_sdh": True},
    "cc": {"is_sdh": True},
    "commentary": {"is_commentary": True},
}
#: Hindi where nothing else names the language, else: for the hard of hearing.
_HI = "hi"


def beside(videos: Iterable[str], sidecars: Iterable[str]) -> dict[str, list[str]]:
    """Return the sidecar files of each of some videos in one folder, by name.

    Of ``film.mp4`` and ``film.part2.mp4`` the longer name has ``film.part2.srt``.
    """
    stems: defaultdict[str, list[str]] = defaultdict(list)
    for video in videos:
        stems[_stem(video).casefold()].append(video)
    found: defaultdict[str, list[str]] = defaultdict(list)
    for name in sorted(_readable(set(sidecars))):
        stem = _stem(name).casefold()
        while stem and stem not in stems:
            stem = stem.rpartition(".")[0]
        for video in stems.get(stem, ()):
            found[video].append(name)
    return dict(found)


def stream_of(video: str, sidecar: str, idx: int) -> Stream:
    """Return what the name of a sidecar file says, as a stream of its video."""
    words = _stem(sidecar)[len(_stem(video)) :].split(".")[1:]
    language: str | None = None
    roles: dict[str, Any] = {}
    title = []
    for word in words:
        lower = word.lower()
        if lower == _HI and language is not None:
            roles["is_sdh"] = True
        elif lower in _ROLES:
            roles |= _ROLES[lower]
        elif language is None and known_code(lower):
            language = word
        else:
            title.append(word)
    code = iso639(language) if language else None
    return Stream(
        idx=idx,
        kind="subtitle",
        codec=SUBTITLES[_ending(sidecar)],
        language=code,
        languages=(code,) if code else None,
        language_bcp47=language if language and "-" in language else None,
        title=" ".join(title) or None,
        **roles,
    )


def _readable(names: set[str]) -> set[str]:
    """Leave out halves: an index has its pictures in a ``.sub``, and that is no file of its own."""
    lower = {name.lower() for name in names}
    return {
        name
        for name in names
        if not (
            (_ending(name) == "sub" and f"{_stem(name).lower()}.idx" in lower)
            or (_ending(name) == "idx" and f"{_stem(name).lower()}.sub" not in lower)
        )
    }


def _stem(name: str) -> str:
    return name.rpartition(".")[0]


def _ending(name: str) -> str:
    return name.rpartition(".")[2].lower()
