"""The tags (RFC 9559, 5.1.8) and chapters (5.1.7) of a Matroska file, under FFmpeg's names."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from stoat_nb.media.facts import Facts
from stoat_nb.media.matroska import element_ids as ids
from stoat_nb.media.matroska.segment import Segment, Tree, below, last, masters, number
from stoat_nb.media.unsupported import require

Tags = list[tuple[str, str]]

_EPOCH_2001 = datetime(2001, 1, 1, tzinfo=UTC)
_WHOLE_FILM = 50
_SECOND = 1_000_000_000
_RENAMED = {"LEAD_PERFORMER": "performer", "PART_NUMBER": "track"}
_TARGETS = frozenset({ids.TAG_TRACK_UID, ids.TARGET_TYPE_VALUE, ids.TARGET_TYPE})


def text_of(raw: bytes) -> str:
    """Return text; what is no UTF-8 is left to libav."""
    try:
        return raw.split(b"\0", 1)[0].decode("utf-8")
    except UnicodeDecodeError:
        require(condition=False, reason="text that is no UTF-8")
        return ""


def file_tags(found: Segment) -> Tags:
    """Return the tags of the whole file."""
    words: Tags = []
    for key, element in (("title", ids.TITLE), ("encoder", ids.MUXING_APP)):
        if value := text_of(last(found.info, element)):
            words.append((key, value))
    if date := last(found.info, ids.DATE_UTC):
        require(len(date) == 8, "a date of another length")  # noqa: PLR2004 - nanoseconds
        words.append(("creation_time", _moment(int.from_bytes(date, "big", signed=True))))
    return _merged(words, _simple(found, None))


def _moment(nanoseconds: int) -> str:
    try:
        when = _EPOCH_2001 + timedelta(microseconds=nanoseconds // 1000)
    except OverflowError:
        require(condition=False, reason="a time beyond the calendar")
        return ""
    return when.strftime("%Y-%m-%dT%H:%M:%S.") + f"{when.microsecond:06d}Z"


def track_tags(found: Segment, entry: Tree) -> Tags:
    """Return the tags of one track."""
    words: Tags = []
    spoken = text_of(last(entry, ids.LANGUAGE)) if ids.LANGUAGE in entry else "eng"
    require(spoken.replace("-", "").isalnum(), "a strange language")
    if spoken != "und":
        words.append(("language", spoken))
    if title := text_of(last(entry, ids.NAME)):
        words.append(("title", title))
    return _merged(words, _simple(found, number(entry, ids.TRACK_UID)))


def _merged(words: Tags, tags: Tags) -> Tags:
    """Add tags to what headers say: the same key means the later value, under the earlier name."""
    found = dict(words)
    names = {key.lower(): key for key in found}
    for key, value in tags:
        require(key.lower() not in {one.lower() for one, _ in tags if one != key}, "a tag twice")
        found.pop(names.get(key.lower(), ""), None)
        found[key] = value
    return list(found.items())


def _simple(found: Segment, track: int | None) -> Tags:
    words: Tags = []
    for tag in found.tags:
        target = below(tag, ids.TARGETS)
        require(set(target) <= _TARGETS, "tags of parts of the film")
        uid = number(target, ids.TAG_TRACK_UID) or None
        if uid is None:
            require(
                number(target, ids.TARGET_TYPE_VALUE) in (None, _WHOLE_FILM),
                "tags of parts of the film",
            )
            require(ids.TARGET_TYPE not in target, "tags of parts of the film")
        if uid == track:
            words += [_word(one) for one in masters(tag, ids.SIMPLE_TAG)]
    keys = [key.lower() for key, _ in words]
    require(len(set(keys)) == len(keys), "a tag twice")
    require(all(value for _, value in words), "an empty tag")
    return words


def _word(tree: Tree) -> tuple[str, str]:
    require(ids.SIMPLE_TAG not in tree and ids.TAG_BINARY not in tree, "a tag with tags")
    spoken, key = text_of(last(tree, ids.TAG_LANGUAGE)), text_of(last(tree, ids.TAG_NAME))
    if spoken not in ("", "und"):
        require(number(tree, ids.TAG_DEFAULT) != 1, "a tag in its first language")
        key = f"{key}-{spoken}"
    return _RENAMED.get(key.upper(), key), text_of(last(tree, ids.TAG_STRING))


def chapters_of(found: Segment) -> list[Facts]:
    """Return the chapters; those of several editions, in layers or without an end prove nothing."""
    require(len(found.editions) <= 1, "several editions")
    atoms = [atom for edition in found.editions for atom in masters(edition, ids.CHAPTER_ATOM)]
    require(
        not any(number(edition, ids.EDITION_FLAG_ORDERED) for edition in found.editions),
        "chapters in an order",
    )
    begins = [number(atom, ids.CHAPTER_TIME_START) or 0 for atom in atoms]
    require(begins == sorted(set(begins)), "chapters in disorder")
    return [_chapter(atom) for atom in atoms]


def _chapter(atom: Tree) -> Facts:
    begin, end = number(atom, ids.CHAPTER_TIME_START), number(atom, ids.CHAPTER_TIME_END)
    require(
        begin is not None and end is not None and number(atom, ids.CHAPTER_UID),
        "a chapter without an end",
    )
    require((begin or 0) <= (end or 0), "a chapter that ends before it starts")
    require(
        ids.CHAPTER_ATOM not in atom and len(atom.get(ids.CHAPTER_DISPLAY, [])) <= 1,
        "a chapter of chapters",
    )
    return {
        "start_s": (begin or 0) / _SECOND,
        "end_s": (end or 0) / _SECOND,
        "title": text_of(last(below(atom, ids.CHAPTER_DISPLAY), ids.CHAP_STRING)) or None,
    }
