"""All facts of an MP4, QuickTime or 3GP file from its index alone, or the reason why not.

Whatever this returns must be what libav says of the same file, column by column; a test holds both
together. So what is not fully understood raises ``UnsupportedLayout``, and libav is asked.
"""

from __future__ import annotations

from typing import Any

from stoat_nb.media.budgeted_reader import BudgetedReader
from stoat_nb.media.cached import cached
from stoat_nb.media.codecs import formats
from stoat_nb.media.containers import by_brand
from stoat_nb.media.failures import STOAT
from stoat_nb.media.isobmff import sample_entry
from stoat_nb.media.isobmff.audio_sample_entry import audio_facts
from stoat_nb.media.isobmff.boxes import Box
from stoat_nb.media.isobmff.chapters import HANDLER as CHAPTER_HANDLER, chapters_of
from stoat_nb.media.isobmff.cover_art import cover_of
from stoat_nb.media.isobmff.display_matrix import is_turned_only
from stoat_nb.media.isobmff.edit_list import is_instant, length_of, span_of
from stoat_nb.media.isobmff.metadata import Tags, file_tags, plain, track_tags
from stoat_nb.media.isobmff.movie import Movie
from stoat_nb.media.isobmff.reordering import has_b_frames, offsets_of
from stoat_nb.media.isobmff.sample_sizes import Sizes, sizes_of
from stoat_nb.media.isobmff.sample_table import require_sample_table
from stoat_nb.media.isobmff.samples import (
    ENOUGH,
    first_offset,
    first_sample,
    first_size,
    is_seen,
    looks_right,
)
from stoat_nb.media.isobmff.structure import is_own_data
from stoat_nb.media.isobmff.timecode import add_timecodes
from stoat_nb.media.isobmff.tracks import MovieHeader, Track
from stoat_nb.media.streams import add_brightness, hdr, tag_text
from stoat_nb.media.structure.verdict import COMPLETE, Structure
from stoat_nb.media.timestamps import Span, bitrate, reduce_fraction, rescale, whole
from stoat_nb.media.unsupported import UnsupportedLayout, require

FORMAT = "mov,mp4,m4a,3gp,3g2,mj2"

_KINDS = {
    b"vide": "video",
    b"soun": "audio",
    b"sbtl": "subtitle",
    **dict.fromkeys((b"meta", b"tmcd", b"fdsc", CHAPTER_HANDLER), "data"),
}
_BINARY = {b"gpmd": "bin_data", CHAPTER_HANDLER: "bin_data"}
_MAIN = frozenset([b"vide", b"soun"])
_CAPTIONS = {b"tx3g": "mov_text"}
_TOPS = frozenset(b"ftyp moov mdat free skip wide sefd".split())  # the last is Samsung's own
_KNOWN = {
    b"moov": frozenset(b"mvhd trak udta meta iods free skip".split()),
    b"trak": frozenset(b"tkhd edts mdia tref tapt tgas udta meta free skip".split()),
    b"edts": frozenset([b"elst"]),
    b"mdia": frozenset(b"mdhd hdlr minf free".split()),
    b"minf": frozenset(b"vmhd smhd gmhd nmhd hdlr dinf stbl free".split()),
    b"dinf": frozenset([b"dref"]),
    b"stbl": frozenset(b"stsd stts stss ctts cslg stsc stsz stco co64 sdtp sgpd sbgp free".split()),
    b"tref": frozenset([b"cdsc", b"cdep", b"chap", b"tmcd"]),
}
_REPEATED = frozenset(b"trak free skip udta sgpd sbgp cdsc cdep".split())
_LARGEST_FRACTION = 2**31 - 1
_PIXEL_SIDE = 16384
_FINEST_CLOCK = 10_000_000
_OWN_DATA = bytes([0, 0, 0, 0, 0, 0, 0, 1])
_COVERS = 90_000  # ticks a second
_PATIENCE_S = 4  # of the five seconds that libav looks for how streams are
_LONGEST_ENTRY = 1024  # bytes worth keeping


