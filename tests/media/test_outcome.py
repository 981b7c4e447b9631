"""What a worker answers is believed only as far as it makes sense."""

from __future__ import annotations

import json
import math
from typing import Any

import pytest
from hypothesis import given, strategies as st

from stoat_nb.media.failures import ERROR_CLASSES
from stoat_nb.media.outcome import outcome
from stoat_nb.media.video import Found, Outcome, Stream, Video
from stoat_nb.names import shown

FOUND = Found(folder=b"/v", name=b"a.mp4", size_bytes=1, mtime_ns=1, inode=1, device=1)

scalars = (
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats()
    | st.text(st.characters(codec=None), max_size=20)
    | st.sampled_from(["video", "audio", "hdr10", "damaged", "\ud800", "\0"])
)
anything = st.recursive(
    scalars, lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner), max_leaves=10
)
stream = st.dictionaries(st.sampled_from(Stream.__struct_fields__), anything)
video = st.dictionaries(st.sampled_from(Video.__struct_fields__), anything)
answer = st.builds(
    lambda facts, streams: {"video": {**facts, "streams": streams}}, video, st.lists(stream)
)
failure = st.dictionaries(st.sampled_from(["error_class", "error", "tool", "elapsed_ms"]), anything)
answers = anything | answer | st.fixed_dictionaries({"failure": failure | anything})


def values(outcome: Outcome) -> list[Any]:
    told: list[Any] = [outcome.failure] if outcome.failure else [outcome.video]
    told += outcome.video.streams if outcome.video else ()
    return [getattr(one, name) for one in told for name in one.__struct_fields__]


@given(answers)
def test_anything_becomes_a_video_or_a_failure_whose_values_fit_any_column(value: Any) -> None:
    told = outcome(FOUND, value)
    assert told.found is FOUND
    assert (told.video is None) != (told.failure is None)
    if told.failure:
        assert told.failure.error.strip()
        assert told.failure.error == shown(told.failure.error)
        assert told.failure.error_class in ERROR_CLASSES
        assert told.failure.tool
    for kept in values(told):
        if isinstance(kept, bool | tuple | None):
            continue
        if isinstance(kept, int):
            assert 0 <= kept < 2**63
        elif isinstance(kept, float):
            assert math.isfinite(kept)
        else:
            assert len(kept.encode("utf-8")) <= 10 * 10_000  # raises for a lone surrogate
            assert "\0" not in kept


def told_video(**facts: Any) -> Video:
    told = outcome(FOUND, {"video": {"streams": [{"kind": "video"}], **facts}})
    assert told.video is not None
    return told.video


def told_stream(**facts: Any) -> Stream:
    return told_video(streams=[facts]).streams[0]


def test_a_whole_answer_survives_the_way_through_json() -> None:
    facts = {
        "container": "mp4",
        "format_name": "mov,mp4,m4a,3gp,3g2,mj2",
        "streams": [{"idx": 0, "kind": "video", "codec": "h264", "width": 320, "is_default": True}],
        "duration_s": 2.5,
        "n_chapters": 3,
        "title": "Beach",
        "tool": "PyAV 18",
    }
    told = told_video(**json.loads(json.dumps(facts)))
    assert (told.container, told.duration_s, told.n_chapters) == ("mp4", 2.5, 3)
    assert (told.title, told.tool) == ("Beach", "PyAV 18")
    picture = Stream(idx=0, kind="video", codec="h264", width=320, is_default=True)
    assert told.streams == (picture,)


@pytest.mark.parametrize("value", [0, -1, math.nan, math.inf, 1e300, 10**400, "2", True, None])
def test_a_duration_that_cannot_be_is_unknown(value: Any) -> None:
    assert told_video(duration_s=value).duration_s is None


@pytest.mark.parametrize("value", [0, -1, 1.0, 2**63, 10**400, "320", True, None, [320]])
def test_a_count_that_cannot_be_is_unknown(value: Any) -> None:
    assert told_stream(frame_count=value).frame_count is None
    assert told_stream(width=value).width is None


def test_half_a_frame_rate_is_none() -> None:
    assert told_stream(fps_num=25, fps_den=0).fps_num is None
    assert told_stream(fps_num=25, fps_den=1).fps_num == 25


@pytest.mark.parametrize(
    ("given", "kept"), [(90, 90), (0, 0), (45, None), (-90, None), (360, None)]
)
def test_only_quarter_turns_are_rotations(given: int, kept: int | None) -> None:
    assert told_stream(rotation=given).rotation == kept


def test_words_outside_their_list_are_unknown() -> None:
    assert told_stream(kind="film", hdr="hdr99").kind == "unknown"
    assert told_stream(kind="video", hdr="hdr99").hdr is None


def test_streams_are_numbered_by_their_place() -> None:
    told = told_video(streams=[{"idx": 7}, "nonsense", {"idx": 7}])
    assert [stream.idx for stream in told.streams] == [0, 1]


def test_text_is_capped_and_can_be_stored() -> None:
    told = told_video(title="x" * 1_000_000, encoder="a\udcff\0b", created_at="  ")
    assert told.title == "x" * 10_000
    assert told.encoder == r"a\udcff\x00b"
    assert told.created_at is None


def test_an_answer_with_both_is_a_failure() -> None:
    told = outcome(
        FOUND,
        {"video": {"streams": [{}]}, "failure": {"error_class": "damaged", "error": "Cut\noff."}},
    )
    assert told.failure is not None
    assert (told.failure.error_class, told.failure.error) == ("damaged", "Cut\\noff.")


def test_an_answer_without_streams_is_an_internal_failure() -> None:
    told = outcome(FOUND, {"video": {"streams": []}})
    assert told.failure is not None
    assert told.failure.error_class == "internal"


def test_the_main_stream_is_the_default_one_and_no_cover() -> None:
    told = told_video(
        streams=[
            {"kind": "video", "codec": "mjpeg", "is_cover": True, "is_default": True},
            {"kind": "video", "codec": "h264"},
            {"kind": "audio", "codec": "aac"},
            {"kind": "video", "codec": "hevc", "is_default": True},
        ]
    )
    picture, sound = told.main("video"), told.main("audio")
    assert picture is not None
    assert sound is not None
    assert (picture.codec, sound.codec) == ("hevc", "aac")
    assert told.main("subtitle") is None


def test_what_nobody_declared_is_kept_beside_the_facts_and_never_dropped() -> None:
    told = told_video(
        document={"a": 1}, flavour="sweet", streams=[{"kind": "video", "grain": 7, "smell": None}]
    )
    assert json.loads(told.document or "") == {
        "a": 1,
        "undeclared": {"flavour": "sweet", "grain": 7},
    }
