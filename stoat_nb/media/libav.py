"""libav at work on one open descriptor: facts out, or a ``ProbeError``.

To load it takes a fifth of a second, which only readers that need it should pay.
"""

from __future__ import annotations

import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from fractions import Fraction
from itertools import islice
from typing import Any

import av
from av import logging
from av.container import InputContainer

from stoat_nb.media import policy
from stoat_nb.media.codecs import formats
from stoat_nb.media.codecs.captions import CARRIERS, ENOUGH, captions_of
from stoat_nb.media.codecs.h264_fields import SecondFields
from stoat_nb.media.codecs.mpeg2 import pulldown
from stoat_nb.media.containers import container_of
from stoat_nb.media.derived_facts import utc
from stoat_nb.media.failures import ProbeError, from_reader
from stoat_nb.media.ffmpeg_dump import Description, parse_dump
from stoat_nb.media.frame_rates import snapped
from stoat_nb.media.origin import mdpm, packs
from stoat_nb.media.origin.clues import Clues
from stoat_nb.media.streams import add_brightness, lower_keys, seconds, stream_facts
from stoat_nb.media.unsupported import NOT_PROVEN

#: What reads, with its version.
TOOL = f"PyAV {av.__version__}, FFmpeg {av.ffmpeg_version_info}"
#: Before 19, PyAV raises for tags that are no UTF-8 unless told otherwise.
_LENIENT_TAGS: Any = {"metadata_errors": "backslashreplace"} if av.__version__ < "19" else {}

_MICROSECONDS = 1_000_000
_MOST_LOG_LINES = 200
_MOST_CHAPTERS = 2000
_LONGEST_TAG = 2000
_LONGEST_DESCRIPTION = 20_000
_LARGEST_SAMPLE = 1 << 20
_SOME_SAMPLES = 8  # captions come and go; fields come in pairs


def read(fd: int, *, soft_timeout_s: float = policy.SOFT_TIMEOUT_S) -> dict[str, Any]:
    """Read the facts of the file behind ``fd``; the descriptor stays open.

    Raises ``ProbeError``. What took as long as ``soft_timeout_s`` is refused, since libav may then
    have stopped in the middle and still call it success.
    """
    started = time.monotonic()
    log: list[str] = []
    try:
        with captured_log(log), opened(fd, soft_timeout_s) as container:
            facts = _facts(container, fd)
    except Exception as error:  # whatever the binding raises here is about this file
        # Not str(error): PyAV adds the last line libav logged, which may be about another file.
        words = str(getattr(error, "strerror", None) or error)
        raise from_reader(type(error).__name__, words, log) from error
    facts["has_more_streams"] = any("max_streams" in line for line in log)
    if time.monotonic() - started >= soft_timeout_s:
        sentence = f"Reading the file's facts took over {soft_timeout_s:g} seconds."
        raise ProbeError("timeout", sentence)
    if not facts["streams"]:
        sentence = "The file opened, but holds no video, audio or other stream."
        raise ProbeError("no_streams", sentence)
    return facts


@contextmanager
def captured_log(lines: list[str]) -> Iterator[None]:
    """Collect libav's error lines instead of printing them."""
    before, skips = logging.get_level(), logging.get_skip_repeated()
    logging.set_level(logging.ERROR)
    # Otherwise a line that ended the file before would be missing from this one.
    logging.set_skip_repeated(False)
    try:
        with logging.Capture() as captured:
            yield
    finally:
        logging.set_level(before)
        logging.set_skip_repeated(skips)
        lines.extend(
            f"[{name}] {line}" if name else line for _, name, line in captured[-_MOST_LOG_LINES:]
        )


@contextmanager
def opened(fd: int, soft_timeout_s: float) -> Iterator[InputContainer]:
    """Open the file behind a descriptor within the limits of ``policy``."""
    with av.open(
        "fd:",
        timeout=(soft_timeout_s, soft_timeout_s),
        container_options=policy.container_options(fd),
        options=policy.STREAM_OPTIONS,
        **_LENIENT_TAGS,
    ) as container:
        yield container


def _facts(container: InputContainer, fd: int) -> dict[str, Any]:
    tags, format_name = lower_keys(container.metadata), container.format.name
    text = _description(container)
    descriptions = parse_dump(text)
    created, streams = tags.get("creation_time", ""), []
    for found in container.streams:
        description = descriptions.get(found.index, Description(kind=found.type))
        streams.append(stream_facts(found, description, format_name, created))
    chapters = _chapters(container)
    facts: dict[str, Any] = {
        "container": container_of(format_name, tags, fd),
        "format_name": format_name,
        "streams": streams,
        "duration_s": _clock(container.duration),
        "start_s": _clock(container.start_time),
        "bitrate": container.bit_rate,
        "n_chapters": len(chapters),
        "chapters": chapters[:_MOST_CHAPTERS],
        "tags": _tags(container),
        "tool": TOOL,
        "document": {"description": text[:_LONGEST_DESCRIPTION]},
    }
    samples = _look_into_samples(container, streams)  # the last: what it reads moves the file on
    facts["sample_clues"] = _sample_clues(container, streams, samples)
    for stream in streams:
        if stream["codec"] == "h264" and stream.get("progressive_only") is False:
            some = samples.get(stream["idx"], [])
            stream["fields"] = _fields(container.streams[stream["idx"]], some)
        if stream["codec"] == "mpeg2video" and (part := pulldown(samples.get(stream["idx"], ()))):
            _slow_down(stream, part)
    if format_name == "mpegts":
        _count_sections_once(facts)
    return facts


