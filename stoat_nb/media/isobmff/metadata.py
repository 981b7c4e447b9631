"""The tags of an MP4 or QuickTime file under the names that FFmpeg gives them.

``udta`` and ``meta``: ISO/IEC 14496-12, 8.10.1 and 8.11.1; QTFF, "User Data Atoms" and "Metadata";
3GPP TS 26.244, 8; the items of iTunes (``ilst``) by comparing files.
"""

from __future__ import annotations

import struct
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from functools import lru_cache

from stoat_nb.media.budgeted_reader import BudgetedReader, MemoryReader
from stoat_nb.media.cached import cached
from stoat_nb.media.isobmff import metadata_keys as names
from stoat_nb.media.isobmff.boxes import Box, boxes
from stoat_nb.media.isobmff.chapters import LISTS
from stoat_nb.media.isobmff.movie import Movie
from stoat_nb.media.isobmff.tracks import Track
from stoat_nb.media.unsupported import require

_EPOCH_1904 = 2_082_844_800
_UNPACKED, _NONE = 0x400, 0x7FFF
_MOST_REMEMBERED = 4096  # bytes
_MOST_META, _MOST_COVERED = 1 << 16, 1 << 24  # bytes of words alone, and with a cover
_TEXT, _SIGNED, _UNSIGNED, _FLOAT = 1, 21, 22, 23
#: Kinds of values that libav passes over: pictures of numbers, points, sizes, affine matrices.
_SKIPPED = frozenset({28, 29, 30, 66, 67, 70, 71, 72, 74, 75, 76, 77, 78, 79})

Tags = list[tuple[str, str]]


def file_tags(reader: BudgetedReader, movie: Movie, created: int) -> Tags:
    """Return the tags of the whole file; raise ``UnsupportedLayout`` at what is not understood."""
    found = _brands(reader, movie.first(b"ftyp")) + _created(created)
    nodes = [*movie.moov.all(b"udta"), *movie.moov.all(b"meta")] if movie.moov else []
    for node in sorted(nodes, key=lambda one: one.start):
        found += _said(reader, node)
    last = {key.lower(): (key, value) for key, value in found}  # the later word counts
    again = len(found) - len(last)
    # Of keyed words FFmpeg 9 keeps both; only phones without such state a place in two ways.
    is_place = "location" in last and not (movie.moov and movie.moov.all(b"meta"))
    require(not again or (is_place and _is_said_once(found)), "a tag twice")
    return list(last.values())


def _said(reader: BudgetedReader, box: Box) -> Tags:
    """Return the words in a box, as they were worked out before where a camera repeats itself."""
    size = box.end - box.body
    if size > _MOST_REMEMBERED:
        return (_user if box.kind == b"udta" else _meta)(reader, box)
    return list(_remembered_words(reader.at(box.body, size), box.kind))


@cached
def _remembered_words(body: bytes, kind: bytes) -> tuple[tuple[str, str], ...]:
    box = Box(kind, 0, 0, len(body))
    return tuple((_user if kind == b"udta" else _meta)(MemoryReader(body), box))


def _is_said_once(found: Tags) -> bool:
    keys = [key.lower() for key, _ in found if not key.startswith("location")]
    return len(set(keys)) == len(keys)


def _brands(reader: BudgetedReader, box: Box | None) -> Tags:
    if box is None:
        return []
    body = reader.at(box.body, min(box.end - box.body, 512))
    require(len(body) >= 8 and len(body) == box.end - box.body, "a long list of brands")  # noqa: PLR2004 - brand, version
    return list(_branded(body))


@cached
def _branded(body: bytes) -> tuple[tuple[str, str], ...]:
    return (
        ("major_brand", plain(body[:4])),
        ("minor_version", str(int.from_bytes(body[4:8], "big", signed=True))),
        ("compatible_brands", plain(body[8:])),
    )


def _created(seconds: int) -> Tags:
    when = _moment(seconds) if seconds else None
    return [("creation_time", when)] if when else []


@lru_cache(maxsize=8)  # a file says it of itself, and of each track
def _moment(seconds: int) -> str | None:
    since = seconds - _EPOCH_1904 if seconds >= _EPOCH_1904 else seconds
    try:
        when = datetime(1970, 1, 1, tzinfo=UTC) + timedelta(seconds=since)
    except OverflowError:
        require(condition=False, reason="a time beyond the calendar")
        return None
    return when.strftime("%Y-%m-%dT%H:%M:%S.000000Z") if since else None


