"""Pages of videos and the library at a glance."""

from __future__ import annotations

from functools import partial
from typing import Any

import pytest

from stoat_nb.catalog.catalog import Catalog
from stoat_nb.catalog.query import SORTABLE, VideoQuery
from stoat_nb.errors import BadArgument, FilterError
from stoat_nb.media.video import Stream

from .looking import frame_of_page, frame_of_videos

HEVC = Stream(idx=0, kind="video", codec="hevc", width=3840, height=2160)


@pytest.fixture
def filled(catalog: Catalog, filling: Any) -> Catalog:
    """Return a catalog of nine videos: some of each kind."""
    for number in range(6):
        video = filling.video(duration_s=float(number % 3))
        filling.record(filling.ok(b"/videos/%d.mp4" % number, video, size_bytes=100 - number))
    filling.record(
        filling.ok(
            b"/videos/Big.mkv", filling.video(HEVC, container="matroska", duration_s=None), inode=8
        ),
        filling.bad(b"/videos/bad.mp4"),
        filling.ok(b"/videos/gone.mp4"),
    )
    catalog.presence.mark_gone(filling.scan_id, {b"/videos": [b"gone.mp4"]}, at=200.0)
    return catalog


def listed(catalog: Catalog, **wanted: Any) -> list[str]:
    return list(frame_of_page(catalog, VideoQuery(**wanted))["name"])


# Pages --------------------------------------------------------------------------------------------


def test_pages_follow_each_other_without_gap_or_repeat(filled: Catalog) -> None:
    for sort in SORTABLE:
        for descending in (False, True):
            query = partial(VideoQuery, sort=sort, descending=descending, limit=5)
            ids = [
                number
                for at in (0, 5)
                for number in filled.reader.page(query(offset=at))["video_id"].to_pylist()
            ]
            assert sorted(ids) == list(range(1, 10)), sort
    pages = [frame_of_page(filled, VideoQuery(limit=5, offset=at)) for at in (0, 5)]
    assert [len(page) for page in pages] == [5, 4]
    assert filled.reader.count(VideoQuery(limit=5)) == 9


def test_a_page_is_typed_like_all_videos_also_when_it_is_empty(filled: Catalog) -> None:
    for query in (VideoQuery(), VideoQuery(offset=1000)):
        frame = frame_of_page(filled, query)
        assert (
            frame.dtypes.astype(str).to_dict()
            == frame_of_videos(filled).dtypes.astype(str).to_dict()
        )
    assert len(frame_of_page(filled, VideoQuery(offset=2**63 - 1))) == 0


def test_what_is_not_known_comes_last_either_way(filled: Catalog) -> None:
    unknown = {"Big.mkv", "bad.mp4"}
    for descending in (False, True):
        names = listed(filled, sort="duration_s", descending=descending)
        assert set(names[-2:]) == unknown
    shortest_first = frame_of_page(filled, VideoQuery(sort="duration_s"))["duration_s"]
    assert shortest_first.dropna().tolist() == [0, 0, 1, 1, 2, 2, 10]


def test_videos_are_sorted_either_way(filled: Catalog) -> None:
    assert listed(filled, sort="size_bytes", limit=3) == ["5.mp4", "4.mp4", "3.mp4"]
    assert listed(filled, sort="error", limit=1) == ["bad.mp4"]
    assert listed(filled, descending=True, limit=3) == ["gone.mp4", "bad.mp4", "Big.mkv"]


def test_equals_keep_one_order_that_turns_round_with_the_rest(filled: Catalog) -> None:
    upwards = listed(filled, sort="codec", facets={"status": ("ok",)})
    assert upwards[:6] == [f"{number}.mp4" for number in range(6)]
    downwards = listed(filled, sort="codec", facets={"status": ("ok",)}, descending=True)
    assert downwards == upwards[::-1]


def test_filters_narrow_each_other_and_the_total_counts_what_matches(filled: Catalog) -> None:
    def chosen(**facets: Any) -> list[str]:
        return listed(filled, facets=facets)

    assert chosen(status=("failed", "missing")) == ["bad.mp4", "gone.mp4"]
    assert chosen(codec=("hevc",)) == ["Big.mkv"]
    assert chosen(container=("mp4", "matroska"), codec=("hevc", "av1")) == ["Big.mkv"]
    assert chosen(container=("mp4",), codec=("hevc",)) == []
    query = VideoQuery(facets={"container": ("mp4",), "status": ("ok",)}, limit=2)
    assert (len(frame_of_page(filled, query)), filled.reader.count(query)) == (2, 6)
    assert chosen(codec=("\ud800", "'; DROP TABLE videos; --")) == []


# Search -------------------------------------------------------------------------------------------


