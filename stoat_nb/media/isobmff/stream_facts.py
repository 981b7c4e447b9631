"""The facts of one stream of an MP4, QuickTime or 3GP file, each on its own footing."""

from __future__ import annotations

from typing import NamedTuple

from stoat_nb.media.budgeted_reader import BudgetedReader
from stoat_nb.media.cached import cached
from stoat_nb.media.codecs import formats
from stoat_nb.media.codecs.captions import CARRIERS, ENOUGH, captions_of
from stoat_nb.media.facts import Facts
from stoat_nb.media.isobmff import sample_entry
from stoat_nb.media.isobmff.audio_sample_entry import audio_facts
from stoat_nb.media.isobmff.chapters import HANDLER as CHAPTER_HANDLER
from stoat_nb.media.isobmff.display_matrix import is_turned_only
from stoat_nb.media.isobmff.edit_list import length_of
from stoat_nb.media.isobmff.layout import require_known_boxes
from stoat_nb.media.isobmff.metadata import Tags, plain
from stoat_nb.media.isobmff.movie import Movie
from stoat_nb.media.isobmff.reordering import has_b_frames
from stoat_nb.media.isobmff.sample_sizes import Sizes
from stoat_nb.media.isobmff.sample_table import require_sample_table
from stoat_nb.media.isobmff.samples import (
    first_offset,
    first_sample,
    first_size,
    is_seen,
    looks_right,
)
from stoat_nb.media.isobmff.tracks import MovieHeader, Track
from stoat_nb.media.streams import add_brightness, hdr, tag_text
from stoat_nb.media.timestamps import reduce_fraction
from stoat_nb.media.unsupported import Unproven, UnsupportedLayout, require

MAIN = frozenset([b"vide", b"soun"])

_KINDS = {
    b"vide": "video",
    b"soun": "audio",
    b"sbtl": "subtitle",
    **dict.fromkeys((b"meta", b"tmcd", b"fdsc", CHAPTER_HANDLER), "data"),
}
_BINARY = {b"gpmd": "bin_data", CHAPTER_HANDLER: "bin_data"}
_CAPTIONS = {b"tx3g": "mov_text"}
_LARGEST_FRACTION = 2**31 - 1
_PIXEL_SIDE = 16384
_FINEST_CLOCK = 10_000_000
_OWN_DATA = bytes([0, 0, 0, 0, 0, 0, 0, 1])


class Film(NamedTuple):
    """A file whose tracks can be told apart, while its facts are collected."""

    reader: BudgetedReader
    movie: Movie
    header: MovieHeader
    tracks: list[Track]
    is_whole: bool  #: The movie counts all samples, and nothing in it changes what that means.
    left: Unproven


def own_facts(track: Track) -> Facts:
    """Return what a track's own header says; raise where it may be another kind of track."""
    if track.handler not in _KINDS:
        raise UnsupportedLayout(f"a track of another kind: {track.handler!r}")
    require_known_boxes(track.trak)
    # A sample entry that cannot be read proves nothing of its type.
    tag = tag_text(int.from_bytes(track.tag, "little"))
    facts: Facts = {"codec_tag": tag} if tag else {}
    return facts | {
        "kind": _KINDS[track.handler],
        "is_default": track.is_enabled,
        "is_forced": False,
        "is_cover": False,
    }


def counted_facts(film: Film, track: Track, size: Sizes) -> Facts:
    """Return what the sample table counts; raise where its boxes do not fit together."""
    require(film.is_whole, "samples that the movie does not count")
    require(0 < track.time_scale <= _FINEST_CLOCK, "a track without a clock")
    require(size.samples and size.samples == track.samples, "tables that count differently")
    require_sample_table(film.reader, track, size.samples)
    offset = first_offset(film.reader, track)
    tops = film.movie.tops
    is_held = any(box.kind == b"mdat" and box.body <= offset < box.end for box in tops)
    require(is_held, "a lost sample")
    facts: Facts = {
        "frame_count": size.samples,
        "bitrate": size.bitrate(length_of(track), track.time_scale),
        "bitrate_basis": size.basis,
    }
    if track.handler == b"vide":
        ticks = track.time_scale * (track.samples or 0)
        rate = reduce_fraction(ticks, track.played, _LARGEST_FRACTION)
        facts["fps_num"], facts["fps_den"] = rate
    return facts