def tiled(reader: BudgetedReader, start: int, end: int, *, slack: int = 0) -> list[Box]:
    """Return the boxes that fill a place exactly; a zero may end a list of QuickTime's."""
    found = list(boxes(reader, start, end))
    last = found[-1].end if found else start
    # Only the last one can be without a size: it goes on to the end.
    require(not found or any(reader.at(found[-1].start, 4)), "a box without a size")
    require(
        last == end or (last == end - slack and not any(reader.at(last, slack))), "a broken box"
    )
    return found


def plain(raw: bytes) -> str:
    """Return text that every reader shows alike."""
    text = raw.split(b"\0", 1)[0]
    require(text.isascii(), "text that is no plain ASCII")
    shown = text.decode("ascii")
    require(shown.isprintable(), "text that is no plain ASCII")
    return shown


def track_tags(reader: BudgetedReader, track: Track, created: int, *, is_quicktime: bool) -> Tags:
    """Return the tags of a track."""
    for node in track.trak.all(b"meta"):
        require(node.start >= track.mdia.end, "a track's own words")
        _refuse_if_read(reader, node)
    require(not track.mdia.all(b"elng"), "an extended language")
    found = _created(created)
    if language := language_of(track.language):
        found.append(("language", language))
    counted = is_quicktime and track.name[:1] == bytes([max(0, len(track.name) - 1) & 0xFF])
    if name := _name(track.name[1:] if counted else track.name):
        found.append(("handler_name", name))
    for node in track.trak.all(b"udta"):
        for child in tiled(reader, node.body, node.end, slack=4):
            require(child.kind in (b"name", b"free"), "a track's own words")
            if child.kind == b"name":
                found.append(
                    ("name", plain(reader.at(child.body, min(child.end - child.body, 512))))
                )
    require(len(dict(found)) == len(found) and all(value for _, value in found), "a tag twice")
    return found


def _name(raw: bytes) -> str:
    text = raw.split(b"\0", 1)[0]
    is_short = len(raw) < 170  # noqa: PLR2004 - bytes
    require(is_short and text.isascii() and b"\x7f" not in text, "a handler with a strange name")
    require(len(text) >= len(raw) - 1, "a handler with a strange name")
    return text.decode("ascii")


@lru_cache(maxsize=64)
def language_of(code: int) -> str | None:
    """Unpack a language code; the old numbers of the Macintosh are left to libav, but English."""
    if code == _NONE:
        return None
    if code < _UNPACKED:
        require(code == 0, "a language by an old number")
        return "eng"
    letters = (0x60 + (code >> shift & 0x1F) for shift in (10, 5, 0))
    return plain(bytes(letters))


def _user(reader: BudgetedReader, box: Box) -> Tags:
    found: Tags = []
    for child in tiled(reader, box.body, box.end, slack=4):
        if child.kind == b"meta":
            found += _meta(reader, child)
        elif child.kind in names.TEXTS:
            body = reader.at(child.body, min(child.end - child.body, 512))
            found += _phrase(names.TEXTS[child.kind], body)
        elif child.kind == names.FIRMWARE:
            require(0 < child.end - child.body < 512, "a long word")  # noqa: PLR2004 - bytes
            name = plain(reader.at(child.body, child.end - child.body))
            found += [("firmware", name)] if name else []
        elif child.kind == names.PLACE:
            found += _place(reader.at(child.body, min(child.end - child.body, 512)))
        else:
            require(
                child.kind in names.UNREAD | LISTS, f"words of a kind of their own: {child.kind!r}"
            )
    return found


def _phrase(key: str, body: bytes) -> Tags:
    length, code = struct.unpack_from(">HH", body.ljust(4, b"\0"))
    language, text = language_of(code), plain(body[4 : 4 + length])
    require(text and len(body) == 4 + length, "a phrase of another form")
    found = [(key, text)]
    if language and language != "und":
        found.append((f"{key}-{language}", text))
    return found


def _place(body: bytes) -> Tags:
    """Write a place as FFmpeg does, in degrees with four places (3GPP TS 26.244, 8.2)."""
    require(len(body) > 6 and not any(body[:4]), "a place of another form")  # noqa: PLR2004 - version, language
    name, ended, rest = body[6:].partition(b"\0")
    require(ended and 13 <= len(rest) < 100 and len(name) < 99, "a place of another form")  # noqa: PLR2004 - role, three numbers
    across, up, high = (
        struct.unpack("f", struct.pack("f", number))[0] / (1 << 16)
        for number in struct.unpack_from(">3i", rest, 1)
    )
    text = f"{up:+08.4f}{across:+09.4f}{f'{high:+f}' if high else ''}/{plain(name)}"
    language = language_of(int.from_bytes(body[4:6], "big"))
    is_said = language and language != "und"
    return [("location", text), *([(f"location-{language}", text)] if is_said else [])]