def test_search_finds_parts_of_paths_whatever_their_case(filled: Catalog) -> None:
    assert listed(filled, search="BIG") == listed(filled, search="s/big.M") == ["Big.mkv"]
    assert listed(filled, search="big.mp4") == []


def test_search_takes_every_character_as_itself(catalog: Catalog, filling: Any) -> None:
    names = [b"100%.mp4", b"100x.mp4", b"a_b.mp4", b"a\\b.mp4", b"it's.mp4", b"[a-z]*.mp4"]
    filling.record(*(filling.ok(b"/videos/" + name) for name in names))
    assert listed(catalog, search="100%") == ["100%.mp4"]
    assert listed(catalog, search="a_b") == ["a_b.mp4"]
    assert listed(catalog, search="a\\b") == ["a\\b.mp4"]
    assert listed(catalog, search="it's") == ["it's.mp4"]
    assert listed(catalog, search="]*") == ["[a-z]*.mp4"]


def test_search_knows_case_and_accents_of_other_scripts(catalog: Catalog, filling: Any) -> None:
    for name in ("Été.mp4", "E\u0301cole.mp4", "ΟΔΟΣ.mp4", "Straße.mp4", "Strasse 2.mp4"):
        filling.record(filling.ok(f"/videos/{name}".encode()))
    assert listed(catalog, search="été") == ["Été.mp4"]
    assert listed(catalog, search="éCOLE") == ["E\u0301cole.mp4"]
    assert listed(catalog, search="οδος") == ["ΟΔΟΣ.mp4"]
    assert listed(catalog, search="STRAß") == ["Strasse 2.mp4", "Straße.mp4"]


def test_search_finds_names_that_are_no_text(catalog: Catalog, filling: Any) -> None:
    filling.record(filling.ok(b"/videos/caf\xe9.mp4"))
    shown_as = ["caf\\xe9.mp4"]
    assert listed(catalog, search="caf\\xe9") == listed(catalog, search="caf\udce9") == shown_as
    assert listed(catalog, search="\ud800") == []


# Refusals -----------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("wrong", "said"),
    [
        ({"sort": "size; DROP TABLE videos"}, r"sorted by 'size; DROP TABLE videos'. Choose one"),
        ({"sort": "audio_languages"}, r"Choose one of: name, folder"),
        ({"facets": {"status": ("broken\n",)}}, r"'broken\\n' is no status. Choose from: ok, f"),
        ({"limit": 0}, r"limit '0' is out of range. Choose a number from 1 to 500"),
        ({"limit": 501}, r"limit '501'"),
        ({"offset": -1}, r"offset '-1'"),
        ({"offset": 2**63}, r"offset '9223372036854775808'"),
        ({"facets": {"codec": 5}}, r"facet 'codec' is no list of up to 1,000 values"),
        ({"ranges": {"fps": 5}}, r"range of 'fps' has no two ends"),
        ({"ranges": {"created_at": "2024"}}, r"range of 'created_at' has no two ends"),
    ],
)
def test_a_wrong_query_is_refused_with_what_is_allowed(
    catalog: Catalog, wrong: dict[str, Any], said: str
) -> None:
    with pytest.raises(FilterError, match=said):
        frame_of_page(catalog, VideoQuery(**wrong))


@pytest.mark.parametrize(
    "wrong",
    [
        {"search": 5},
        {"where": None},
        {"facets": ("codec",)},
        {"ranges": "fps"},
        {"limit": "50"},
        {"limit": 2.5},
        {"offset": None},
        {"descending": "no"},
    ],
    ids=str,
)
def test_a_query_of_wrong_types_is_refused_by_name_as_it_is_made(wrong: dict[str, Any]) -> None:
    ((name, value),) = wrong.items()
    with pytest.raises(BadArgument) as refusal:
        VideoQuery(**wrong)
    assert str(refusal.value).startswith(f"{name} is {value!r}, which is not ")


# The summary --------------------------------------------------------------------------------------


def test_the_summary_counts_what_is_there(filled: Catalog) -> None:
    summary = filled.reader.summary()
    assert (summary.n_videos, summary.n_ok, summary.n_failed, summary.n_missing) == (9, 7, 1, 1)
    assert summary.total_bytes == sum(range(95, 101)) + 1000 + 1000
    assert summary.total_duration_s == 6.0
    assert list(summary.codecs.items()) == [("h264", 6), ("hevc", 1)]
    assert list(summary.containers.items()) == [("mp4", 6), ("matroska", 1)]
    assert list(summary.resolutions.items()) == [("1920x1080", 6), ("3840x2160", 1)]


def test_the_summary_of_nothing_is_nothing(catalog: Catalog) -> None:
    summary = catalog.reader.summary()
    assert (summary.n_videos, summary.total_bytes, summary.total_duration_s) == (0, 0, 0.0)
    assert summary.codecs == summary.containers == summary.resolutions == {}
