"""What a probe says of one file: frozen facts, and only facts. Unknown is None, never a guess.

There are millions of these in a large scan. Those of text and numbers alone have ``gc=False``: they
cannot be part of a ring, so the garbage collector need not count them or look through them.

Each fact is declared here and nowhere else: docs/architecture.md says how to add one.
"""

from __future__ import annotations

from typing import Annotated

from msgspec import Struct

from stoat_nb.media.fact import (
    Fact,
    count,
    digest,
    length,
    moment,
    number,
    one_of,
    real,
    text,
    text_of,
    truth,
)
from stoat_nb.media.origin.clues import DATE_BASES
from stoat_nb.media.stream import BASES, Stream
from stoat_nb.media.structure.verdict import INTEGRITY, LEVELS, NONE, UNKNOWN

__all__ = ["Chapter", "Failure", "Found", "Outcome", "Stream", "Tag", "Video"]

#: A release whose readers tell more of the same bytes raises it: the next scan then reads again
#: what earlier ones have read.
FACTS_VERSION = 1


class Found(Struct, frozen=True, kw_only=True, gc=False):
    """One candidate file as the walk saw it."""

    folder: bytes  #: Absolute path of the folder that holds it.
    name: bytes  #: Name within that folder.
    size_bytes: int
    mtime_ns: int
    inode: int
    device: int
    real_path: bytes = b""  #: Where it is, if it was reached by a link that was followed.


class Chapter(Struct, frozen=True, kw_only=True, gc=False):
    """One chapter of a film."""

    n: Annotated[int, Fact("Its number, from 1.", count)]
    start_s: Annotated[float | None, Fact("Where it begins.", moment, "s")] = None
    end_s: Annotated[float | None, Fact("Where it ends.", moment, "s")] = None
    title: Annotated[str | None, Fact("As tagged.", text, dtype="string")] = None


class Tag(Struct, frozen=True, kw_only=True, gc=False):
    """Something that the file says of itself, or of one of its streams."""

    idx: Annotated[int | None, Fact("The stream it is of; null: the whole file.", number)] = None
    key: Annotated[str, Fact("Its name.", text_of(200), dtype="string")]
    value: Annotated[
        str,
        Fact("What it says; very long ones are cut.", text_of(2000), dtype="string"),
    ]


