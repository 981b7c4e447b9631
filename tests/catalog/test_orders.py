"""Indexes that are made when somebody sorts or filters a large library by a column."""

from __future__ import annotations

from typing import Any

import pytest

from stoat_nb.catalog import orders, selection as ways
from stoat_nb.catalog.catalog import Catalog
from stoat_nb.catalog.database import fetch
from stoat_nb.catalog.filters.facets import Facet, facet
from stoat_nb.catalog.query import SORTABLE, VideoQuery, selection
from stoat_nb.catalog.selection import INDEXED


@pytest.fixture
def idle(catalog: Catalog, filling: Any, monkeypatch: pytest.MonkeyPatch) -> Catalog:
    """Return a catalog of a few videos, large enough as it is told, that no scan writes to."""
    monkeypatch.setattr(orders, "LEAST_VIDEOS", 1)
    names = (b"b/2.mp4", b"b/1.mp4", b"a/3.mp4", b"a b/\xff.mp4", b"4.mp4")
    filling.record(
        *(filling.ok(b"/videos/" + name, filling.video(bitrate=len(name))) for name in names)
    )
    catalog.finish_scan(filling.scan_id, status="complete", at=2.0, report={})
    return catalog


def made(catalog: Catalog) -> list[str]:
    """Return the columns there are indexes for, when all that was to be written is."""
    catalog.settle()
    names = catalog._database.read(lambda connection: fetch(connection, f"{orders._MADE}"))
    return [name.removeprefix("videos_by_") for (name,) in names]


def test_what_is_sorted_by_gets_an_index_that_later_pages_are_read_off(idle: Catalog) -> None:
    for sort in ("name", "folder", "created_at", "bitrate"):
        query = VideoQuery(sort=sort, descending=True)
        first = idle.rows(query)
        assert made(idle)[-1] == sort
        chosen = selection(query)
        (sql, _), *_ = chosen.ways(has_index=True)
        plan = idle._database.read(
            lambda connection, sql=sql: fetch(connection, f"EXPLAIN QUERY PLAN {sql}", (50, 0))
        )
        assert [step[3] for step in plan] == [f"SCAN v USING COVERING INDEX videos_by_{sort}"]
        assert idle.rows(query)["video_id"].tolist() == first["video_id"].tolist()


def test_what_is_filtered_by_in_vain_gets_an_index_too(
    idle: Catalog, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(ways, "AT_ONCE", 1)
    monkeypatch.setattr(ways, "SOON", 1)
    query = VideoQuery(where="channels == 7 and sample_rate > 1")
    for known in (["channels"], ["channels", "sample_rate"], ["channels", "sample_rate"]):
        assert len(idle.rows(query)) == 0
        assert made(idle) == known
    (sql, _), *_ = selection(query).ways(has_index=True)
    plan = idle._database.read(
        lambda connection: fetch(connection, f"EXPLAIN QUERY PLAN {sql}", (7, 1, 50, 0))
    )
    assert "USING INDEX videos_by_" in plan[0][3]


def test_a_facet_is_counted_the_same_off_an_index_of_its_own(idle: Catalog) -> None:
    def counted() -> Facet:
        return idle._database.read(lambda connection: facet(connection, VideoQuery(), "codec", 9))

    before = counted()
    idle.rows(VideoQuery(sort="codec"))
    assert made(idle) == ["codec"]
    assert counted() == before
    assert sum(before.counts.values()) + before.n_unknown == 5


def test_a_filter_that_finds_a_page_at_once_needs_no_index(idle: Catalog) -> None:
    assert len(idle.rows(VideoQuery(where="bitrate > 0"))) == 5
    assert made(idle) == []


def test_the_oldest_of_many_gives_way(idle: Catalog) -> None:
    for sort in SORTABLE:
        idle.rows(VideoQuery(sort=sort))
    chosen = [selection(VideoQuery(sort=sort)) for sort in SORTABLE]
    wanted = [one.sort for one in chosen if one.may_have_index and one.by not in INDEXED]
    assert "root" not in wanted  # which no row of videos tells by itself
    assert made(idle) == wanted[-orders.MOST_ORDERS :]


def test_a_small_library_and_one_that_is_scanned_are_left_alone(
    idle: Catalog, filling: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    scan = filling.scan()
    idle.rows(VideoQuery(sort="bitrate"))
    assert made(idle) == []
    idle.finish_scan(scan, status="complete", at=3.0, report={})
    monkeypatch.setattr(orders, "LEAST_VIDEOS", 6)
    idle.rows(VideoQuery(sort="bitrate"))
    assert made(idle) == []
