"""The facts of an MP4, QuickTime or 3GP file that its ``moov`` proves; the others are libav's.

Whatever is stated here must be what libav says of the same file, column by column; a test holds
both together. So what is not fully understood is not stated, and is a reason to ask libav.
"""

from __future__ import annotations

from stoat_nb.media.budgeted_reader import BudgetedReader
from stoat_nb.media.containers import by_brand
from stoat_nb.media.facts import Facts
from stoat_nb.media.failures import STOAT
from stoat_nb.media.isobmff.chapters import chapters_of
from stoat_nb.media.isobmff.cover_art import cover_of
from stoat_nb.media.isobmff.edit_list import is_instant, span_of
from stoat_nb.media.isobmff.layout import require_known_boxes, require_known_tops
from stoat_nb.media.isobmff.metadata import Tags, file_tags, plain, track_tags
from stoat_nb.media.isobmff.movie import Movie
from stoat_nb.media.isobmff.reordering import offsets_of
from stoat_nb.media.isobmff.sample_sizes import Sizes, sizes_of
from stoat_nb.media.isobmff.stream_facts import (
    MAIN,
    Film,
    add_format,
    counted_facts,
    entry_tags,
    own_facts,
)
from stoat_nb.media.isobmff.timecode import add_timecodes
from stoat_nb.media.isobmff.tracks import MovieHeader, Track
from stoat_nb.media.structure.verdict import COMPLETE, Structure
from stoat_nb.media.timestamps import Span, bitrate, rescale, whole
from stoat_nb.media.unsupported import Unproven, require

FORMAT = "mov,mp4,m4a,3gp,3g2,mj2"

_COVERS = 90_000  # ticks a second
_PATIENCE_S = 4  # of the five seconds that libav looks for how streams are
_LONGEST_ENTRY = 1024  # bytes worth keeping


def movie_facts(
    reader: BudgetedReader,
    movie: Movie,
    header: MovieHeader | None,
    tracks: list[Track],
    shape: Structure,
    *,
    left: Unproven,
) -> Facts | None:
    """Return the facts that are proven, if the tracks can be told apart; keep why not all are."""
    with left:
        _require_tracks(movie, header, tracks)
    if left or header is None:
        return None
    is_whole = _is_whole(movie, shape, left)
    return _facts(Film(reader, movie, header, tracks, is_whole, left))


def _facts(film: Film) -> Facts:
    reader, movie, tracks, left = film.reader, film.movie, film.tracks, film.left
    streams: list[Facts] = [{"idx": idx, "id": track.id} for idx, track in enumerate(tracks)]
    facts: Facts = {"format_name": FORMAT, "streams": streams, "tool": STOAT}
    sizes = [Sizes(0, None, None)] * len(tracks)
    with left:
        sizes = sizes_of(reader, movie, tracks)
    for stream, track, size in zip(streams, tracks, sizes, strict=True):
        with left:
            stream.update(own_facts(track))
            with left:
                stream.update(counted_facts(film, track, size))
            add_format(stream, film, track, size)
    brand = None
    with left:
        brand = _brand(reader, movie)
        facts["container"] = by_brand(brand)
    with left:
        facts["tags"] = _tags(film, streams, is_quicktime=brand in (None, "qt  "))
    spans = _spans(film, streams)
    if len(spans) == len(tracks):
        _add_times(facts, streams, film, spans)
    facts["document"] = {"index": [_written(track) for track in tracks]}
    return facts


def _require_tracks(movie: Movie, header: MovieHeader | None, tracks: list[Track]) -> None:
    kinds = [box.kind for box in movie.tops]
    require(kinds.count(b"moov") == 1 and kinds.count(b"ftyp") <= 1, "several movies")
    require(header and movie.moov, "no movie header")
    require(movie.moov and len(movie.moov.all(b"trak")) == len(tracks), "a broken track")
    require(any(track.handler in MAIN for track in tracks), "no video and no audio")
    numbers = {track.id for track in tracks if 0 < track.id < 1 << 31}
    require(len(numbers) == len(tracks), "tracks of one number")


def _is_whole(movie: Movie, shape: Structure, left: Unproven) -> bool:
    """Whether the movie counts all samples of the file, and nothing may change what it means."""
    with left:
        require(shape.integrity == COMPLETE, "a file cut short")
    with left:
        require(not movie.fragmented, "a file in fragments")
        require_known_tops(movie)
        if movie.moov:
            require_known_boxes(movie.moov)
        return True
    return False


