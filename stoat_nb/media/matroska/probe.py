"""The facts of a Matroska or WebM file that headers and first blocks prove; others are libav's.

Whatever is stated here must be what libav says of the same file, column by column; a test holds
both together. So what is not fully understood is not stated, and is a reason to ask libav.
"""

from __future__ import annotations

from typing import NamedTuple

from stoat_nb.media.budgeted_reader import BudgetedReader
from stoat_nb.media.containers import MATROSKA
from stoat_nb.media.facts import Facts
from stoat_nb.media.failures import STOAT
from stoat_nb.media.matroska import element_ids as ids
from stoat_nb.media.matroska.attachments import attached
from stoat_nb.media.matroska.audio import audio_facts
from stoat_nb.media.matroska.blocks import Start, starts
from stoat_nb.media.matroska.segment import NANOSECONDS, Segment, Tree, below, last, number, real
from stoat_nb.media.matroska.tags import Tags, chapters_of, file_tags, text_of, track_tags
from stoat_nb.media.matroska.video import add_video
from stoat_nb.media.streams import lower_keys, statistics
from stoat_nb.media.structure.verdict import COMPLETE, Structure
from stoat_nb.media.timestamps import bitrate, rescale
from stoat_nb.media.unsupported import Unproven, require

_KINDS = {1: "video", 2: "audio", 17: "subtitle"}
_UNSUPPORTED = {
    ids.CONTENT_ENCODINGS: "packed or encrypted content",
    ids.BLOCK_ADDITION_MAPPING: "layers beside the blocks",
    ids.TRACK_OPERATION: "tracks made of tracks",
    ids.MAX_BLOCK_ADDITION_ID: "layers beside the blocks",
    ids.TRACK_TIMESTAMP_SCALE: "a clock of its own",
}
_SUBTITLES = {
    "S_TEXT/UTF8": "subrip",
    "S_TEXT/ASS": "ass",
    "S_TEXT/SSA": "ass",
    "S_TEXT/WEBVTT": "webvtt",
    "D_WEBVTT/SUBTITLES": "webvtt",
    "S_HDMV/PGS": "hdmv_pgs_subtitle",
    "S_VOBSUB": "dvd_subtitle",
}
_MILLISECOND = 1_000_000
_LONGEST_US = 1 << 47  # microseconds: four years
_LONGEST = 1024  # bytes of a codec's header worth keeping


class _Film(NamedTuple):
    """A file whose tracks can be told apart, while its facts are collected."""

    segment: Segment
    blocks: dict[int, Start]  #: The first block of each track.
    left: Unproven


def first_blocks(reader: BudgetedReader, found: Segment) -> dict[int, Start]:
    """Return the first block of each track of pictures or audio, by the track's number."""
    wanted = {
        number(one, ids.TRACK_NUMBER) or 0
        for one in found.tracks
        if number(one, ids.TRACK_TYPE) in (1, 2)
    }
    return starts(reader, found.first_cluster, wanted) if found.first_cluster else {}


def starts_of(found: Segment, blocks: dict[int, Start]) -> dict[int, float]:
    """Return when streams start, in seconds by their place."""
    places = enumerate(number(one, ids.TRACK_NUMBER) or 0 for one in found.tracks)
    return {
        place: blocks[track].ticks * found.scale / NANOSECONDS
        for place, track in places
        if track in blocks
    }


def segment_facts(
    reader: BudgetedReader,
    found: Segment,
    shape: Structure,
    blocks: dict[int, Start],
    left: Unproven,
) -> Facts | None:
    """Return the facts that are proven, if the tracks can be told apart; keep why not all are."""
    with left:
        _require_tracks(found)
    if left:
        return None
    with left:
        require(shape.integrity == COMPLETE and found.first_cluster, "a file cut, or without media")
    with left:
        require(not found.unsupported, "an element of another kind, or in another place")
    return _facts(reader, _Film(found, blocks, left))


def _require_tracks(found: Segment) -> None:
    numbers = {(number(one, ids.TRACK_NUMBER), number(one, ids.TRACK_UID)) for one in found.tracks}
    require(len({one for one, _ in numbers}) == len(found.tracks), "tracks of one number")
    require(all(all(pair) for pair in numbers), "a track without a number")
    require(len({uid for _, uid in numbers}) == len(found.tracks), "tracks of one number")
    require(found.tracks and found.doc_type in (b"matroska", b"webm"), "another kind of document")
    require(not found.unsupported & {ids.EBML, ids.TRACKS}, "an element of another kind")
    kinds = [_KINDS.get(number(entry, ids.TRACK_TYPE) or 0) for entry in found.tracks]
    require(all(kinds), "a track of another kind")
    require(any(kind != "subtitle" for kind in kinds), "no video and no audio")