def movie_facts(
    reader: BudgetedReader,
    movie: Movie,
    header: MovieHeader | None,
    found: list[Track],
    shape: Structure,
) -> dict[str, Any]:
    """Return all facts; raise ``UnsupportedLayout`` where the index alone does not tell."""
    _refuse_unsupported(movie, shape, found)
    if header is None or movie.moov is None or not header.is_simple:
        raise UnsupportedLayout("a strange movie header")
    sizes = sizes_of(reader, movie, found)
    spans, (start, length) = _spans(reader, found, header)
    _refuse_bursts(found)
    chapters = chapters_of(reader, movie, found, spans)
    brand = _brand(reader, movie)
    tags = file_tags(reader, movie, header.created)
    _refuse_early_words(movie)
    is_quicktime = brand in (None, "qt  ")
    words = [track_tags(reader, track, track.created, is_quicktime=is_quicktime) for track in found]
    add_timecodes(reader, found, words)
    data = [box for box in movie.tops if box.kind == b"mdat"]
    streams = [
        _stream(reader, track, span, size, words[idx], data=data, is_quicktime=is_quicktime)
        | {"idx": idx}
        for idx, (track, span, size) in enumerate(zip(found, spans, sizes, strict=True))
    ]
    if cover := cover_of(reader, movie):
        require(movie.moov.all(b"udta")[-1].start > found[-1].trak.start, "an early cover")
        own = {"duration_s": length, "start_s": start}  # in the clock of an attached picture
        times = {name: rescale(us, _COVERS, 1_000_000) / _COVERS for name, us in own.items()}
        times |= {"frame_count": 0, "id": 0}
        streams.append({**cover, **times, "idx": len(found), "is_default": False})
    return {
        "container": by_brand(brand),
        "format_name": FORMAT,
        "streams": streams,
        "duration_s": length / 1e6,
        "start_s": start / 1e6,
        "bitrate": bitrate(reader.size, length),
        "n_chapters": len(chapters),
        "chapters": chapters,
        "tags": _all_tags(tags, words),
        "tool": STOAT,
        "document": {"index": [_written(track) for track in found]},
    }


def _written(track: Track) -> dict[str, Any]:
    """Return what the index says of a track, beyond what became a fact."""
    return {
        "id": track.id,
        "time_scale": track.time_scale,
        "duration": track.duration,
        "matrix": track.matrix,
        "edits": [(edit.duration, edit.media_time, edit.rate) for edit in track.edits],
        "entry": track.sample_entry[:_LONGEST_ENTRY].hex(),
    }


def _refuse_unsupported(movie: Movie, shape: Structure, found: list[Track]) -> None:
    require(shape.integrity == COMPLETE and not movie.fragmented, "a file cut or in fragments")
    kinds = [box.kind for box in movie.tops]
    if strange := set(kinds) - _TOPS:
        raise UnsupportedLayout(f"boxes of another kind: {sorted(strange)}")
    require(kinds.count(b"moov") == 1 and kinds.count(b"ftyp") <= 1, "several indices")
    require(movie.moov and len(movie.moov.all(b"trak")) == len(found), "a broken track")
    handlers = {track.handler for track in found}
    if (unknown := handlers - _KINDS.keys()) or not handlers & _MAIN:
        raise UnsupportedLayout(f"tracks of another kind: {sorted(unknown)}")
    numbers = {track.id for track in found if 0 < track.id < 1 << 31}
    require(len(numbers) == len(found), "tracks of one number")
    for track in found:
        require(
            track.n_entries == 1 and track.sample_entry[8:16] == _OWN_DATA, "a strange sample entry"
        )
        inner = track.mdia.below(b"minf", b"hdlr")
        require(inner is None or any(track.name[:2].strip(b"\0")), "a track without a name")
    if movie.moov:
        _refuse_unknown_boxes(movie.moov)


def _refuse_unknown_boxes(node: Box) -> None:
    outer = node.kind
    if node.rest:
        raise UnsupportedLayout(f"something that is no box in {outer!r}")
    if not node.children.keys() <= _KNOWN[outer]:
        strange = sorted(node.children.keys() - _KNOWN[outer])
        raise UnsupportedLayout(f"boxes of another kind in {outer!r}: {strange}")
    for kind, children in node.children.items():
        if len(children) > 1 and kind not in _REPEATED:
            raise UnsupportedLayout(f"a box twice: {kind!r}")
        if kind in _KNOWN:
            for child in children:
                _refuse_unknown_boxes(child)


def _refuse_early_words(movie: Movie) -> None:
    """Refuse keyed words before tracks: libav then reads a track's as the file's."""
    nodes = movie.moov.all(b"trak") if movie.moov else []
    own = [node for node in nodes if node.all(b"meta")]
    words = movie.moov.all(b"meta") if movie.moov else []
    if own and words:
        require(all(one.end <= word.start for one in own for word in words), "early words")


def _brand(reader: BudgetedReader, movie: Movie) -> str | None:
    box = movie.first(b"ftyp")
    return plain(reader.at(box.body, 4)) if box else None


def _all_tags(tags: Tags, words: list[Tags]) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = [{"key": key, "value": value} for key, value in tags]
    for idx, own in enumerate(words):
        found += [{"key": key, "value": value, "idx": idx} for key, value in own]
    return found


def _spans(
    reader: BudgetedReader, tracks: list[Track], header: MovieHeader
) -> tuple[list[Span], tuple[int, int]]:
    """Return when tracks start and end, and the start and the length of all the film.

    Moments without a length, as GoPro's, last all the film.
    """
    known = [None if is_instant(track) else _span(reader, track, header) for track in tracks]
    spans = [span for span in known if span]
    start, length = whole(spans)
    if len(spans) == len(known):
        return spans, (start, length)
    require(not start, "moments in a film that starts late")
    spans = [
        span
        or Span(0, rescale(length, track.time_scale, 1_000_000), track.time_scale, is_beside=True)
        for span, track in zip(known, tracks, strict=True)
    ]
    return spans, whole(spans)


