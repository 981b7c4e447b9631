"""The tags of an MP4 or QuickTime file under the names that FFmpeg gives them."""

from __future__ import annotations

import struct
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta

from stoat_nb.media.boxes import Box, boxes
from stoat_nb.media.headers.tracks import Track
from stoat_nb.media.headers.unproven import prove
from stoat_nb.media.movie import Movie
from stoat_nb.media.window import Window

_EPOCH_1904 = 2_082_844_800
_UNPACKED, _NONE = 0x400, 0x7FFF
_MOST_META = 1 << 16
_TEXT, _FLOAT = 1, 23
_ITUNES = {
    b"\xa9nam": "title",
    b"\xa9too": "encoder",
    b"\xa9ART": "artist",
    b"\xa9alb": "album",
    b"\xa9day": "date",
    b"\xa9cmt": "comment",
    b"\xa9gen": "genre",
    b"\xa9wrt": "composer",
    b"aART": "album_artist",
    b"cprt": "copyright",
    b"desc": "description",
    b"ldes": "synopsis",
}
_QUICKTIME = {
    b"\xa9xyz": "location",
    b"\xa9swr": "encoder",
    b"\xa9mak": "make",
    b"\xa9mod": "model",
}
_UNREAD = frozenset(b"free SDLN smrd smta".split())  # of no meaning to libav

Tags = list[tuple[str, str]]


def file_tags(window: Window, film: Movie, created: int) -> Tags:
    """Return the tags of the whole file; raise ``Unproven`` at what is not understood."""
    found = _brands(window, film.first(b"ftyp")) + _created(created)
    if film.index:
        for node in film.index.all(b"udta"):
            found += _user(window, node.box)
        for node in film.index.all(b"meta"):
            found += _meta(window, node.box)
    keys = [key.lower() for key, _ in found]
    prove(len(set(keys)) == len(keys), "a tag twice")
    return found


def _brands(window: Window, box: Box | None) -> Tags:
    if box is None:
        return []
    body = window.at(box.body, min(box.end - box.body, 512))
    prove(len(body) >= 8 and len(body) == box.end - box.body, "a long list of brands")  # noqa: PLR2004 - brand, version
    return [
        ("major_brand", plain(body[:4])),
        ("minor_version", str(int.from_bytes(body[4:8], "big", signed=True))),
        ("compatible_brands", plain(body[8:])),
    ]


def _created(seconds: int) -> Tags:
    if not seconds:
        return []
    since = seconds - _EPOCH_1904 if seconds >= _EPOCH_1904 else seconds
    try:
        when = datetime(1970, 1, 1, tzinfo=UTC) + timedelta(seconds=since)
    except OverflowError:
        prove(condition=False, reason="a time beyond the calendar")
        return []
    return [("creation_time", when.strftime("%Y-%m-%dT%H:%M:%S.000000Z"))] if since else []


def tiled(window: Window, start: int, end: int, *, slack: int = 0) -> list[Box]:
    """Return the boxes that fill a place exactly; a zero may end a list of QuickTime's."""
    found = list(boxes(window, start, end))
    last = found[-1].end if found else start
    prove(last == end or (last == end - slack and not any(window.at(last, slack))), "a broken box")
    return found


def plain(raw: bytes) -> str:
    """Return text that every reader shows alike."""
    text = raw.split(b"\0", 1)[0]
    prove(all(0x20 <= byte < 0x7F for byte in text), "text that is no plain ASCII")  # noqa: PLR2004 - its ends
    return text.decode("ascii")


def track_tags(track: Track, created: int, *, is_quicktime: bool) -> Tags:
    """Return the tags of a track."""
    prove(not track.node.all(b"udta") and not track.node.all(b"meta"), "a track's own words")
    prove(not track.media.all(b"elng"), "an extended language")
    found = _created(created)
    if language := language_of(track.language):
        found.append(("language", language))
    counted = is_quicktime and track.name[:1] == bytes([max(0, len(track.name) - 1) & 0xFF])
    if name := _name(track.name[1:] if counted else track.name):
        found.append(("handler_name", name))
    return found