class Video(Struct, frozen=True, kw_only=True):
    """The facts of one file. The codec, size and so on of *the* video are its main stream's."""

    container: Annotated[
        str, Fact("Kind of file: mp4, mov, matroska, webm, avi, mpegts, ...", text)
    ] = "unknown"
    format_name: Annotated[str, Fact("FFmpeg's name of the format.", text)] = "unknown"
    duration_s: Annotated[
        float | None,
        Fact(
            "Time that can be played: from the first frame or sample to the end of the last. "
            "Captions add nothing; pieces of joined TS, VOB and MPEG-PS are added up.",
            length,
            "s",
        ),
    ] = None
    duration_basis: Annotated[
        str | None,
        Fact(
            "container: its header (Matroska: less `start_s` where that counts from 0); "
            "streams: as edited (ISO), tagged (Matroska) or indexed (AVI); timestamps: the first "
            "to the last (MPEG-TS and PS, live Matroska); packets: all; estimated: by bit rate.",
            one_of(BASES),
        ),
    ] = None
    start_s: Annotated[
        float | None,
        Fact(
            "Time of the first frame or sample on the file's own clock: mostly 0; of the "
            "broadcast in MPEG-TS and PS, of the presentation in late fragments.",
            moment,
            "s",
        ),
    ] = None
    bitrate: Annotated[int | None, Fact("Over the whole file.", count, "bit/s")] = None
    n_chapters: Annotated[int, Fact("Chapters.", number)] = 0
    n_tags: Annotated[
        int | None, Fact("Tags, with those of streams; `tags()` has the first 5,000.", number)
    ] = None
    faststart: Annotated[
        bool | None,
        Fact("Index before media data, so that it plays while it loads; ISO only.", truth),
    ] = None
    fragmented: Annotated[
        bool | None, Fact("In pieces with an index each; ISO files only.", truth)
    ] = None
    integrity: Annotated[
        str,
        Fact(
            "complete, truncated, suspect, or unknown: as far as `integrity_level` says.",
            one_of(INTEGRITY),
        ),
    ] = UNKNOWN
    integrity_level: Annotated[
        str,
        Fact(
            "How far it was looked at: none, structure, or packets: all were read, none decoded.",
            one_of(LEVELS),
        ),
    ] = NONE
    integrity_reason: Annotated[
        str | None,
        Fact("Why it is not complete, and what else was noticed.", text, dtype="string"),
    ] = None
    created_at: Annotated[
        str | None,
        Fact(
            "When it was recorded, by the most trusted date in the file: in UTC, but where "
            "`created_tz` is local. No date: a clock's first or last day (1904-01-01, 1970-01-01, "
            "2036-02-06, ...), a day to come, a count from 1904 that may be one from 1970.",
            text,
            dtype="datetime64[ns, UTC]",
        ),
    ] = None
    created_basis: Annotated[
        str | None,
        Fact(f"What says so, the most trusted first: {', '.join(DATE_BASES)}.", one_of(DATE_BASES)),
    ] = None
    created_tz: Annotated[
        str | None,
        Fact(
            "An offset as +02:00; UTC: by the rule of the format, which some cameras break; or "
            "local: `created_at` is what the clock showed in a zone that nothing tells.",
            text,
        ),
    ] = None
    camera_make: Annotated[str | None, Fact("Maker of the camera or phone.", text_of(200))] = None
    camera_model: Annotated[str | None, Fact("Its model, as it names itself.", text_of(200))] = None
    lens: Annotated[str | None, Fact("Its lens.", text_of(200))] = None
    gps_lat: Annotated[
        float | None,
        Fact("Where: degrees north of the equator. 0, 0 is none.", real(-90, 90), "degrees"),
    ] = None
    gps_lon: Annotated[
        float | None, Fact("Degrees east of Greenwich.", real(-180, 180), "degrees")
    ] = None
    timecode: Annotated[
        str | None,
        Fact(
            "Time code of the first frame, hh:mm:ss:ff; hh:mm:ss;ff where it drops frames.",
            text,
            dtype="string",
        ),
    ] = None
    drop_frame: Annotated[
        bool | None, Fact("Whether `timecode` skips numbers to keep up with the clock.", truth)
    ] = None
    reel: Annotated[
        str | None, Fact("The reel, tape or card it was taken from.", text, dtype="string")
    ] = None
    encoder: Annotated[
        str | None, Fact("Program that wrote it, as the file says.", text, dtype="string")
    ] = None
    muxer: Annotated[
        str | None,
        Fact("Library that multiplexed it, where the file names one.", text, dtype="string"),
    ] = None
    title: Annotated[str | None, Fact("Title, as the file says.", text, dtype="string")] = None
    quick_hash: Annotated[
        str | None,
        Fact(
            "BLAKE2b, 16 bytes as hexadecimal digits, of the size and the first and last 16 KiB.",
            digest,
            dtype="string",
        ),
    ] = None
    tool: Annotated[str, Fact("What read the file, with its version.", text)] = ""
    streams: tuple[Stream, ...]
    chapters: tuple[Chapter, ...] = ()
    tags: tuple[Tag, ...] = ()  #: In the file's order; long ones are cut, at most some thousand.
    document: str | None = None  #: What the reader said beyond the facts above, as JSON.

    def main(self, kind: str) -> Stream | None:
        """Return *the* stream of a kind: the first marked as default, else the first; no cover."""
        first = None
        for stream in self.streams:
            if stream.kind == kind and not stream.is_cover:
                if stream.is_default:
                    return stream
                first = first or stream
        return first


class Failure(Struct, frozen=True, kw_only=True, gc=False):
    """Why a file could not be probed."""

    error_class: str  #: One of media.failures.ERROR_CLASSES.
    error: str  #: One sentence, never empty.
    tool: str  #: What found it out, with its version.
    elapsed_ms: int | None = None


class Outcome(Struct, frozen=True, kw_only=True):
    """What came of one candidate: exactly one of ``video`` and ``failure`` is set."""

    found: Found
    video: Video | None = None
    failure: Failure | None = None
    read_at: float | None = None  #: When reading it began.
