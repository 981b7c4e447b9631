"""What a probe says of one file: frozen facts, and only facts. Unknown is None, never a guess.

There are millions of these in a large scan. Those of text and numbers alone have ``gc=False``: they
cannot be part of a ring, so the garbage collector need not count them or look through them.
"""

from __future__ import annotations

from msgspec import Struct


class Found(Struct, frozen=True, kw_only=True, gc=False):
    """One candidate file as the walk saw it."""

    folder: bytes  #: Absolute path of the folder that holds it.
    name: bytes  #: Name within that folder.
    size_bytes: int
    mtime_ns: int
    inode: int
    device: int


class Stream(Struct, frozen=True, kw_only=True, gc=False):
    """One stream of a file, in the file's own order."""

    idx: int
    kind: str  #: video, audio, subtitle, data, attachment or unknown.
    codec: str | None = None  #: FFmpeg's codec name.
    codec_tag: str | None = None  #: Four characters, or 0x… where they are not printable.
    profile: str | None = None
    level: int | None = None
    width: int | None = None  #: Stored pixels.
    height: int | None = None
    rotation: int | None = None  #: Degrees clockwise to turn for display: 0, 90, 180 or 270.
    sar: float | None = None  #: Sample aspect ratio.
    pix_fmt: str | None = None
    bit_depth: int | None = None  #: Of a picture's samples, or of sound that is stored exactly.
    fps_num: int | None = None
    fps_den: int | None = None
    color_range: str | None = None
    color_space: str | None = None
    color_transfer: str | None = None
    color_primaries: str | None = None
    hdr: str | None = None  #: sdr, hdr10, hdr10plus, hlg or dolby_vision; None where unsaid.
    channels: int | None = None
    channel_layout: str | None = None
    sample_rate: int | None = None  #: Hz.
    bitrate: int | None = None  #: Bits a second, as the file states it.
    duration_s: float | None = None
    start_s: float | None = None
    frame_count: int | None = None  #: With its basis below.
    language: str | None = None
    title: str | None = None
    is_default: bool = False
    is_forced: bool = False
    is_cover: bool = False  #: An attached picture: never the video.
    coded_width: int | None = None  #: Pixels before cropping, where the codec's header tells.
    coded_height: int | None = None
    chroma: str | None = None  #: 4:2:0, 4:2:2, 4:4:4, ..., or 4:0:0 for grey.
    fps_mode: str | None = None  #: cfr or vfr; None where nothing says.
    fps_mode_basis: str | None = None  #: What says so: container, or packets (all were read).
    frame_min_s: float | None = None  #: The shortest time from one frame to the next, by packets.
    frame_max_s: float | None = None  #: The longest.
    frame_avg_s: float | None = None
    frame_count_basis: str | None = None  #: counted, header, tags, or estimated (duration by rate).
    bitrate_basis: str | None = None  #: header, tags, sizes (of all samples), or packets.
    interlaced: bool | None = None
    field_order: str | None = None  #: progressive, tt, bb, tb or bt (stored first, shown first).
    has_b_frames: bool | None = None  #: Some pictures are stored after others that they precede.
    dv_profile: int | None = None  #: Dolby Vision profile.
    dv_compat: int | None = None  #: Dolby Vision base layer's compatibility: 1 HDR10, 2 SDR, 4 HLG.
    max_cll: int | None = None  #: Candela per square metre, the brightest pixel.
    max_fall: int | None = None  #: Candela per square metre, the brightest picture's average.


class Chapter(Struct, frozen=True, kw_only=True, gc=False):
    """One chapter of a film."""

    n: int  #: From 1, in the file's order.
    start_s: float | None = None
    end_s: float | None = None
    title: str | None = None


class Tag(Struct, frozen=True, kw_only=True, gc=False):
    """Something that the file says of itself, or of one of its streams."""

    key: str
    value: str
    idx: int | None = None  #: The stream's number; None for the whole file.


class Video(Struct, frozen=True, kw_only=True):
    """The facts of one file. The codec, size and so on of *the* video are its main stream's."""

    container: str  #: mp4, mov, 3gp, matroska, webm, avi, mpegts, mpeg, flv, asf, mxf, ogg, ...
    format_name: str  #: FFmpeg's name of the demuxer.
    streams: tuple[Stream, ...]
    duration_s: float | None = None
    start_s: float | None = None
    bitrate: int | None = None  #: Bits a second over the whole file.
    n_chapters: int = 0
    created_at: str | None = None  #: ISO 8601, UTC, as the file says.
    encoder: str | None = None
    title: str | None = None
    tool: str = ""  #: What read it, with its version.
    integrity: str = "unknown"  #: complete, truncated, suspect or unknown; never a guess.
    integrity_level: str = "none"  #: How far the file was looked at: none, structure or packets.
    integrity_reason: str | None = None  #: A sentence, where it is truncated or suspect.
    fragmented: bool | None = None  #: The film is in pieces with an index each; ISO files only.
    faststart: bool | None = None  #: The index comes before the media data; ISO files only.
    #: container, streams, timestamps, estimated (by bit rate), or packets (all were read).
    duration_basis: str | None = None
    chapters: tuple[Chapter, ...] = ()
    tags: tuple[Tag, ...] = ()  #: In the file's order; long ones are cut, at most some hundred.
    quick_hash: str | None = None  #: As media.quick_hash has it: of the size and the two ends.
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