def _refuse_if_read(reader: BudgetedReader, box: Box) -> None:
    """Refuse words of a track, but for the keyed ones, which libav passes over."""
    size = box.end - box.body
    require(size <= _MOST_META, "a long box of words")
    reader.load(box.body, size)
    require(reader.at(box.body + 4, 4) == b"hdlr", "a track's own words")
    inside = {child.kind: child for child in tiled(reader, box.body, box.end)}
    require(set(inside) <= {b"hdlr", b"keys", b"ilst", b"free"}, "a track's own words")
    require(reader.at(inside[b"hdlr"].body + 8, 4) == b"mdta", "a track's own words")
    for child in tiled(reader, inside[b"ilst"].body, inside[b"ilst"].end):
        require(child.kind[:3] == b"\0\0\0", "a track's own words")


def _meta(reader: BudgetedReader, box: Box) -> Tags:
    """Read a ``meta`` box; QuickTime's starts with its boxes, MP4's with a version."""
    size = box.end - box.body
    require(size <= _MOST_COVERED, "a long box of words")
    if size <= _MOST_META:
        reader.load(box.body, size)
    start = box.body if reader.at(box.body + 4, 4) == b"hdlr" else box.body + 4
    require(start == box.body or not any(reader.at(box.body, 4)), "words of another version")
    inside = {child.kind: child for child in tiled(reader, start, box.end)}
    require(set(inside) <= {b"hdlr", b"keys", b"ilst", b"free"}, "words of another kind")
    keys = list(_keys(reader, inside[b"keys"])) if b"keys" in inside else None
    kind = b"mdta" if keys is not None else b"mdir"
    require(b"hdlr" in inside and reader.at(inside[b"hdlr"].body + 8, 4) == kind, "words of a kind")
    return list(_items(reader, inside[b"ilst"], keys)) if b"ilst" in inside else []


def _keys(reader: BudgetedReader, box: Box) -> Iterator[str]:
    require(not any(reader.at(box.body, 4)), "keys of another version")
    found = tiled(reader, box.body + 8, box.end)
    require(int.from_bytes(reader.at(box.body + 4, 4), "big") == len(found), "keys miscounted")
    for child in found:
        require(child.kind == b"mdta", "keys of another kind")
        yield plain(reader.at(child.body, child.end - child.body))


def _items(reader: BudgetedReader, box: Box, keys: list[str] | None) -> Iterator[tuple[str, str]]:
    for item in tiled(reader, box.body, box.end):
        if keys is None and item.kind in names.SILENT:
            continue
        data = tiled(reader, item.body, item.end)
        require(len(data) == 1 and data[0].kind == b"data", "a word of several values")
        body = reader.at(data[0].body, data[0].end - data[0].body)
        if keys is None and item.kind not in names.TEXTS:
            yield _counted(item.kind, body[8:])
            continue
        key = names.TEXTS[item.kind] if keys is None else _key(item.kind, keys)
        if value := _value(int.from_bytes(body[:4], "big"), body[8:], is_keyed=keys is not None):
            yield key, value


def _counted(kind: bytes, raw: bytes) -> tuple[str, str]:
    """Return a tag that is a number, or one of several."""
    if kind in names.OF_SEVERAL:
        require(len(raw) in (6, 8), "a number of another form")
        number, of = struct.unpack_from(">2h", raw, 2)
        return names.OF_SEVERAL[kind], f"{number}/{of}" if of else str(number)
    require(kind in names.SMALL, f"a tag that few use: {kind!r}")
    key, size = names.SMALL[kind]
    require(len(raw) == size, "a number of another form")
    return key, str(raw[-1])


def _key(kind: bytes, keys: list[str]) -> str:
    number = int.from_bytes(kind, "big")
    require(0 < number <= len(keys), "a value without its key")
    require("artwork" not in keys[number - 1], "a cover")
    return keys[number - 1]


def _value(kind: int, raw: bytes, *, is_keyed: bool) -> str:
    if is_keyed and kind in _SKIPPED:
        return ""
    if is_keyed and kind in (_SIGNED, _UNSIGNED) and len(raw) in (1, 2, 4):
        return str(int.from_bytes(raw, "big", signed=kind == _SIGNED))
    if kind == _FLOAT and is_keyed and len(raw) == 4:  # noqa: PLR2004 - one number
        return f"{struct.unpack('>f', raw)[0]:f}"
    require(kind == _TEXT and len(raw) < 1000, "a value that is no short text")  # noqa: PLR2004 - libav's buffer
    text = raw.split(b"\0", 1)[0]
    try:
        return text.decode("utf-8")
    except UnicodeDecodeError:
        require(condition=False, reason="text that is no UTF-8")
        return ""
