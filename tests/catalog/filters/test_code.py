"""The same question to the catalog, to pandas and to bare SQLite: one answer."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import duckdb
import pandas as pd
import pytest
from hypothesis import HealthCheck, Phase, example, given, settings

import stoat_nb
from stoat_nb.catalog.catalog import Catalog
from stoat_nb.catalog.columns import TABLES
from stoat_nb.catalog.filters.code import code_of, with_literals
from stoat_nb.catalog.query import VideoQuery
from stoat_nb.catalog.sql_query import run_sql
from stoat_nb.settings import Settings
from tests.catalog.looking import frame_of_videos

from .queries import QUERIES
from .rows import filled


class Ways:
    """The three ways of asking one library."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self.catalog = Catalog(path)
        self.frame = frame_of_videos(self.catalog)

    def of_pandas(self, query: VideoQuery) -> pd.DataFrame:
        """Run the Python, on the frame that its first lines would make."""
        _, opening, code = code_of(query, self.path).pandas.partition("library.videos()\n")
        assert opening
        names: dict[str, Any] = {"videos": self.frame, "pd": pd}
        exec("import numpy as np\n" + code, names)  # noqa: S102 - it is what we sell
        made: pd.DataFrame = names["videos"]
        return made

    def exported(self, query: VideoQuery) -> list[int]:
        """Return the numbers of the rows that an export has, in its order."""
        rows = self.catalog._database.read(
            lambda one: self.catalog.reader.selection(one, TABLES["videos"], query, None)
        )
        ids: list[int] = rows.take(0, rows.n_rows)["video_id"].to_pylist()
        return ids

    def of_sql(self, query: VideoQuery) -> list[int]:
        load = self.catalog.reader.tables
        found = run_sql(code_of(query, self.path).sql, load, {}, settings=Settings())
        ids: list[int] = found["video_id"].to_pylist()
        return ids


@pytest.fixture(scope="module")
def ways(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Ways]:
    path = tmp_path_factory.mktemp("filters") / 'it\'s a "library"\n.db'
    filled(path)
    made = Ways(path)
    yield made
    made.catalog.close()


@settings(
    max_examples=int(os.environ.get("STOAT_TEST_EXAMPLES", "60")),
    phases=[Phase.explicit, Phase.generate],  # to make an example smaller takes minutes
    suppress_health_check=[HealthCheck.too_slow],
)
@given(query=QUERIES)
@example(query=VideoQuery(search="\0"))
@example(query=VideoQuery(where="'deu' in audio_languages or not audio_languages"))
@example(query=VideoQuery(where="'deu' not in audio_languages"))
@example(query=VideoQuery(where="not fps > 20", facets={"subtitle_languages": ("deu", None)}))
@example(query=VideoQuery(where="created_at != '2024-05-01' or codec != 'h264'"))
@example(query=VideoQuery(where="not title.contains('\\0')", sort="title", descending=True))
@example(query=VideoQuery(where="name != codec and not title < resolution or title == top_folder"))
@example(query=VideoQuery(where="inode == 9007199254740993 or inode == -9223372036854775808"))
def test_catalog_pandas_and_sql_agree_on_every_query(ways: Ways, query: VideoQuery) -> None:
    found, made = frame_of_videos(ways.catalog, query), ways.of_pandas(query)
    ids = found["video_id"].tolist()
    assert ways.exported(query) == ids
    assert made["video_id"].tolist() == ids == ways.of_sql(query)
    assert ways.catalog.reader.count(query) == len(ids)
    pd.testing.assert_frame_equal(made, found)


def test_the_rows_asked_for_are_not_all_or_nothing(ways: Ways) -> None:
    for where in (
        "fps > 20",
        "created_at < '2000'",
        "title in ['nul\\0nul', 'é', '?', None]",
        "'eng' in audio_languages",
    ):
        query = VideoQuery(where=f"not ({where}) or has_cover")
        assert 0 < ways.catalog.reader.count(query) < len(ways.frame), where


def test_the_code_runs_in_a_fresh_interpreter(ways: Ways, tmp_path: Path) -> None:
    query = VideoQuery(
        where="year >= 2001 or fps_class == 30",
        facets={"title": ("it's", "nul\0nul", "\ud800", None)},
        sort="created_at",
        descending=True,
    )
    script = code_of(query, ways.path).pandas + "\nvideos.to_pickle('videos.pickle')\n"
    environment = {**os.environ, "PYTHONPATH": str(Path(stoat_nb.__file__).parent.parent)}
    subprocess.run(
        [sys.executable, "-W", "error", "-c", script], check=True, cwd=tmp_path, env=environment
    )
    made = pd.read_pickle(tmp_path / "videos.pickle")  # noqa: S301 - just written
    assert len(made) > 0
    pd.testing.assert_frame_equal(made, frame_of_videos(ways.catalog, query))


def test_a_query_of_everything_is_two_lines() -> None:
    code = code_of(VideoQuery(), "library.db").pandas
    assert code.splitlines()[2:] == [
        "with Library('library.db') as library:",
        "    videos = library.videos()",
    ]


@pytest.mark.parametrize(
    "value", [0.1 + 0.2, 24000 / 1001, 1e300, 5e-324, -(2**63), 2**63 - 1, "a?b", "\0"]
)
def test_sql_reads_back_every_value_as_it_was(value: Any) -> None:
    ((found,),) = duckdb.sql(f"SELECT {with_literals('?', (value,))}").fetchall()
    assert (type(found), found) == (type(value), value)
