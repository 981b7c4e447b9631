"""What is counted off the kinds of videos is what counting the videos themselves yields."""

from __future__ import annotations

from collections.abc import Iterator
from functools import reduce

import apsw
import pytest
from hypothesis import HealthCheck, Phase, given, settings, strategies as st

from stoat_nb.catalog.catalog import Catalog
from stoat_nb.catalog.filters import kinds as kinds_of_videos
from stoat_nb.catalog.filters.facets import facets
from stoat_nb.catalog.filters.fields import FIELDS
from stoat_nb.catalog.filters.kinds import Kinds, tells
from stoat_nb.catalog.query import VideoQuery, condition, conditions, matching, selection

from .queries import leaves
from .rows import filled

TOLD = [field for field in FIELDS.values() if tells(field.sql)]
COLUMNS = [field.name for field in TOLD]
LEAF = st.sampled_from(TOLD).flatmap(leaves)
QUERIES = st.lists(LEAF, max_size=3).map(
    lambda leaves: VideoQuery(where=reduce("({}) or ({})".format, leaves) if leaves else "")
)


@pytest.fixture(scope="module")
def catalog(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Catalog]:
    path = tmp_path_factory.mktemp("kinds") / "library.db"
    filled(path)
    made = Catalog(path)
    yield made
    made.close()


def test_kinds_tell_most_of_what_people_choose_by() -> None:
    assert {"status", "codec", "container", "resolution", "hdr", "audio_codec"} <= {*COLUMNS}
    assert not {"path", "size_bytes", "top_folder"} & {*COLUMNS}


@settings(
    phases=[Phase.explicit, Phase.generate],
    suppress_health_check=[HealthCheck.too_slow],
)
@given(query=QUERIES)
def test_facets_and_counts_off_kinds_are_those_of_the_videos(
    catalog: Catalog, query: VideoQuery
) -> None:
    if not tells(conditions(condition(query))[0]):
        return  # it compares with a column of another sort

    def look(connection: apsw.Connection) -> None:
        kinds = Kinds.of(connection)
        assert kinds is not None
        counted = facets(connection, query, COLUMNS, 50)
        assert facets(connection, query, COLUMNS, 50, kinds=lambda: kinds) == counted
        assert kinds.count(matching(query)) == selection(query).count(connection)

    catalog._database.read(look)


def test_where_hardly_two_videos_are_alike_the_videos_are_counted(
    catalog: Catalog, monkeypatch: pytest.MonkeyPatch
) -> None:
    query = VideoQuery(where="codec == 'h264'")
    few = catalog.exploration.facets(query, COLUMNS, 50)
    monkeypatch.setattr(kinds_of_videos, "MOST_KINDS", 3)
    assert catalog._database.read(Kinds.of) is None
    again = Catalog(catalog._database.path)
    try:
        assert again.exploration.facets(query, COLUMNS, 50) == few
        assert again.exploration.count(query) == catalog.exploration.count(query)
    finally:
        again.close()


def test_no_video_is_looked_at_where_kinds_tell(catalog: Catalog) -> None:
    kinds = catalog._database.read(Kinds.of)
    query = VideoQuery(facets={"codec": ("h264",)})
    of_nothing = apsw.Connection(":memory:")
    found = facets(of_nothing, query, ["status", "hdr"], 9, kinds=lambda: kinds)
    assert sum(found["status"].counts.values()) == catalog.exploration.count(query) > 0
    of_nothing.close()
