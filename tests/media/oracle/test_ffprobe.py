"""Real files from many hands against what ffprobe 5.1 says of them.

Where we differ is listed with the reason. A listed difference that is none any more fails too, so
the list stays true from one FFmpeg to the next.
"""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import av
import pytest

from stoat_nb.media.failures import ERROR_CLASSES
from stoat_nb.media.languages import several
from stoat_nb.media.video import Outcome, Stream, Video

from .ffprobe_differences import DIFFERENCES, SINCE_9

SECONDS = 0.005
MANY = 100_000


@pytest.fixture(scope="module")
def ffprobe(media_oracle: Path) -> dict[str, dict[str, Any]]:
    """What ffprobe says of each file: nothing where it finds no stream."""
    with (media_oracle / "ffprobe.jsonl").open(encoding="utf-8") as lines:
        documents = [json.loads(line) for line in lines]
    return {
        document["path"]: document["json"] if document["json"].get("streams") else {}
        for document in documents
    }


def test_every_file_is_a_video_or_a_failure_with_a_reason(
    told: dict[str, Outcome], ffprobe: dict[str, Any]
) -> None:
    assert len(told) == 131
    assert set(told) == set(ffprobe)
    for answer in told.values():
        assert (answer.video is None) != (answer.failure is None)
        if answer.failure:
            assert answer.failure.error_class in ERROR_CLASSES
            assert answer.failure.error_class != "internal"
            assert answer.failure.error.endswith(".")
            assert "Errno" not in answer.failure.error


def test_the_same_files_are_readable(told: dict[str, Outcome], ffprobe: dict[str, Any]) -> None:
    readable = {path for path, outcome in told.items() if outcome.video}
    assert readable == {path for path, document in ffprobe.items() if document}
    assert len(readable) == 116


def test_each_difference_is_known_and_still_one(
    told: dict[str, Outcome], ffprobe: dict[str, Any]
) -> None:
    differ = {
        (path.rpartition("/")[2], field)
        for path, outcome in told.items()
        if outcome.video
        for field, ours, theirs in compared(outcome.video, outcome.found.size_bytes, ffprobe[path])
        if not same(ours, theirs)
    }
    known = {case for cases in DIFFERENCES.values() for case in cases}
    known |= SINCE_9 if ffmpeg() >= 9 else set()
    assert sorted(differ - known) == []
    assert sorted(known - differ) == []


def ffmpeg() -> int:
    """Return the first number of the FFmpeg that PyAV brings."""
    return int(av.ffmpeg_version_info.split(".", 1)[0])


def same(ours: Any, theirs: Any) -> bool:
    if isinstance(ours, float) and isinstance(theirs, float):
        return ours == pytest.approx(theirs, abs=SECONDS)
    if isinstance(ours, int) and isinstance(theirs, int) and ours > MANY:
        return ours == pytest.approx(theirs, rel=1e-3)  # bit rates are divided in other orders
    return bool(ours == theirs)


def compared(video: Video, size: int, document: Any) -> Iterator[tuple[str, Any, Any]]:
    """Yield each promised fact as field, ours and theirs."""
    streams, form = document["streams"], document["format"]
    yield "size", size, int(form["size"])
    yield "format", video.format_name, form["format_name"]
    yield "duration", video.duration_s, float(form["duration"]) if "duration" in form else None
    yield "bitrate", video.bitrate, whole(form.get("bit_rate"))
    yield "chapters", chapters(video), told_chapters(document)
    yield "tags", tags(video), told_tags(form)
    kinds = Counter(stream.get("codec_type", "unknown") for stream in streams)
    yield "kinds", Counter(stream.kind for stream in video.streams), kinds
    yield "covers", *(sum(told) for told in zip(*covers(video, streams), strict=True))
    for ours, theirs in zip(video.streams, streams, strict=True):
        for field, mine, reference in of_stream(ours, theirs):
            yield f"{ours.idx}.{field}", mine, reference


def chapters(video: Video) -> list[tuple[float | None, float | None, str | None]]:
    return [(one.start_s, one.end_s, one.title) for one in video.chapters]


def told_chapters(document: Any) -> list[tuple[float, float, str | None]]:
    return [
        (float(one["start_time"]), float(one["end_time"]), one.get("tags", {}).get("title"))
        for one in document["chapters"]
    ]


def tags(video: Video) -> dict[str, str]:
    return {one.key.lower(): one.value for one in video.tags if one.idx is None}


def told_tags(form: Any) -> dict[str, str]:
    told = {key.lower(): value.strip() for key, value in form.get("tags", {}).items()}
    if told.get("creation_time", "").startswith("1970-01-01T00:00:00"):
        del told["creation_time"]  # no time at all
    return {key: value for key, value in told.items() if value}


def covers(video: Video, streams: Any) -> Iterator[tuple[bool, bool]]:
    for ours, theirs in zip(video.streams, streams, strict=True):
        yield ours.is_cover, bool(theirs["disposition"]["attached_pic"])


