"""Facets, histograms, heatmaps, sizes by folder and growth."""

from __future__ import annotations

import threading
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest

from stoat_nb.catalog.catalog import Catalog
from stoat_nb.catalog.filters.axis import Axis
from stoat_nb.catalog.filters.facets import FACETS
from stoat_nb.catalog.filters.fields import FIELDS
from stoat_nb.catalog.query import VideoQuery
from stoat_nb.catalog.reader import shared_looks
from stoat_nb.errors import FilterError
from stoat_nb.media.video import Stream
from tests.catalog.looking import frame_of_page

EVERYTHING = VideoQuery()


@pytest.fixture
def filled(catalog: Catalog, filling: Any) -> Catalog:
    """Return a catalog of nine videos in three folders; one could not be read."""
    for at, codec in enumerate(["h264"] * 4 + ["hevc"] * 3 + ["av1"]):
        folder = b"/videos/a/deep" if at < 2 else b"/videos/b" if at < 5 else b"/videos"
        streams = [
            Stream(idx=0, kind="video", codec=codec, width=1920, height=1080 if at % 2 else 720)
        ]
        if at == 0:
            streams.append(Stream(idx=1, kind="audio", codec="aac", language="eng"))
        video = filling.video(*streams, duration_s=float(at), container="mp4" if at < 6 else "mov")
        filling.record(filling.ok(folder + b"/%d.mp4" % at, video, size_bytes=1000 * (at + 1)))
    filling.record(filling.bad(b"/videos/bad.mp4"))
    return catalog


def test_a_facet_counts_what_matches_everything_but_its_own_choice(filled: Catalog) -> None:
    query = VideoQuery(facets={"codec": ("hevc",), "container": ("mp4",)})
    facets = filled.reader.facets(query, ["codec", "container", "status"], 20)
    assert list(facets["codec"].counts.items()) == [("h264", 4), ("hevc", 2)]
    assert facets["container"].counts == {"mp4": 2, "mov": 1}
    assert facets["status"].counts == {"ok": 2}


def test_a_facet_tells_what_is_unknown_and_how_many_values_it_left_out(filled: Catalog) -> None:
    (facet,) = filled.reader.facets(EVERYTHING, ["codec"], 2).values()
    assert (list(facet.counts.items()), facet.n_unknown, facet.n_further) == (
        [("h264", 4), ("hevc", 3)],
        1,
        1,
    )
    languages = filled.reader.facets(EVERYTHING, ["audio_languages"], 9)["audio_languages"]
    assert (languages.counts, languages.n_unknown) == ({"eng": 1}, 8)
    nothing = filled.reader.facets(VideoQuery(search="nowhere"), ["codec"], 2)["codec"]
    assert (nothing.counts, nothing.n_unknown, nothing.n_further) == ({}, 0, 0)


def test_choosing_a_value_of_any_facet_leaves_as_many_as_it_counted(filled: Catalog) -> None:
    facets = filled.reader.facets(EVERYTHING, list(FIELDS), 5)
    assert set(FACETS) <= set(facets)
    for name, facet in facets.items():
        for value, count in [*facet.counts.items(), (None, facet.n_unknown)][:3]:
            found = filled.reader.count(VideoQuery(facets={name: (value,)}))
            assert found == count or FIELDS[name].kind == "moment", (name, value)
        if FIELDS[name].kind != "list":
            assert sum(facet.counts.values()) + facet.n_unknown <= 9


def test_answers_follow_every_change_of_the_file(filled: Catalog, filling: Any) -> None:
    before = filled.reader.facets(EVERYTHING, ["codec"], 5)["codec"]
    assert before.counts["h264"] == 4
    filling.record(filling.ok(b"/videos/new.mp4"))
    assert filled.reader.facets(EVERYTHING, ["codec"], 5)["codec"].counts["h264"] == 5
    assert filled.reader.count(EVERYTHING) == 10