def _facts(reader: BudgetedReader, film: _Film) -> Facts:
    found, left = film.segment, film.left
    facts: Facts = {
        "container": "webm" if found.doc_type == b"webm" else "matroska",
        "format_name": MATROSKA,
        "tool": STOAT,
    }
    tags: list[Tags | None] = [None] * len(found.tracks)
    own: Tags | None = None
    with left:
        require(not found.unsupported & {ids.INFO, ids.TAGS, ids.SEEK_HEAD}, "tags of a kind")
        own = file_tags(found)
        tags = [_track_tags(found, entry, left) for entry in found.tracks]
    known = lower_keys(dict(own or ()))
    streams = [
        _stream(film, entry, words, known.get("creation_time", "") if own is not None else None)
        for entry, words in zip(found.tracks, tags, strict=True)
    ]
    facts["streams"] = streams
    with left:
        require(ids.CHAPTERS not in found.unsupported, "chapters of another kind")
        chapters = chapters_of(found)
        facts["n_chapters"], facts["chapters"] = len(chapters), chapters
    with left:
        facts |= _length(reader, found)
    with left:
        begin = _begin(streams)
        facts["start_s"] = rescale(round(begin * NANOSECONDS), 1, 1000) / 1e6
        for font, words in attached(reader, found.attachments):
            # libav says that they start with the film, where it knows when that is: by its audio.
            require(any(one["kind"] == "audio" for one in streams), "a silent film with fonts")
            streams.append({**font, "codec_tag": None, "start_s": begin})
            tags.append(words)
    for idx, stream in enumerate(streams):
        stream["idx"] = idx
    has_fonts = found.attachments is None or len(streams) > len(found.tracks)
    if own is not None and None not in tags and has_fonts:  # what is attached is tagged too
        every: list[Facts] = [{"key": key, "value": value} for key, value in own]
        for idx, told in enumerate(tags):
            every += [{"key": key, "value": value, "idx": idx} for key, value in told or ()]
        facts["tags"] = every
    private = [last(entry, ids.CODEC_PRIVATE)[:_LONGEST].hex() for entry in found.tracks]
    return facts | {"document": {"tracks": private}}


def _track_tags(found: Segment, entry: Tree, left: Unproven) -> Tags | None:
    with left:
        return track_tags(found, entry)
    return None


def _length(reader: BudgetedReader, found: Segment) -> Facts:
    length = int((real(found.info, ids.DURATION) or 0.0) * found.scale * 1000 / 1_000_000)
    require(0 < length < _LONGEST_US, "a length that is not stated")
    require(found.end == reader.size, "something after the film")
    require(ids.INFO not in found.unsupported, "a length of another kind")
    return {"duration_s": length / 1e6, "bitrate": bitrate(reader.size, length)}


def _begin(streams: list[Facts]) -> float:
    """Return when the first stream starts."""
    heard = [one for one in streams if one["kind"] != "subtitle"]
    starts = [at for one in heard if isinstance(at := one.get("start_s"), float)]
    require(len(starts) == len(heard), "no start")
    begin = min(starts)
    require(begin == 0 or len(heard) == len(streams), "captions before all")
    return begin


def _stream(film: _Film, entry: Tree, words: Tags | None, created: str | None) -> Facts:
    kind = _KINDS[number(entry, ids.TRACK_TYPE) or 0]
    facts: Facts = {"kind": kind}
    with film.left:
        for element in _UNSUPPORTED.keys() & entry.keys():
            is_said = number(entry, element) != 0 or below(entry, element)
            require(not is_said, _UNSUPPORTED[element])
        facts |= {
            "codec_tag": None,
            "is_default": number(entry, ids.FLAG_DEFAULT) != 0,
            "is_forced": number(entry, ids.FLAG_FORCED) == 1,
            "is_cover": False,
        }
        begin = film.blocks.get(number(entry, ids.TRACK_NUMBER) or 0)
        if kind == "subtitle":
            facts["start_s"] = None
        elif begin:
            facts["start_s"] = begin.ticks * film.segment.scale / NANOSECONDS
        with film.left:
            _add_format(facts, film, entry, begin)
        if words is not None and created is not None:
            known = lower_keys(dict(words))
            facts["language"], facts["title"] = known.get("language"), known.get("title")
            facts |= statistics(facts, known, created)
        if (
            kind == "audio" and "codec" not in facts
        ):  # which may have a delay, and its frames a bit rate
            for name in ("bitrate", "bitrate_basis", "start_s"):
                facts.pop(name, None)
    return facts


def _add_format(facts: Facts, film: _Film, entry: Tree, begin: Start | None) -> None:
    name = text_of(last(entry, ids.CODEC_ID))
    if facts["kind"] == "video":
        add_video(facts, name, entry, begin, film.left)
    elif facts["kind"] == "audio":
        require(begin and film.segment.scale == _MILLISECOND, "audio that starts late")
        facts |= audio_facts(name, entry, begin)
    else:
        require(name in _SUBTITLES, f"another kind of captions: {name}")
        facts["codec"] = _SUBTITLES[name]
