"""Real files from many hands against what ffprobe 5.1 says of them.

Where we differ is listed with the reason. A listed difference that is none any more fails too, so
the list stays true from one FFmpeg to the next.
"""

from __future__ import annotations

import json
import os
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from stoat_nb.media.extensions import VIDEO_EXTENSIONS
from stoat_nb.media.failures import ERROR_CLASSES
from stoat_nb.media.find import find_folders
from stoat_nb.media.outcome import outcome
from stoat_nb.media.probe import probe
from stoat_nb.media.video import Outcome, Stream, Video

NO_NAME = "FFmpeg 5.1 had no name for the codec yet; the tag says what it is"
NO_DECODER = "FFmpeg has no decoder for the tag and gives no name; the tag says what it is"
EDITED = (
    "since FFmpeg 8 the film is as long as its edit list plays; 5.1 took the movie header's word"
)
BROKEN = "the tracks' headers are broken; 5.1 took the duration from the header that is not"
FRAGMENTED = "FFmpeg 5.1 misread the fragments: forty hours for one second"

#: (file, field): why we say something else than ffprobe 5.1.
DIFFERENCES = {
    ("sample_vvc.mp4", "0.codec"): NO_NAME,
    ("video_dovi_3840x2160_30fps_dav1_10.mp4", "0.codec"): NO_DECODER,
    ("sample.text.mp4", "0.codec"): NO_DECODER,
    ("bbb_800x640_768kbps_30fps_avc_2b_firstpts_10_sec.mp4", "duration"): EDITED,
    ("sample_opus.mp4", "duration"): EDITED,
    ("nasa_13013.mp4", "duration"): EDITED,
    ("sample_fragmented.mp4", "duration"): FRAGMENTED,
    ("testMP4_QuickTimeMetadata.mov", "duration"): BROKEN,
    ("testMP4_StillImageTimeZero.mov", "duration"): BROKEN,
}

SECONDS = 0.05


@pytest.fixture(scope="module")
def told(media_oracle: Path) -> dict[str, Outcome]:
    """What we say of each file, by its path beneath the folder."""
    root = os.fsencode(media_oracle / "files")
    listings = list(find_folders(root, extensions=VIDEO_EXTENSIONS))
    assert all(listing.readable and not listing.problems for listing in listings)
    answers = {}
    for found in (found for listing in listings for found in listing.files):
        relative = os.fsdecode((found.folder + b"/" + found.name)[len(root) + 1 :])
        item = {
            "root": os.fsdecode(root),
            "relative": relative,
            "size_bytes": found.size_bytes,
            "mtime_ns": found.mtime_ns,
        }
        answers[relative] = outcome(found, json.loads(json.dumps(probe(item))))
    return answers


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
    assert differ - set(DIFFERENCES) == set()
    assert set(DIFFERENCES) - differ == set()


def same(ours: Any, theirs: Any) -> bool:
    if isinstance(ours, float) and isinstance(theirs, float):
        return ours == pytest.approx(theirs, abs=SECONDS)
    return bool(ours == theirs)


def compared(video: Video, size: int, document: Any) -> Iterator[tuple[str, Any, Any]]:
    """Yield each promised fact as field, ours and theirs."""
    streams, form = document["streams"], document["format"]
    yield "size", size, int(form["size"])
    yield "format", video.format_name, form["format_name"]
    yield "duration", video.duration_s, float(form["duration"]) if "duration" in form else None
    kinds = Counter(stream.get("codec_type", "unknown") for stream in streams)
    yield "kinds", Counter(stream.kind for stream in video.streams), kinds
    yield "covers", *(sum(told) for told in zip(*covers(video, streams), strict=True))
    for ours, theirs in zip(video.streams, streams, strict=True):
        for field, mine, reference in of_stream(ours, theirs):
            yield f"{ours.idx}.{field}", mine, reference


def covers(video: Video, streams: Any) -> Iterator[tuple[bool, bool]]:
    for ours, theirs in zip(video.streams, streams, strict=True):
        yield ours.is_cover, bool(theirs["disposition"]["attached_pic"])


def of_stream(ours: Stream, theirs: Any) -> Iterator[tuple[str, Any, Any]]:
    yield "codec", ours.codec, theirs.get("codec_name")
    if ours.kind == "video":
        yield "width", ours.width, theirs["width"]
        yield "height", ours.height, theirs["height"]
        yield "rotation", ours.rotation, rotation(theirs)
    if ours.kind == "audio":
        yield "sample_rate", ours.sample_rate, int(theirs["sample_rate"]) or None
        yield "channels", ours.channels, theirs["channels"] or None


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
    assert differ == ["duration", "0.channels", "1.rotation"]


def test_what_phones_and_albums_are_told_apart_by(told: dict[str, Outcome]) -> None:
    videos = {path.rpartition("/")[2]: answer.video for path, answer in told.items()}
    phone, album = videos["dolbyVision-hdr.MOV"], videos["testMP4_twoCovers.m4a"]
    assert phone is not None
    assert album is not None
    picture = phone.main("video")
    assert picture is not None
    assert (phone.container, picture.rotation, picture.hdr) == ("mov", 90, "dolby_vision")
    assert phone.created_at == "2023-05-09T11:48:30Z"
    assert [stream.kind for stream in phone.streams].count("data") == 3
    assert album.main("video") is None
    assert (album.title, [stream.is_cover for stream in album.streams]) == (
        "Test Title",
        [False, True, True],
    )