def test_a_histogram_counts_every_value_once(filled: Catalog) -> None:
    spread = filled.reader.histogram(EVERYTHING, "duration_s", 4)
    assert (spread.edges, spread.counts) == ((0.0, 1.75, 3.5, 5.25, 7.0), (2, 2, 2, 2))
    assert spread.n_unknown == 1
    ranged = VideoQuery(ranges={"duration_s": (2, 3)})
    assert filled.reader.histogram(ranged, "duration_s", 4) == spread


@pytest.mark.parametrize(
    "column", ["duration_s", "size_bytes", "height", "mtime", "bitrate", "fps"]
)
def test_the_range_of_a_bin_holds_what_the_bin_counted(filled: Catalog, column: str) -> None:
    spread = filled.reader.histogram(EVERYTHING, column, 5)
    for at, count in enumerate(spread.counts):
        query = VideoQuery(ranges={column: spread.axis.between(at, at)})
        assert filled.reader.count(query) == count, at
    assert sum(spread.counts) + spread.n_unknown == 9


def test_one_value_none_and_few_whole_numbers_have_bins_that_make_sense(filled: Catalog) -> None:
    exploration = filled.reader
    one = exploration.histogram(VideoQuery(where="duration_s == 3"), "duration_s", 30)
    assert (one.edges, one.counts) == ((2.5, 3.5), (1,))
    none = exploration.histogram(VideoQuery(search="bad"), "duration_s", 30)
    assert (none.edges, none.counts, none.n_unknown) == ((), (), 1)
    few = exploration.histogram(EVERYTHING, "n_audio", 30)
    assert (few.edges, few.counts) == ((-0.5, 0.5, 1.5), (7, 1))
    assert exploration.histogram(EVERYTHING, "n_audio", 1).counts == (8,)
    assert Axis(column="height", edges=(0.0, 720.0, 1440.0)).between(0, 0) == (0.0, 719.0)


def test_bins_grow_with_the_values_where_one_lies_far_out(filled: Catalog, filling: Any) -> None:
    filling.record(filling.ok(b"/videos/huge.mp4", size_bytes=10**12))
    for at in range(40):
        filling.record(filling.ok(b"/videos/small %d.mp4" % at, size_bytes=5000 + at))
    spread = filled.reader.histogram(EVERYTHING, "size_bytes", 10)
    widths = [high - low for low, high in zip(spread.edges, spread.edges[1:], strict=False)]
    assert widths[-1] > 20 * widths[0]
    assert (sum(spread.counts), spread.counts[-1]) == (50, 1)


def test_a_heatmap_crosses_numbers_with_names(filled: Catalog) -> None:
    heat = filled.reader.heatmap(EVERYTHING, "duration_s", "resolution", 2)
    assert heat.y.names == ("1080p",)
    assert (heat.x.edges, heat.counts, heat.n_unknown) == ((0.0, 3.5, 7.0), ((4, 4),), 1)
    assert filled.reader.heatmap(VideoQuery(search="bad"), "fps", "bitrate", 2).counts == ()


def test_sizes_are_summed_one_level_below_a_folder(filled: Catalog) -> None:
    top = [tuple(one) for one in filled.reader.sizes_by_folder(EVERYTHING, None)]
    assert top == [
        ("/videos", 22000, 4, False),
        ("/videos/b", 12000, 3, False),
        ("/videos/a", 3000, 2, True),
    ]
    assert filled.reader.sizes_by_folder(EVERYTHING, "/videos/a")[0].folder == "/videos/a/deep"
    some = filled.reader.sizes_by_folder(VideoQuery(where="codec == 'av1'"), None)
    assert [one.total_bytes for one in some] == [8000]
    assert filled.reader.sizes_by_folder(EVERYTHING, "/nowhere") == ()