def _name(raw: bytes) -> str:
    text = raw.split(b"\0", 1)[0]
    prove(len(raw) < 170 and all(byte < 0x7F for byte in text), "a handler with a strange name")  # noqa: PLR2004 - ASCII
    prove(len(text) >= len(raw) - 1, "a handler with a strange name")
    return text.decode("ascii")


def language_of(code: int) -> str | None:
    """Unpack a language code; the old numbers of the Macintosh are left to libav, but English."""
    if code == _NONE:
        return None
    if code < _UNPACKED:
        prove(code == 0, "a language by an old number")
        return "eng"
    letters = (0x60 + (code >> shift & 0x1F) for shift in (10, 5, 0))
    return plain(bytes(letters))


def _user(window: Window, box: Box) -> Tags:
    found: Tags = []
    for child in tiled(window, box.body, box.end, slack=4):
        if child.kind == b"meta":
            found += _meta(window, child)
        elif child.kind in _QUICKTIME:
            body = window.at(child.body, min(child.end - child.body, 512))
            found += _phrase(_QUICKTIME[child.kind], body)
        else:
            prove(child.kind in _UNREAD, f"words of a kind of their own: {child.kind!r}")
    return found


def _phrase(key: str, body: bytes) -> Tags:
    length, code = struct.unpack_from(">HH", body.ljust(4, b"\0"))
    language, text = language_of(code), plain(body[4 : 4 + length])
    prove(text and len(body) == 4 + length, "a phrase of another form")
    found = [(key, text)]
    if language and language != "und":
        found.append((f"{key}-{language}", text))
    return found


def _meta(window: Window, box: Box) -> Tags:
    """Read a ``meta`` box; QuickTime's starts with its boxes, MP4's with a version."""
    size = box.end - box.body
    prove(size <= _MOST_META, "a long box of words")
    window.load(box.body, size)
    start = box.body if window.at(box.body + 4, 4) == b"hdlr" else box.body + 4
    prove(start == box.body or not any(window.at(box.body, 4)), "words of another version")
    inside = {child.kind: child for child in tiled(window, start, box.end)}
    prove(set(inside) <= {b"hdlr", b"keys", b"ilst", b"free"}, "words of another kind")
    keys = list(_keys(window, inside[b"keys"])) if b"keys" in inside else None
    kind = b"mdta" if keys is not None else b"mdir"
    prove(b"hdlr" in inside and window.at(inside[b"hdlr"].body + 8, 4) == kind, "words of a kind")
    return list(_items(window, inside[b"ilst"], keys)) if b"ilst" in inside else []


def _keys(window: Window, box: Box) -> Iterator[str]:
    prove(not any(window.at(box.body, 4)), "keys of another version")
    found = tiled(window, box.body + 8, box.end)
    prove(int.from_bytes(window.at(box.body + 4, 4), "big") == len(found), "keys miscounted")
    for child in found:
        prove(child.kind == b"mdta", "keys of another kind")
        yield plain(window.at(child.body, child.end - child.body))


def _items(window: Window, box: Box, keys: list[str] | None) -> Iterator[tuple[str, str]]:
    for item in tiled(window, box.body, box.end):
        key = _key(item.kind, keys)
        data = tiled(window, item.body, item.end)
        prove(len(data) == 1 and data[0].kind == b"data", "a word of several values")
        body = window.at(data[0].body, data[0].end - data[0].body)
        if value := _value(int.from_bytes(body[:4], "big"), body[8:], is_keyed=keys is not None):
            yield key, value


def _key(kind: bytes, keys: list[str] | None) -> str:
    if keys is None:
        prove(kind in _ITUNES, f"a tag that few use: {kind!r}")
        return _ITUNES[kind]
    number = int.from_bytes(kind, "big")
    prove(0 < number <= len(keys), "a value without its key")
    return keys[number - 1]


def _value(kind: int, raw: bytes, *, is_keyed: bool) -> str:
    if kind == _FLOAT and is_keyed and len(raw) == 4:  # noqa: PLR2004 - one number
        return f"{struct.unpack('>f', raw)[0]:f}"
    prove(kind == _TEXT and len(raw) < 1000, "a value that is no short text")  # noqa: PLR2004 - libav's buffer
    text = raw.split(b"\0", 1)[0]
    try:
        return text.decode("utf-8")
    except UnicodeDecodeError:
        prove(condition=False, reason="text that is no UTF-8")
        return ""