def of_stream(ours: Stream, theirs: Any) -> Iterator[tuple[str, Any, Any]]:
    tags, disposition = theirs.get("tags", {}), theirs["disposition"]
    language = {key.lower(): value for key, value in tags.items()}.get("language")
    yield "codec", ours.codec, theirs.get("codec_name")
    yield "tag", tag(ours.codec_tag), tag(theirs["codec_tag_string"])
    yield "language", ours.language, next(iter(several(language or "")), None)
    yield "default", ours.is_default, bool(disposition["default"])
    yield "forced", ours.is_forced, bool(disposition["forced"])
    yield "duration", ours.duration_s, real(theirs.get("duration"))
    yield "start", ours.start_s, real(theirs.get("start_time"))
    yield "bitrate", ours.bitrate, whole(theirs.get("bit_rate"))
    counted = ours.frame_count if ours.frame_count_basis == "header" else None
    yield "frames", counted, whole(theirs.get("nb_frames"))
    if ours.kind == "video":
        yield from of_picture(ours, theirs)
    if ours.kind == "audio":
        yield from of_sound(ours, theirs)


def of_picture(ours: Stream, theirs: Any) -> Iterator[tuple[str, Any, Any]]:
    yield "width", ours.width, theirs["width"]
    yield "height", ours.height, theirs["height"]
    yield "rotation", ours.rotation, rotation(theirs)
    yield "profile", ours.profile, theirs.get("profile")
    yield "level", ours.level, None if theirs.get("level") == -99 else theirs.get("level")
    yield "pix_fmt", ours.pix_fmt, theirs.get("pix_fmt")
    for name in ("color_range", "color_space", "color_transfer", "color_primaries", "field_order"):
        yield name, getattr(ours, name), theirs.get(name)
    yield "has_b_frames", ours.has_b_frames, bool(theirs["has_b_frames"])
    yield "sar", ours.sar, ratio(theirs.get("sample_aspect_ratio", "0:1"), ":")
    if not ours.is_cover:
        rate = ours.fps_num / ours.fps_den if ours.fps_num and ours.fps_den else None
        stated = ratio(theirs["avg_frame_rate"], "/") or ratio(theirs["r_frame_rate"], "/")
        yield "fps", rate, stated
    side = {key: value for one in theirs.get("side_data_list", ()) for key, value in one.items()}
    yield "dv_profile", ours.dv_profile, side.get("dv_profile")
    yield "dv_compat", ours.dv_compat, side.get("dv_bl_signal_compatibility_id")
    yield "max_cll", ours.max_cll, side.get("max_content")
    yield "max_fall", ours.max_fall, side.get("max_average")


def of_sound(ours: Stream, theirs: Any) -> Iterator[tuple[str, Any, Any]]:
    yield "sample_rate", ours.sample_rate, int(theirs["sample_rate"]) or None
    yield "channels", ours.channels, theirs["channels"] or None
    yield "channel_layout", ours.channel_layout, theirs.get("channel_layout")
    yield "profile", ours.profile, theirs.get("profile")
    depth = whole(theirs.get("bits_per_raw_sample")) or theirs.get("bits_per_sample")
    yield "bit_depth", ours.bit_depth, depth or None


def tag(text: str | None) -> str | None:
    """Return a tag of four characters; how numbers are written is everybody's own choice."""
    return None if text is None or text.startswith("0x") or "[" in text else text.strip()


def real(text: str | None) -> float | None:
    return None if text is None else float(text) or None if float(text) else 0.0


def whole(text: str | None) -> int | None:
    return int(text) if text and int(text) else None


def ratio(text: str, between: str) -> float | None:
    above, below = map(int, text.split(between))
    return above / below if above and below else None


def rotation(stream: Any) -> int:
    """Turn ffprobe's degrees, counter-clockwise, into ours."""
    turned = [side["rotation"] for side in stream.get("side_data_list", ()) if "rotation" in side]
    return -int(turned[0]) % 360 if turned else 0


def test_the_comparison_can_fail(told: dict[str, Outcome], ffprobe: dict[str, Any]) -> None:
    [path] = [path for path in told if path.endswith("portrait.MOV")]
    video, document = told[path].video, json.loads(json.dumps(ffprobe[path]))
    assert video is not None
    document["streams"][1]["side_data_list"][0]["rotation"] = 90
    document["streams"][0]["channels"] = 2
    document["format"]["duration"] = "2.2"
    differ = [field for field, *facts in compared(video, 242_100, document) if not same(*facts)]
    assert differ == ["duration", "0.channels", "1.rotation", "1.fps"]


def test_what_phones_and_albums_are_told_apart_by(told: dict[str, Outcome]) -> None:
    videos = {path.rpartition("/")[2]: answer.video for path, answer in told.items()}
    phone, album = videos["dolbyVision-hdr.MOV"], videos["testMP4_twoCovers.m4a"]
    assert phone is not None
    assert album is not None
    picture = phone.main("video")
    assert picture is not None
    assert (phone.container, picture.rotation, picture.hdr) == ("mov", 90, "dolby_vision")
    assert phone.created_at == "2023-05-09T11:41:46Z"  # by its key; the header is of the export
    assert [stream.kind for stream in phone.streams].count("data") == 3
    assert album.main("video") is None
    assert (album.title, [stream.is_cover for stream in album.streams]) == (
        "Test Title",
        [False, True, True],
    )