def test_growth_tells_each_scan_that_ended(filled: Catalog, filling: Any) -> None:
    filled.scans.finish(filling.scan_id, status="complete", at=110.0, report={})
    filled.presence.mark_gone(filling.scan_id, {b"/videos": [b"bad.mp4"]}, at=210.0)
    filling.scan(at=199.0)
    filling.record(filling.ok(b"/videos/new.mp4", size_bytes=5))
    filled.scans.finish(filling.scan_id, status="complete", at=210.0, report={})
    found = [(one.n_videos, one.total_bytes) for one in filled.reader.growth()]
    assert found == [(9, 37000), (9, 36005)]


@pytest.mark.parametrize(
    ("ask", "said"),
    [
        (lambda it: it.facets(EVERYTHING, ["nothing"], 5), "no column 'nothing'"),
        (lambda it: it.facets(EVERYTHING, None, 0), "'0' values cannot be listed"),
        (lambda it: it.histogram(EVERYTHING, "fps", 0), "'0' bins cannot be made"),
        (lambda it: it.histogram(EVERYTHING, "has_cover", 5), "'has_cover' has no bins"),
    ],
)
def test_what_cannot_be_counted_is_refused(catalog: Catalog, ask: Any, said: str) -> None:
    with pytest.raises(FilterError, match=said):
        ask(catalog.reader)


def test_facets_that_are_counted_together_are_those_counted_apart(filled: Catalog) -> None:
    query = VideoQuery(where="duration_s > 1")
    together = filled.reader.facets(query, FACETS, 3)
    apart = [filled.reader.facets(query, [column], 4)[column] for column in FACETS]
    for one in apart:
        kept = dict(list(one.counts.items())[:3])
        assert (together[one.column].counts, together[one.column].n_unknown) == (
            kept,
            one.n_unknown,
        )


def test_pages_share_what_they_see_of_a_scan_and_see_its_end_as_it_is(
    filled: Catalog, filling: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    def looked() -> tuple[int, int, int]:
        n_listed = len(frame_of_page(filled, VideoQuery(limit=500)))
        return filled.reader.count(EVERYTHING), n_listed, filled.reader.summary().n_videos

    monkeypatch.setattr("stoat_nb.catalog.reader.SHARED_S", 3600.0)
    with shared_looks():
        assert looked() == (9, 9, 9)
        filling.record(filling.ok(b"/videos/new.mp4"))
        assert looked() == (9, 9, 9)
        monkeypatch.setattr("stoat_nb.catalog.reader.SHARED_S", -1.0)
        assert looked() == (10, 10, 10)
        monkeypatch.setattr("stoat_nb.catalog.reader.SHARED_S", 3600.0)
        filling.record(filling.ok(b"/videos/last.mp4"))
        filled.scans.finish(filling.scan_id, status="complete", at=2.0, report={})
        assert looked() == (11, 11, 11)


def test_whoever_asks_for_themselves_sees_a_scan_as_it_is(filled: Catalog, filling: Any) -> None:
    with shared_looks():
        assert filled.reader.count(EVERYTHING) == 9
    filling.record(filling.ok(b"/videos/new.mp4"))
    assert filled.reader.count(EVERYTHING) == len(frame_of_page(filled, VideoQuery())) == 10


def test_pages_that_ask_the_same_at_once_have_it_looked_up_once(filled: Catalog) -> None:
    together = threading.Barrier(5, timeout=60)

    def look() -> object:
        together.wait()
        return filled.reader.facets(EVERYTHING, FACETS, 5)

    with ThreadPoolExecutor(5) as pool:
        assert len({id(one.result()) for one in [pool.submit(look) for _ in range(5)]}) == 1


def test_what_cannot_be_answered_is_refused_to_all_who_ask(filled: Catalog) -> None:
    wrong = VideoQuery(facets={"codec": ("h264",)}, where="height >")
    for _ in range(2):
        with pytest.raises(FilterError, match="cannot be read"):
            filled.reader.facets(wrong, ["codec"], 5)
