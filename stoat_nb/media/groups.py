"""Which files of one folder are parts of one recording or disc, by rules that leave no doubt.

A name alone proves little: parts have the same form, their numbers follow each other, and where a
name is not the camera's own word for a part, the times and sizes say that nothing lies between.
Where that is not so, there is no group. Pure.
"""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Sequence
from datetime import UTC, datetime
from itertools import pairwise
from typing import Literal, NamedTuple

Kind = Literal["dvd", "bluray", "gopro", "split", "loop"]
#: What each kind is, as docs tell.
KINDS: dict[Kind, str] = {
    "dvd": "the VOB files of a DVD's title set",
    "bluray": "the streams of a Blu-ray disc",
    "gopro": "the chapters of a GoPro's recording",
    "split": "files that a camera began because the one before was full",
    "loop": "the files of a dashcam, each as long as the other and right behind it",
}


class Part(NamedTuple):
    """What is known of a file that may be a part."""

    video_id: int
    name: str
    size_bytes: int
    mtime_s: float
    duration_s: float | None
    created_s: float | None  #: When it was recorded, as the file says.
    form: tuple[object, ...]  #: Container, codecs and size of the picture.


class Group(NamedTuple):
    """Parts of one whole, with the number of each."""

    kind: Kind
    parts: tuple[tuple[int, Part], ...]


Numbered = list[tuple[int, Part]]

#: ECMA-267 and the DVD-Video book's names: title set, and part from 1; part 0 is its menu.
_VOB = re.compile(r"VTS_(\d\d)_([1-9])\.VOB", re.IGNORECASE)
_STREAM = re.compile(r"(\d{5})\.m2ts", re.IGNORECASE)
#: GoPro's own: letters for the coding, chapter, number of the recording.
_GOPRO = re.compile(r"(G[HXLS])(\d\d)(\d{4})\.(\w+)", re.IGNORECASE)
_GOPRO_OLD = re.compile(r"G(OPR|P(\d\d))(\d{4})\.(\w+)", re.IGNORECASE)
_NUMBER = re.compile(r"(.*?)(\d+)(\.\w+)", re.DOTALL)
_SUFFIX = re.compile(r"(.*)_([1-9]\d?)(\.\w+)", re.DOTALL)
_TIME = re.compile(
    r"(20\d\d)[-_]?([01]\d)[-_]?([0-3]\d)[-_ T]?([0-2]\d)[-_.]?([0-5]\d)[-_.]?([0-5]\d)(?!\d)"
)
#: Bytes at which cameras begin a new file, and how far below one may be: what they write at once.
_FULL = (2**31, 4_000_000_000, 2**32)
_BELOW_FULL = 0.02
#: Seconds by which two times that are the same may differ: both are whole ones.
_NEAR_S = 2.0
#: Files of a dashcam are as long as each other; two alone prove it by a whole half minute.
_HALF_MINUTE_S, _EVEN_S = 30.0, 1.0
_LEAST = 2


def groups_of(folder: str, parts: Iterable[Part]) -> list[Group]:
    """Return the groups among the files of a folder; a file is in one at most."""
    left = {part.video_id: part for part in parts}
    found: list[Group] = []
    for rule in (_bluray, _dvd, _gopro, _suffixed, _split, _loop):
        for group in rule(folder, sorted(left.values(), key=lambda one: one.name)):
            ids = [part.video_id for _number, part in group.parts]
            if left.keys() >= set(ids):
                found.append(group)
                for one in ids:
                    del left[one]
    return found


def _bluray(folder: str, parts: Sequence[Part]) -> Iterator[Group]:
    if not folder.upper().rstrip("/").endswith("/BDMV/STREAM"):
        return
    numbered = [(int(m[1]), part) for part in parts if (m := _STREAM.fullmatch(part.name))]
    if len(numbered) >= _LEAST:
        yield Group("bluray", tuple(sorted(numbered)))


def _dvd(_folder: str, parts: Sequence[Part]) -> Iterator[Group]:
    sets: defaultdict[str, Numbered] = defaultdict(list)
    for part in parts:
        if match := _VOB.fullmatch(part.name):
            sets[match[1]].append((int(match[2]), part))
    for numbered in sets.values():
        yield from _runs("dvd", numbered, lambda _one, _next: True)


def _gopro(_folder: str, parts: Sequence[Part]) -> Iterator[Group]:
    recordings: defaultdict[tuple[str, ...], Numbered] = defaultdict(list)
    for part in parts:
        if match := _GOPRO.fullmatch(part.name):
            key = (match[1].upper(), match[3], match[4].lower())
            recordings[key].append((int(match[2]), part))
        elif match := _GOPRO_OLD.fullmatch(part.name):
            # GOPR0123 is the first chapter, GP010123 the second.
            recordings["", match[3], match[4].lower()].append((int(match[2] or 0) + 1, part))
    for numbered in recordings.values():
        yield from _runs("gopro", numbered, _may_follow)


