"""The cover of an MP4 movie, which libav counts among its streams (iTunes' ``covr``)."""

from __future__ import annotations

from stoat_nb.media.budgeted_reader import BudgetedReader
from stoat_nb.media.codecs import jpeg, png
from stoat_nb.media.colours import Colour, colour_facts
from stoat_nb.media.facts import Facts
from stoat_nb.media.isobmff.boxes import Box, boxes
from stoat_nb.media.isobmff.movie import Movie
from stoat_nb.media.unsupported import UnsupportedLayout, require

TAG = b"covr"
_KINDS = frozenset([0, 13, 14])  # unsaid, JPEG and PNG: the picture tells which it is
_FULL, _RGB = 2, 0
_SOME = 1 << 15  # bytes of a picture
_FEW = 4096  # bytes of words
_LARGEST_SIDE = 1 << 20


def cover_of(reader: BudgetedReader, movie: Movie) -> Facts | None:
    """Return the stream that a film's cover is, without its time; None if there is none."""
    if movie.moov is None or not any(_may_hold(reader, one) for one in movie.moov.all(b"udta")):
        return None
    found = [
        (item.body, item.end)
        for place in movie.moov.all(b"udta")
        for words in place.all(b"meta")
        for inner in boxes(reader, words.body + 4, words.end)
        if inner.kind == b"ilst"
        for item in boxes(reader, inner.body, inner.end)
        if item.kind == TAG
    ]
    require(len(found) <= 1, "several covers")
    return _cover(reader, *found[0]) if found else None


def _may_hold(reader: BudgetedReader, words: Box) -> bool:
    """Whether a cover may be among some words; they are looked through where they are few."""
    size = words.end - words.body
    return size > _FEW or TAG in reader.at(words.body, size)


def _cover(reader: BudgetedReader, start: int, end: int) -> Facts:
    kind = int.from_bytes(reader.exactly(start + 8, 4), "big")
    head = reader.exactly(start, 8)
    require(
        head[4:] == b"data" and int.from_bytes(head[:4], "big") == end - start, "several covers"
    )
    require(kind in _KINDS and end - start > 16, "a cover of another kind")  # noqa: PLR2004 - heads
    data = reader.exactly(start + 16, min(end - start - 16, _SOME))
    return {
        "kind": "video",
        "is_cover": True,
        "rotation": 0,
        "mirrored": False,
        "has_b_frames": False,
        **_form(data, end - start - 16),
    }


def _form(data: bytes, total: int) -> Facts:
    if known := png.video_format(data, total):
        codec, (layout, form), colour = "png", known, Colour(range=_FULL, matrix=_RGB)
    elif told := jpeg.video_format(data):
        codec, form, colour = "mjpeg", told, Colour(range=_FULL, matrix=told.matrix)
        layout = f"yuvj{(form.chroma or '').replace(':', '')}p"
    else:
        raise UnsupportedLayout("a cover of another kind")
    require(max(form.width or 0, form.height or 0) < _LARGEST_SIDE, "a vast picture")
    return {
        "codec": codec,
        "profile": form.profile_name,
        "width": form.width,
        "height": form.height,
        "pix_fmt": layout,
        "bit_depth": form.bit_depth,
        "chroma": form.chroma,
        "sar": form.sar[0] / form.sar[1] if form.sar and all(form.sar) else None,
        **colour_facts(colour),
    }