def _span(reader: BudgetedReader, track: Track, header: MovieHeader) -> Span:
    offsets = offsets_of(reader, track)
    is_beside = track.handler not in _MAIN
    require(0 < track.time_scale <= _FINEST_CLOCK, "a track without a clock")
    return span_of(track, header.time_scale, offsets, is_beside=is_beside)


def _stream(
    reader: BudgetedReader,
    track: Track,
    span: Span,
    size: Sizes,
    words: Tags,
    *,
    data: list[Box],
    is_quicktime: bool,
) -> dict[str, Any]:
    require(is_own_data(reader, track.trak), "samples in another file")
    require(size.samples and size.samples == track.samples, "tables that count differently")
    require_sample_table(reader, track, size.samples)
    offset = first_offset(reader, track)
    require(any(box.body <= offset < box.end for box in data), "a lost sample")
    sample = b""
    facts: dict[str, Any] = {
        "id": track.id,
        "kind": _KINDS[track.handler],
        "codec": None,
        "codec_tag": tag_text(int.from_bytes(track.tag, "little")),
        "duration_s": span.duration / span.scale,
        "start_s": span.start / span.scale,
        "frame_count": size.samples,
        "bitrate": size.bitrate(length_of(track), track.time_scale),
        "bitrate_basis": size.basis,
        "language": dict(words).get("language"),
        "title": dict(words).get("name"),
        "is_default": track.is_enabled,
        "is_forced": False,
        "is_cover": False,
    }
    if track.handler == b"soun":
        facts |= audio_facts(reader, track, size)
    elif track.handler == b"vide":
        sample = first_sample(reader, track, sample_entry.needed(track))
        facts |= _video(reader, track, sample)
        known = facts["codec"], facts["extradata"]
        require(looks_right(reader, track, *known, sample), "a first sample of noise")
        words += _words_of(track)
    elif track.handler == b"sbtl":
        require(track.tag in _CAPTIONS, f"another kind of captions: {track.tag!r}")
        facts["codec"] = _CAPTIONS[track.tag]
    else:
        facts["codec"] = _BINARY.get(track.tag)
        is_own = track.handler in (track.tag, b"meta")
        require(is_own and track.tag != b"rtmd", "data of another kind")
    if track.handler in _MAIN and is_quicktime:
        words.append(("vendor_id", _vendor(track.sample_entry[20:24])))
    facts.pop("form", None)
    extradata = facts.pop("extradata", b"")
    if facts.get("hdr") == "hdr10":
        sample = first_sample(reader, track, ENOUGH)
        require(is_seen(facts["codec"], extradata, sample), "brightness beyond the first bytes")
        add_brightness(facts, formats.brightness(facts["codec"], extradata, sample))
    return facts


def _words_of(track: Track) -> Tags:
    """Return the compressor's name."""
    length = min(track.sample_entry[50], 31)
    name = plain(track.sample_entry[51 : 51 + length])
    return [("encoder", name)] if name else []


@cached
def _vendor(raw: bytes) -> str:
    """Write four bytes as FFmpeg does: a letter as it is, another byte as its number."""
    return "".join(
        chr(byte)
        if chr(byte).isascii() and (chr(byte).isalnum() or chr(byte) in "-_. ")
        else f"[{byte}]"
        for byte in raw
    )


def _video(reader: BudgetedReader, track: Track, sample: bytes) -> dict[str, Any]:
    facts = sample_entry.video_facts(track, sample, first_size(reader, track))
    form = facts["form"]
    require(facts["width"] <= _PIXEL_SIDE and facts["height"] <= _PIXEL_SIDE, "a vast picture")
    require(is_turned_only(track.matrix), "a picture that is stretched")
    rate = _rate(track)
    facts |= {
        "has_b_frames": has_b_frames(reader, track, form, facts["codec"], facts["extradata"]),
        "fps_num": rate[0],
        "fps_den": rate[1],
        "hdr": hdr(facts["color_transfer"], facts.pop("has_dolby_vision")),
    }
    return facts


def _rate(track: Track) -> tuple[int, int]:
    ticks = track.time_scale * (track.samples or 0)
    return reduce_fraction(ticks, track.played, _LARGEST_FRACTION)


def _refuse_bursts(tracks: list[Track]) -> None:
    """Refuse pictures so slow, but for the first, that libav gives up before it hears the sound."""
    if not any(track.handler == b"soun" for track in tracks):
        return
    for track in tracks:
        if track.handler != b"vide" or not track.samples:
            continue
        shown, now = 0, 0
        for count, ticks in track.durations or ():
            room = max(0, 2 * track.time_scale - now) // max(ticks, 1) + 1
            shown, now = shown + min(count, room), now + count * ticks
            if now > 2 * track.time_scale:
                break
        slow = shown * track.played > _PATIENCE_S * track.time_scale * track.samples
        require(not slow, "a burst of pictures in a slow film with sound")
