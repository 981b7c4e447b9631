"""Boxes that makers of cameras have of their own in MP4 and QuickTime files.

No standard describes them; their names and forms are those that cameras of Canon, Nikon, Sony,
Samsung, GoPro and DJI are known to write.
"""

from __future__ import annotations

import struct

from stoat_nb.media.budgeted_reader import BudgetedReader
from stoat_nb.media.isobmff.boxes import Box
from stoat_nb.media.origin.clues import Clues
from stoat_nb.media.origin.moments import LOCAL, Moment, parsed, zone_of

_MOST = 1 << 16  # bytes of one box
_TEXTS = {
    **dict.fromkeys((b"cmnm", b"mdln", b"\xa9mdl", b"@mod", b"modl"), "camera_model"),
    **dict.fromkeys((b"@mak", b"manu"), "camera_make"),
    b"reel": "reel",
}
_KINDS = frozenset([b"NCDT", b"GPMF", b"date", b"CNMN", *_TEXTS])


def user_data(clues: Clues, reader: BudgetedReader, user: Box) -> None:
    """Add what the boxes of a ``udta`` say."""
    for kind, children in user.children.items():
        if kind in _KINDS:
            box = children[0]
            _add(clues, kind, reader.at(box.body, min(box.end - box.body, _MOST)))


def _add(clues: Clues, kind: bytes, body: bytes) -> None:
    if kind == b"NCDT":
        _nikon(clues, body)
    elif kind == b"GPMF":
        _gopro(clues, body)
    elif kind == b"date":  # ISO 8601, as Apple's programs write when a film was recorded
        clues.date("recorded_date", parsed(body.decode("latin-1")))
    elif kind == b"CNMN":
        clues.text("camera_model", _text(body))
        clues.text("camera_make", "Canon")
    else:
        if kind in (b"manu", b"modl") and body[:4] == bytes(4):
            body = body[6:]  # Canon puts six bytes before the text, 3GPP's are a version
        clues.text(_TEXTS[kind], _text(body))


def _text(raw: bytes) -> str:
    """Return text; QuickTime's begins with its length and a language."""
    if int.from_bytes(raw[:2], "big") == len(raw) - 4:
        raw = raw[4:]
    return raw.split(b"\0", 1)[0].decode("utf-8", "replace")


def _nikon(clues: Clues, body: bytes) -> None:
    """Read ``NCDT``, which holds ``NCTG``: a number, a kind, a count and values, big-endian."""
    data, at = body.partition(b"NCTG")[2], 0
    while at + 8 <= len(data):
        number, kind, count = struct.unpack_from(">IHH", data, at)
        if kind not in _NIKON_WIDTHS:
            break
        size = count * _NIKON_WIDTHS[kind]
        value = data[at + 8 : at + 8 + size].split(b"\0", 1)[0].decode("latin-1")
        if number in _NIKON_TEXTS:
            clues.text(_NIKON_TEXTS[number], value)
        elif number in _NIKON_DATES:
            clues.date("camera_tags", parsed(value))
        at += 8 + size


_NIKON_TEXTS = {1: "camera_make", 2: "camera_model"}
_NIKON_DATES = frozenset({0x11, 0x12})
_NIKON_WIDTHS = {1: 1, 2: 1, 3: 2, 4: 4, 5: 8, 7: 1, 8: 2, 9: 4, 10: 8}


def _gopro(clues: Clues, body: bytes) -> None:
    """Read the model in ``GPMF``: behind its name are a type, a size, and a count of two bytes."""
    at = body.find(b"MINFc\1")
    if at >= 0:
        count = int.from_bytes(body[at + 6 : at + 8], "big")
        clues.text("camera_model", _text(body[at + 8 : at + 8 + count]))
        clues.text("camera_make", "GoPro")


_SONY = b"USMT\x21\xd2\x4f\xce\xbb\x88\x69\x5c\xfa\xc9\xc7\x40"
_PRODUCED, _SOFTWARE, _PRODUCT, _TIME_ZONE = 3, 4, 5, 11


def sony(clues: Clues, reader: BudgetedReader, box: Box) -> None:
    """Read ``MTDT`` in Sony's ``uuid`` box: a count, then size, number, language, coding, value."""
    if reader.at(box.body, 16) != _SONY:
        return
    body = reader.at(box.body, min(box.end - box.body, _MOST))
    start = body.find(b"MTDT")
    count, at = int.from_bytes(body[start + 4 : start + 6], "big"), start + 6
    said: dict[int, bytes] = {}
    for _ in range(count if start >= 0 else 0):
        size = int.from_bytes(body[at : at + 2], "big")
        if size < 10 or at + size > len(body):  # noqa: PLR2004 - bytes before the value
            break
        said.setdefault(int.from_bytes(body[at + 2 : at + 6], "big"), body[at + 8 : at + size])
        at += size
    texts = {
        number: raw[2:].decode("utf-16-be", "replace") if raw[1:2] == b"\1" else _text(raw[2:])
        for number, raw in said.items()
    }
    clues.text("encoder", texts.get(_SOFTWARE))
    clues.text("camera_model", texts.get(_PRODUCT))
    produced = parsed(texts.get(_PRODUCED))
    zone = said.get(_TIME_ZONE, b"")[2:]
    if produced and len(zone) == 2:  # noqa: PLR2004 - a number of minutes
        minutes = int.from_bytes(zone, "big", signed=True)
        produced = Moment(produced.wall, zone_of(minutes) if zone.strip(b"\0") else LOCAL)
    clues.date("camera_tags", produced)