def _may_follow(one: Part, after: Part) -> bool:
    """Whether nothing says that two chapters are of two days: cards get mixed up."""
    if one.created_s is None or after.created_s is None or one.duration_s is None:
        return True
    # Some models date every chapter by the recording's beginning, others by its own.
    return -_NEAR_S <= after.created_s - one.created_s <= one.duration_s + 60 * _NEAR_S


def _suffixed(_folder: str, parts: Sequence[Part]) -> Iterator[Group]:
    """Find MVI_0001.MP4, MVI_0001_1.MP4 and so on."""
    series: defaultdict[tuple[str, str], Numbered] = defaultdict(list)
    for part in parts:
        if match := _SUFFIX.fullmatch(part.name):
            series[match[1], match[3].lower()].append((int(match[2]), part))
    for part in parts:
        stem, dot, ending = part.name.rpartition(".")
        if numbered := series.get((stem, dot + ending.lower())):
            whole = [(1, part), *((number + 1, one) for number, one in numbered)]
            yield from _runs("split", whole, _is_full_and_followed)


def _split(_folder: str, parts: Sequence[Part]) -> Iterator[Group]:
    series: defaultdict[tuple[str, int, str], Numbered] = defaultdict(list)
    for part in parts:
        if match := _NUMBER.fullmatch(part.name):
            series[match[1], len(match[2]), match[3].lower()].append((int(match[2]), part))
    for numbered in series.values():
        for group in _runs("split", numbered, _is_full_and_followed):
            # Numbers of such files count all of a camera's recordings: parts count from 1.
            again = tuple((at, part) for at, (_, part) in enumerate(group.parts, 1))
            yield Group("split", again)


def _is_full_and_followed(one: Part, after: Part) -> bool:
    is_full = any(full * (1 - _BELOW_FULL) <= one.size_bytes <= full for full in _FULL)
    return is_full and _follows(one, after)


def _follows(one: Part, after: Part) -> bool:
    """Whether a file begins when the one before ends: by the times in both, or of both's ends."""
    if one.duration_s is None or after.duration_s is None:
        return False
    if one.created_s is not None and after.created_s is not None:
        return abs(after.created_s - one.created_s - one.duration_s) <= _NEAR_S
    return abs(after.mtime_s - one.mtime_s - after.duration_s) <= _NEAR_S


def _loop(_folder: str, parts: Sequence[Part]) -> Iterator[Group]:
    series: defaultdict[str, list[tuple[float, Part]]] = defaultdict(list)
    for part in parts:
        match = _TIME.search(part.name)
        if match and (at := _moment(match)) is not None and part.duration_s is not None:
            rest = part.name[: match.start()] + "@" + part.name[match.end() :]
            series[re.sub(r"\d+", "#", rest)].append((at, part))
    for timed in series.values():
        run: list[tuple[float, Part]] = []
        for at, part in sorted(timed):
            if run and not _is_next(run, at, part):
                yield from _loop_group(run)
                run = []
            run.append((at, part))
        yield from _loop_group(run)


def _is_next(run: Sequence[tuple[float, Part]], at: float, part: Part) -> bool:
    (first_at, first), (last_at, last) = run[0], run[-1]
    lasts, each = last.duration_s or 0.0, first.duration_s or 0.0
    return (
        part.form == first.form
        and abs(lasts - each) <= _EVEN_S
        and (part.duration_s or 0.0) <= each + _EVEN_S
        and at > last_at >= first_at
        and abs(at - last_at - lasts) <= _NEAR_S
    )


def _loop_group(run: Sequence[tuple[float, Part]]) -> Iterator[Group]:
    each = run[0][1].duration_s or 0.0 if run else 0.0
    is_even = abs(each - _HALF_MINUTE_S * round(each / _HALF_MINUTE_S)) <= _EVEN_S
    if each > _NEAR_S and (len(run) > _LEAST or (len(run) == _LEAST and is_even)):
        yield Group("loop", tuple((at, part) for at, (_, part) in enumerate(run, 1)))


def _moment(match: re.Match[str]) -> float | None:
    try:
        year, month, day, hour, minute, second = map(int, match.groups())
        return datetime(year, month, day, hour, minute, second, tzinfo=UTC).timestamp()
    except ValueError:
        return None


def _runs(kind: Kind, numbered: Numbered, follows: Callable[[Part, Part], bool]) -> Iterator[Group]:
    """Yield the runs of numbers without a gap, whose files have one form and follow each other."""
    ordered = sorted(numbered)
    numbers = [number for number, _part in ordered]
    if len(set(numbers)) < len(numbers):
        return  # two files claim to be one part: nobody knows which is
    run: Numbered = ordered[:1]
    for (number, one), (next_number, after) in pairwise(ordered):
        if next_number != number + 1 or one.form != after.form or not follows(one, after):
            yield from _group(kind, run)
            run = []
        run.append((next_number, after))
    yield from _group(kind, run)


def _group(kind: Kind, run: Numbered) -> Iterator[Group]:
    if len(run) >= _LEAST:
        yield Group(kind, tuple(run))
