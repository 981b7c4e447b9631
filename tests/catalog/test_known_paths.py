"""What is kept in memory of the paths of a large library, to find text that hardly any holds."""

from __future__ import annotations

import re
import threading
from contextlib import closing
from pathlib import Path
from typing import Any

import apsw
import pytest
from hypothesis import given, strategies as st

from stoat_nb.catalog import known_paths, orders, selection as ways, trigrams
from stoat_nb.catalog.catalog import Catalog
from stoat_nb.catalog.query import VideoQuery, selection
from stoat_nb.catalog.text_search import search_pattern
from stoat_nb.catalog.trigrams import Trigrams

NAMES = [f"{place} {number}.mp4" for place in ("Beach", "école", "Alps") for number in range(40)]
NOWHERE = VideoQuery(search="nowhere")

texts = st.text("aAbBcéÉ\u0301sSß /_", max_size=9)


@pytest.fixture
def idle(catalog: Catalog, filling: Any, monkeypatch: pytest.MonkeyPatch) -> Catalog:
    """Return a catalog that is large as it is told, where every way but the last is too long."""
    monkeypatch.setattr(orders, "LEAST_VIDEOS", 1)
    monkeypatch.setattr(trigrams, "BLOCK", 2)
    monkeypatch.setattr(ways, "AT_ONCE", 1)
    monkeypatch.setattr(ways, "SOON", 1)
    filling.record(*(filling.ok(f"/videos/{name}".encode()) for name in NAMES))
    catalog.finish_scan(filling.scan_id, status="complete", at=2.0, report={})
    return catalog


def is_narrowed(catalog: Catalog, search: str) -> bool:
    """Tell whether only some of the videos are looked at for a text, now."""
    catalog.settle()
    chosen = selection(VideoQuery(search=search))
    return catalog._database.read(
        lambda connection: catalog._paths.narrowed(connection, chosen, search).is_few
    )


def listed(catalog: Catalog, **query: Any) -> list[str]:
    return catalog.rows(VideoQuery(**query))["name"].tolist()


def test_after_a_search_in_vain_the_same_is_found_by_looking_at_less(idle: Catalog) -> None:
    asked: list[dict[str, Any]] = [
        {"search": "nowhere"},
        {"search": "ALPS 17"},
        {"search": "cole 3", "sort": "name", "descending": True, "limit": 3, "offset": 2},
        {"search": "Beach 21.mp4", "where": "bitrate > 5"},
        {"search": "École 21"},
        {"search": "beach 2", "facets": {"codec": ("h264",)}, "sort": "codec"},
    ]
    before = [(listed(idle, **query), idle.page(VideoQuery(**query)).total) for query in asked]
    idle.views.delete("")  # after a change no count is remembered
    assert is_narrowed(idle, "nowhere")
    assert is_narrowed(idle, "ALPS 17")
    assert is_narrowed(idle, "École 21")
    after = [(listed(idle, **query), idle.page(VideoQuery(**query)).total) for query in asked]
    assert after == before
    assert [total for _, total in after] == [0, 1, 11, 0, 1, 11]


def test_what_most_paths_hold_and_what_is_too_short_is_looked_for_everywhere(
    idle: Catalog, monkeypatch: pytest.MonkeyPatch
) -> None:
    idle.rows(VideoQuery(search="éé"))
    assert not is_narrowed(idle, "nowhere")  # it would not have helped
    idle.rows(NOWHERE)
    assert is_narrowed(idle, "nowhere")
    assert not is_narrowed(idle, "mp4")
    assert not is_narrowed(idle, "ee")
    assert not is_narrowed(idle, "éé")
    assert is_narrowed(idle, "ééé")
    assert is_narrowed(idle, "beach 21")
    monkeypatch.setattr(known_paths, "MOST_FOUND", 0)
    assert not is_narrowed(idle, "beach 21")


def test_whatever_changes_a_path_is_known_at_once(idle: Catalog, filling: Any, path: Path) -> None:
    idle.rows(NOWHERE)
    assert is_narrowed(idle, "nowhere")
    scan = filling.scan()
    other = Catalog(path)
    other.record(scan, [filling.ok(b"/videos/new/Nowhere.mp4")], at=3.0)
    assert not is_narrowed(idle, "nowhere")
    assert listed(idle, search="nowhere") == ["Nowhere.mp4"]
    assert not is_narrowed(idle, "nothing")  # while a scan runs
    other.finish_scan(scan, status="complete", at=4.0, report={})
    assert listed(idle, search="nothing") == []
    assert is_narrowed(idle, "nowhere")
    assert listed(idle, search="nowhere") == ["Nowhere.mp4"]
    other._database.write(
        lambda connection: connection.execute(
            "UPDATE videos SET path = replace(path, 'Nowhere', 'Nothing')"
        ).fetchall()
    )
    other.close()
    assert not is_narrowed(idle, "nothing")
    assert len(idle.rows(VideoQuery(search="nothing"))) == 1


def test_what_another_process_has_looked_through_since_is_not_taken_for_what_is_known(
    idle: Catalog, filling: Any, path: Path
) -> None:
    idle.rows(NOWHERE)
    assert is_narrowed(idle, "nowhere")
    scan = filling.scan()
    with closing(Catalog(path)) as other:
        other.record(scan, [filling.ok(b"/videos/new/Nowhere.mp4")], at=3.0)
        other.finish_scan(scan, status="complete", at=4.0, report={})
        assert listed(other, search="nothing") == []
        assert is_narrowed(other, "nowhere")  # so it has left a token of its own
    assert listed(idle, search="nowhere") == ["Nowhere.mp4"]


def test_what_changes_while_paths_are_looked_through_is_found(
    idle: Catalog, filling: Any, path: Path
) -> None:
    with closing(apsw.Connection(str(path))) as other:  # changes videos whenever it can
        other.execute(
            "CREATE TRIGGER busy AFTER INSERT ON snapshots BEGIN DELETE FROM snapshots; END"
        )
    idle.rows(NOWHERE)
    idle.settle()
    filling.record(filling.ok(b"/videos/new/Nowhere.mp4"))
    assert listed(idle, search="nowhere") == ["Nowhere.mp4"]


def test_a_small_library_is_left_alone(idle: Catalog, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(orders, "LEAST_VIDEOS", len(NAMES) + 1)
    idle.rows(NOWHERE)
    assert not is_narrowed(idle, "nowhere")


def test_who_closes_a_library_does_not_wait_for_it() -> None:
    stop = threading.Event()
    stop.set()
    assert Trigrams.of(["a"], stop) is None


def test_no_paths_hold_nothing() -> None:
    none = Trigrams.of([], threading.Event())
    assert none is not None
    assert none.spans("text") == []


@given(paths=st.lists(texts, min_size=1, max_size=60), search=texts.filter(bool))
def test_every_path_that_holds_a_text_lies_where_it_may_be(paths: list[str], search: str) -> None:
    paths.sort()
    wanted = re.compile(search_pattern(search))
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(trigrams, "BLOCK", 3)
        patch.setattr(trigrams, "ONE_IN", 1)
        known = Trigrams.of(paths, threading.Event())
        assert known is not None
        spans = known.spans(search)
    if spans is not None:
        for path in filter(wanted.search, paths):
            assert any(first <= path and (end is None or path < end) for first, end in spans)