def _count_sections_once(facts: dict[str, Any]) -> None:
    """Drop streams that FFmpeg makes of a PID once more, as of private sections in two tables.

    A transport stream is what its PMT lists, and that has one entry per PID (13818-1, 2.4.4.8).
    """
    kept, known = [], set()
    for stream in facts["streams"]:
        if stream["kind"] not in ("data", "unknown") or stream["id"] not in known:
            kept.append(stream)  # a Blu-ray's TrueHD has its AC-3 under the same PID
        known.add(stream["id"])
    places = {stream["idx"]: place for place, stream in enumerate(kept)}
    facts["streams"] = kept
    facts["tags"] = [
        {**tag, "idx": places.get(tag["idx"])} if "idx" in tag else tag
        for tag in facts["tags"]
        if tag.get("idx") is None or tag["idx"] in places
    ]


def _chapters(container: InputContainer) -> list[dict[str, Any]]:
    return [
        {
            "start_s": seconds(chapter["start"], chapter["time_base"]),
            "end_s": seconds(chapter["end"], chapter["time_base"]),
            "title": lower_keys(chapter["metadata"]).get("title"),
        }
        for chapter in container.chapters()
    ]


def _tags(container: InputContainer) -> list[dict[str, Any]]:
    """Collect the tags of the file, then those of each stream."""
    own: list[tuple[Mapping[str, str], dict[str, int]]] = [(container.metadata, {})]
    own += [(stream.metadata, {"idx": stream.index}) for stream in container.streams]
    return [
        {"key": key, "value": value[:_LONGEST_TAG], **of}
        for tags, of in own
        for key, value in tags.items()
        # The first second of 1970 is how some files say that they do not know.
        if key != "creation_time" or utc(value)
    ]


def _look_into_samples(
    container: InputContainer, streams: list[dict[str, Any]]
) -> dict[int, list[bytes]]:
    """Look for what only samples say: how bright a film gets, HDR10+, captions; return samples."""
    samples = {}
    for facts in streams:
        is_bright = facts.get("color_transfer") == "smpte2084"
        if facts.get("is_cover") or not (is_bright or facts["codec"] in CARRIERS):
            continue
        stream = container.streams[facts["idx"]]
        some = _first_samples(container, stream, _SOME_SAMPLES if facts["codec"] in CARRIERS else 1)
        samples[facts["idx"]] = some
        kinds = {kind for sample in some for kind in captions_of(sample[:ENOUGH])}
        facts["closed_captions"] = sorted(kinds)
        if is_bright:
            extradata = bytes(stream.codec_context.extradata or b"")
            first = some[0] if some else b""
            add_brightness(facts, formats.brightness(facts["codec"], extradata, first))
    return samples


def _sample_clues(
    container: InputContainer, streams: list[dict[str, Any]], samples: Mapping[int, list[bytes]]
) -> Clues | None:
    """Look for what camcorders write into pictures: into those of AVCHD and of DV."""
    video = next((one for one in streams if one["kind"] == "video" and not one["is_cover"]), {})
    is_avchd = video.get("codec") == "h264" and container.format.name == "mpegts"
    if not is_avchd and video.get("codec") != "dvvideo":
        return None
    some = samples.get(video["idx"]) or _first_samples(
        container, container.streams[video["idx"]], 1
    )
    sample = some[0] if some else b""
    if is_avchd:
        return mdpm.clues_in(sample)
    video["interlaced"] = packs.is_interlaced(sample)
    return packs.clues_in(sample)


def _slow_down(facts: dict[str, Any], part: Fraction) -> None:
    """State the rate at which frames come, where the header states the one they are shown at."""
    if own := facts.get("own_fps"):
        rate = snapped(Fraction(own), Fraction(1, 10**9)) * part
        facts["fps_num"], facts["fps_den"] = rate.numerator, rate.denominator


def _fields(stream: Any, samples: list[bytes]) -> float:
    """Return which part of the first packets is the second field of a frame: half, or none."""
    is_second = SecondFields(bytes(stream.codec_context.extradata or b""))
    try:
        seen = [is_second(sample) for sample in samples]
    except NOT_PROVEN:
        return 0.0
    return sum(seen) / len(seen) if seen else 0.0


def _first_samples(container: InputContainer, stream: Any, most: int) -> list[bytes]:
    found: list[bytes] = []
    try:
        packets = (packet for packet in container.demux(stream) if packet.size)
        found.extend(bytes(packet)[:_LARGEST_SAMPLE] for packet in islice(packets, most))
    except Exception:  # noqa: BLE001 - the facts are known already; a broken sample adds none
        return found
    return found


def _description(container: Any) -> str:
    logging.set_level(logging.INFO)  # the description is a log message
    try:
        return str(container.dumps_format())
    finally:
        logging.set_level(logging.ERROR)


def _clock(microseconds: int | None) -> float | None:
    return None if microseconds is None else microseconds / _MICROSECONDS