def add_format(facts: Facts, film: Film, track: Track, size: Sizes) -> None:
    """Add what the sample entry, and how the first sample begins, say of the codec."""
    with film.left:
        is_own = track.n_entries == 1 and track.sample_entry[8:16] == _OWN_DATA
        require(is_own, "a strange sample entry")
        if track.handler == b"soun":
            told = audio_facts(film.reader, track, size)
            if "frame_count" not in facts:
                told.pop("frame_count", None)
            facts |= told
        elif track.handler == b"vide":
            _add_video(facts, film, track)
        elif track.handler == b"sbtl":
            require(track.tag in _CAPTIONS, f"another kind of captions: {track.tag!r}")
            facts["codec"] = _CAPTIONS[track.tag]
        else:
            is_own = track.handler in (track.tag, b"meta")
            require(is_own and track.tag != b"rtmd", "data of another kind")
            facts["codec"] = _BINARY.get(track.tag)
    if track.handler == b"soun" and "codec" not in facts:  # whose frames may state another bit rate
        facts.pop("bitrate", None)
        facts.pop("bitrate_basis", None)


def entry_tags(track: Track, *, is_quicktime: bool) -> Tags:
    """Return what a sample entry of video or audio says beside the format."""
    found: Tags = []
    if track.handler == b"vide":
        length = min(track.sample_entry[50], 31)
        if name := plain(track.sample_entry[51 : 51 + length]):
            found.append(("encoder", name))
    if track.handler in MAIN and is_quicktime:
        found.append(("vendor_id", _vendor(track.sample_entry[20:24])))
    return found


def _add_video(facts: Facts, film: Film, track: Track) -> None:
    sample = b""
    with film.left:
        sample = first_sample(film.reader, track, sample_entry.needed(track))
    size = first_size(film.reader, track) if sample else 0
    entry = sample_entry.visual_entry(track, sample, size)
    codec, form, extradata = entry.codec, entry.form, entry.config
    require(max(form.width or 0, form.height or 0) <= _PIXEL_SIDE, "a vast picture")
    if entry.unproven:
        film.left.append(entry.unproven)
    facts |= entry.facts
    with film.left:
        require(
            looks_right(film.reader, track, codec, extradata, sample), "a first sample of noise"
        )
    if codec in CARRIERS:
        with film.left:
            is_all = is_seen(codec, extradata, sample)
            head = sample if is_all else first_sample(film.reader, track, ENOUGH)
            if found := captions_of(head):
                facts["closed_captions"] = found
    if not (film.header.is_simple and is_turned_only(track.matrix)):
        del facts["sar"]
        film.left.append("a picture that is stretched")
    with film.left:
        facts["has_b_frames"] = has_b_frames(film.reader, track, form, codec, extradata)
    facts["hdr"] = hdr(entry.transfer, entry.has_dolby_vision)
    if entry.transfer == "smpte2084":
        with film.left:
            sample = first_sample(film.reader, track, ENOUGH)
            require(is_seen(codec, extradata, sample), "brightness beyond the first bytes")
            add_brightness(facts, formats.brightness(codec, extradata, sample))


@cached
def _vendor(raw: bytes) -> str:
    """Write four bytes as FFmpeg does: a letter as it is, another byte as its number."""
    return "".join(
        chr(byte)
        if chr(byte).isascii() and (chr(byte).isalnum() or chr(byte) in "-_. ")
        else f"[{byte}]"
        for byte in raw
    )