def _tags(film: Film, streams: list[Facts], *, is_quicktime: bool) -> list[Facts]:
    """Return the tags of the file and of its tracks; the streams get what is told by theirs."""
    tags = []
    for track, stream in zip(film.tracks, streams, strict=True):
        with film.left:
            inner = track.mdia.below(b"minf", b"hdlr")
            require(inner is None or any(track.name[:2].strip(b"\0")), "a track without a name")
            own = track_tags(film.reader, track, track.created, is_quicktime=is_quicktime)
            require("kind" in stream, "tags of a track that is not known")
            stream["language"], stream["title"] = dict(own).get("language"), dict(own).get("name")
            tags.append(own)
    told = file_tags(film.reader, film.movie, film.header.created)
    _refuse_early_words(film.movie)
    require(len(tags) == len(film.tracks), "tags of a track that is not known")
    add_timecodes(film.reader, film.tracks, tags)
    for track, own in zip(film.tracks, tags, strict=True):
        own.extend(entry_tags(track, is_quicktime=is_quicktime))
    return _all_tags(told, tags)


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


def _all_tags(tags: Tags, words: list[Tags]) -> list[Facts]:
    found: list[Facts] = [{"key": key, "value": value} for key, value in tags]
    for idx, own in enumerate(words):
        found += [{"key": key, "value": value, "idx": idx} for key, value in own]
    return found


def _spans(film: Film, streams: list[Facts]) -> list[Span]:
    """Return when tracks start and end; moments without a length, as GoPro's, last all the film.

    Each stream gets its own times; without those of all tracks, there are none of the file.
    """
    spans: dict[int, Span] = {}
    moments = [n for n, track in enumerate(film.tracks) if is_instant(track)]
    for n, track in enumerate(film.tracks):
        with film.left:
            if "frame_count" in streams[n] and n not in moments:
                spans[n] = _span(film, track)
    with film.left:
        if moments and len(spans) + len(moments) == len(film.tracks):
            start, length = whole(spans.values())
            require(not start, "moments in a film that starts late")
            for n in moments:
                scale = film.tracks[n].time_scale
                spans[n] = Span(0, rescale(length, scale, 1_000_000), scale, is_beside=True)
    for n, span in spans.items():
        streams[n] |= {"duration_s": span.duration / span.scale, "start_s": span.start / span.scale}
    return [spans[n] for n in sorted(spans)]


def _span(film: Film, track: Track) -> Span:
    offsets = offsets_of(film.reader, track)
    is_beside = track.handler not in MAIN
    return span_of(track, film.header.time_scale, offsets, is_beside=is_beside)


def _add_times(facts: Facts, streams: list[Facts], film: Film, spans: list[Span]) -> None:
    """Add what follows from the times of all tracks: the file's, its chapters, and its cover."""
    reader, movie, tracks, left = film.reader, film.movie, film.tracks, film.left
    start, length = whole(spans)
    facts["duration_s"], facts["start_s"] = length / 1e6, start / 1e6
    facts["bitrate"] = bitrate(reader.size, length)
    with left:
        chapters = chapters_of(reader, movie, tracks, spans)
        facts["n_chapters"], facts["chapters"] = len(chapters), chapters
    with left:
        if movie.moov and (cover := cover_of(reader, movie)):
            require(movie.moov.all(b"udta")[-1].start > tracks[-1].trak.start, "an early cover")
            own = {"duration_s": length, "start_s": start}  # in the clock of an attached picture
            times = {name: rescale(us, _COVERS, 1_000_000) / _COVERS for name, us in own.items()}
            cover |= {**times, "frame_count": 0, "id": 0, "is_default": False}
            streams.append({**cover, "idx": len(tracks)})
    with left:
        _refuse_bursts(tracks)


def _written(track: Track) -> Facts:
    """Return what the index says of a track, beyond what became a fact."""
    return {
        "id": track.id,
        "time_scale": track.time_scale,
        "duration": track.duration,
        "matrix": track.matrix,
        "edits": [(edit.duration, edit.media_time, edit.rate) for edit in track.edits],
        "entry": track.sample_entry[:_LONGEST_ENTRY].hex(),
    }


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
