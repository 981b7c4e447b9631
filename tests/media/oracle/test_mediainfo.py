"""Real files from many hands against what MediaInfo 23.04 says of them.

It looks deeper into streams than any header, and guesses where nothing says. Only what it does say
is compared; where we differ is listed with the reason, and a listed difference that is none any
more fails too.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from stoat_nb.media.video import Outcome, Stream, Video

#: Why we say something else than MediaInfo, or nothing: (file, field).
DIFFERENCES: dict[str, list[tuple[str, str]]] = {
    "MediaInfo adds up one of the streams, ours is what the header says": [
        ("sample-with-key-frame-index.flv", "duration"),
        ("sample-with-large-length.avi", "duration"),
        ("te[s]t_ video ' _ .flv", "duration"),
    ],
    "MediaInfo does not compare the index with the length of the file": [
        ("large_stbl_truncated_after_moov.m4b", "truncated"),
    ],
    "MediaInfo leaves out the last picture's own time, or subtitles beside it": [
        ("sample_h265.ts", "duration"),
        ("sample_scte35.ts", "duration"),
    ],
    "MediaInfo leaves out, or puts in, frames that the edit list does not show": [
        ("bbb_800x640_768kbps_30fps_avc_2b_firstpts_10_sec.mp4", "0.frames"),
        ("dolbyVision-hdr.MOV", "0.frames"),
        ("edit_list_positive_shift.mp4", "0.frames"),
        ("fixture.mov", "0.frames"),
        ("sideways movie.mov", "0.frames"),
    ],
    "MediaInfo gives the angle of a picture that is mirrored as if it were only turned": [
        ("sample_rotate_and_reflect.mp4", "0.rotation"),
    ],
    "compressed sound has no bit depth; MediaInfo gives the one its decoder makes": [
        ("bear-opus.mka", "0.bit_depth"),
        ("fixture-realmedia-video.rm", "1.bit_depth"),
        ("fixture.3gp", "1.bit_depth"),
        ("fixture.avi", "1.bit_depth"),
        ("fixture.wmv.asf", "1.bit_depth"),
        ("fixture2.3gp", "0.bit_depth"),
        ("sample.3gp", "0.bit_depth"),
        ("sample_h264_dts_audio.ts", "1.bit_depth"),
        ("sample_with_htc_rotation_track_name.mkv", "1.bit_depth"),
        ("sample_with_srt.mkv", "1.bit_depth"),
        ("sample_with_vobsub.mkv", "1.bit_depth"),
        ("sample_with_vtt_subtitles.mkv", "1.bit_depth"),
        ("testWMV_WMV2.wmv", "1.bit_depth"),
    ],
    "each frame is within a tick of an even beat: rounding, no variable rate": [
        ("portrait.MOV", "1.fps_mode"),
        ("sample_with_chapters.mp4", "0.fps_mode"),
        ("sample_with_nero_chapters_only.mp4", "0.fps_mode"),
        ("sideways movie.mov", "0.fps_mode"),
    ],
    "eight bytes too many are claimed, and none is missing": [
        ("sample_mdat_too_long.mp4", "truncated"),
    ],
    "MediaInfo multiplies length and rate; these blocks were counted": [
        ("bear-vp9.webm", "0.frames"),
        ("fixture.mkv", "0.frames"),
        ("fixture.webm", "0.frames"),
        ("invalid-bitstream.webm", "0.frames"),
    ],
    "chunks without bytes are no frames: a codec held some back": [
        ("sample-with-large-length.avi", "0.fps_mode"),
        ("sample-with-large-length.avi", "0.frames"),
        ("sample.avi", "0.frames"),
    ],
    "one frame has no rhythm": [
        ("fixture.mkv", "0.fps_mode"),
        ("fixture.webm", "0.fps_mode"),
    ],
    "the index of a file in fragments tells only of what came before them": [
        ("sample_partially_fragmented.mp4", "0.fps_mode"),
        ("sample_partially_fragmented.mp4", "0.frames"),
    ],
    "captions make no film longer": [
        ("sample_with_pgs_subtitles.mkv", "duration"),
        ("sample_with_srt.mkv", "duration"),
        ("sample_with_vobsub.mkv", "duration"),
        ("sample_with_vtt_subtitles.mkv", "duration"),
    ],
    "nothing in the header counts frames; MediaInfo counts or multiplies": [
        ("bbb_2500ms.ts", "0.frames"),
        ("fixture-raw.mts", "0.frames"),
        ("fixture-realmedia-video.rm", "0.frames"),
        ("fixture.flv", "0.frames"),
        ("fixture.mpg", "0.frames"),
        ("fixture.mxf", "0.frames"),
        ("fragmented_captions.mp4", "0.frames"),
        ("sample-with-key-frame-index.flv", "0.frames"),
        ("sample.flv", "0.frames"),
        ("sample_fragmented.mp4", "0.frames"),
        ("sample_fragmented_seekable.mp4", "0.frames"),
        ("sample_h265.ts", "0.frames"),
        ("sample_scte35.ts", "0.frames"),
        ("sample_with_htc_rotation_track_name.mkv", "0.frames"),
        ("sample_with_srt.mkv", "0.frames"),
        ("te[s]t_ video ' _ .flv", "0.frames"),
        ("testFLV.flv", "1.frames"),
        ("testWMV_WMV2.wmv", "0.frames"),
    ],
    "nothing was decoded; MediaInfo reads the header of the codec": [
        ("AudioVideoInterleave.avi", "0.chroma"),
        ("video_dovi_3840x2160_30fps_dav1_10.mp4", "0.bit_depth"),
        ("video_dovi_3840x2160_30fps_dav1_10.mp4", "0.chroma"),
    ],
    "only the headers of pictures say it; MediaInfo reads them": [
        ("sample.3gp", "1.interlaced"),
        ("sample.avi", "0.interlaced"),
        ("sample_h263.ts", "0.interlaced"),
        ("testvideo-169.avi", "0.interlaced"),
        ("testvideo-43.avi", "0.interlaced"),
    ],
    "the container does not say; MediaInfo looks into the stream": [
        ("fixture-imovie.mp4", "1.fps_mode"),
        ("fixture.flv", "0.fps_mode"),
        ("fixture.m4v", "0.fps_mode"),
        ("fragmented_captions.mp4", "0.fps_mode"),
        ("sample-with-key-frame-index.flv", "0.fps_mode"),
        ("sample.flv", "0.fps_mode"),
        ("sample_fragmented.mp4", "0.fps_mode"),
        ("sample_fragmented_seekable.mp4", "0.fps_mode"),
        ("sample_h264_dts_audio.ts", "0.fps_mode"),
        ("sample_with_ssa_subtitles.mkv", "0.fps_mode"),
        ("sample_with_vtt_subtitles.mkv", "0.fps_mode"),
        ("subsample_encrypted_altref.webm", "0.fps_mode"),
        ("te[s]t_ video ' _ .flv", "0.fps_mode"),
        ("testFLV.flv", "1.fps_mode"),
        ("webm.webm", "0.fps_mode"),
    ],
    "the film is as long as its edit list plays": [
        ("bbb_800x640_768kbps_30fps_avc_2b_firstpts_10_sec.mp4", "duration"),
        ("nasa_13013.mp4", "duration"),
        ("sample_opus.mp4", "duration"),
    ],
    "the first frame stands for a third of a second in a film of 30 a second": [
        ("sample_android_slow_motion.mp4", "0.fps_mode"),
    ],
    (
        "the header gives each frame the same "
        "duration; MediaInfo goes by time stamps of milliseconds"
    ): [
        ("roadtrip-vp92-10bit.webm", "0.fps_mode"),
        ("sample_with_pgs_subtitles.mkv", "0.fps_mode"),
    ],
    "a picture that is mirrored, too: ours is the turn after that": [
        ("sample_rotate_and_reflect.mp4", "0.rotation"),
    ],
    "the last fragment's own length counts": [
        ("sample_fragmented_seekable.mp4", "duration"),
    ],
}

SECONDS = 0.05


@pytest.fixture(scope="module")
def mediainfo(media_oracle: Path) -> dict[str, list[dict[str, Any]]]:
    """What MediaInfo says of each file: a list of tracks, the file itself first."""
    with (media_oracle / "mediainfo.jsonl").open(encoding="utf-8") as lines:
        documents = [json.loads(line) for line in lines]
    return {one["path"]: (one["json"].get("media") or {}).get("track", []) for one in documents}


def test_each_difference_is_known_and_still_one(
    told: dict[str, Outcome], mediainfo: dict[str, list[dict[str, Any]]]
) -> None:
    differ = {
        (path.rpartition("/")[2], field)
        for path, outcome in told.items()
        if outcome.video
        for field, ours, theirs in compared(outcome.video, mediainfo[path])
        if theirs is not None and not same(ours, theirs)
    }
    known = {case for cases in DIFFERENCES.values() for case in cases}
    assert sorted(differ - known) == []
    assert sorted(known - differ) == []


def same(ours: Any, theirs: Any) -> bool:
    if isinstance(theirs, float):
        return bool(ours == pytest.approx(theirs, abs=SECONDS))
    return bool(ours == theirs)


def compared(video: Video, tracks: list[dict[str, Any]]) -> Iterator[tuple[str, Any, Any]]:
    """Yield each fact that both know of as field, ours and theirs."""
    file = tracks[0] if tracks else {}
    yield "duration", video.duration_s, real(file.get("Duration"))
    faststart = {"Yes": True, "No": False}.get(file.get("IsStreamable", ""))
    is_iso = video.format_name.startswith("mov") and not video.fragmented
    yield "faststart", video.faststart, faststart if is_iso and has_data(file) else None
    yield "truncated", video.integrity == "truncated", "IsTruncated" in file.get("extra", {})
    pictures = [one for one in video.streams if one.kind == "video" and not one.is_cover]
    for ours, theirs in zip(pictures, kind(tracks, "Video"), strict=False):
        for field, mine, reference in of_picture(ours, theirs):
            yield f"{ours.idx}.{field}", mine, reference
    sounds = [one for one in video.streams if one.kind == "audio"]
    for ours, theirs in zip(sounds, kind(tracks, "Audio"), strict=False):
        yield f"{ours.idx}.bit_depth", ours.bit_depth, whole(theirs.get("BitDepth"))


def has_data(file: dict[str, Any]) -> bool:
    """Whether there is media data that the index could come before."""
    return bool(whole(file.get("DataSize")))


def kind(tracks: list[dict[str, Any]], name: str) -> list[dict[str, Any]]:
    return [track for track in tracks if track["@type"] == name]


def of_picture(ours: Stream, theirs: dict[str, Any]) -> Iterator[tuple[str, Any, Any]]:
    yield "fps_mode", ours.fps_mode, lower(theirs.get("FrameRate_Mode"))
    yield "frames", ours.frame_count, whole(theirs.get("FrameCount"))
    yield "bit_depth", ours.bit_depth, whole(theirs.get("BitDepth"))
    yield "chroma", ours.chroma, theirs.get("ChromaSubsampling")
    yield "interlaced", ours.interlaced, interlaced(theirs)
    yield "field_order", ours.field_order, order(theirs)
    yield "rotation", float(ours.rotation or 0), real(theirs.get("Rotation"))
    yield "max_cll", ours.max_cll, candela(theirs.get("MaxCLL"))
    yield "max_fall", ours.max_fall, candela(theirs.get("MaxFALL"))
    yield "hdr", ours.hdr, hdr(theirs)
    yield "coded_width", ours.coded_width, stored(theirs, "Width") if ours.coded_width else None
    yield "coded_height", ours.coded_height, stored(theirs, "Height") if ours.coded_width else None


def hdr(track: dict[str, Any]) -> str | None:
    told = track.get("HDR_Format", "")
    if told.startswith("Dolby Vision"):
        return "dolby_vision"
    if told.startswith("SMPTE ST 2094 App 4"):
        return "hdr10plus"
    names = {"PQ": "hdr10", "HLG": "hlg"}
    return names.get(track.get("transfer_characteristics", ""))


def interlaced(track: dict[str, Any]) -> bool | None:
    told = track.get("ScanType")
    return None if told is None else told != "Progressive"


def order(track: dict[str, Any]) -> str | None:
    """Return the order of fields; a progressive picture in two fields has none to show."""
    if track.get("ScanType") == "Progressive":
        return None
    return {"TFF": "tt", "BFF": "bb"}.get(track.get("ScanOrder", ""))


def stored(track: dict[str, Any], side: str) -> int | None:
    return whole(track.get(f"Stored_{side}") or track.get(side))


def candela(text: str | None) -> int | None:
    return int(text.split(" ")[0]) if text else None


def lower(text: str | None) -> str | None:
    return text.lower() if text else None


def real(text: str | None) -> float | None:
    return float(text) if text and float(text) else None


def whole(text: str | None) -> int | None:
    return int(text) if text and int(text) else None
