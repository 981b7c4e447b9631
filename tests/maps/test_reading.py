"""What was found is read like any fact of a scan: filtered, sorted, counted, exported, shown."""

from __future__ import annotations

import sqlite3
from contextlib import closing
from pathlib import Path
from typing import Any

import pandas as pd
import pytest
from msgspec.structs import replace

from stoat_nb import Explorer, Library, VideoQuery
from stoat_nb.components import detail_text
from stoat_nb.components.address import address, read
from stoat_nb.components.explorer_state import ExplorerState
from stoat_nb.components.explorer_text import offered
from stoat_nb.components.video_cells import column_of
from stoat_nb.errors import CatalogError, FilterError
from stoat_nb.errors.maps import UnknownAnalysis

LOUD = VideoQuery(where="loudness.is_loud and loudness.note.contains('a')", sort="loudness.lufs")


@pytest.fixture
def loud(shelf: Any) -> Any:
    shelf.put("dddd.mp4", "e.mp4")

    def loudness(path: str) -> dict[str, Any]:
        name = Path(path).name
        if name == "e.mp4":
            raise ValueError("it has no sound")
        return {"lufs": -10.5 - len(name), "note": name[0] * 2 + "a", "is_loud": len(name) < 8}

    shelf.map(loudness, "loudness")
    shelf.map(lambda path: len(Path(path).name), "size")
    return shelf.library


def names(frame: pd.DataFrame) -> list[str]:
    return [*frame["name"]]


def test_a_filter_and_an_order_by_what_was_found(loud: Library) -> None:
    found = loud.videos(query=LOUD)
    assert names(found) == ["ccc.mp4", "bb.mp4", "a.mp4"]
    assert "loudness.lufs" not in found.columns
    assert names(loud.videos("size in [6, 7] and not loudness.is_loud is None")) == [
        "bb.mp4",
        "ccc.mp4",
    ]
    assert names(loud.videos("loudness.lufs is None")) == ["e.mp4"]
    assert names(loud.videos("loudness.is_loud and size < 6")) == ["a.mp4"]
    assert loud.count(LOUD) == 3
    assert names(loud.rows(replace(LOUD, descending=True, limit=1))) == ["a.mp4"]


def test_facets_histograms_and_heatmaps_of_what_was_found(loud: Library) -> None:
    facet = loud.facets(columns=["loudness.is_loud"])["loudness.is_loud"]
    assert (facet.counts, facet.n_unknown) == ({True: 3, False: 1}, 1)
    chosen = VideoQuery(facets={"loudness.is_loud": (True,)}, ranges={"size": (6, None)})
    assert names(loud.videos(query=chosen)) == ["bb.mp4", "ccc.mp4"]
    assert sum(loud.histogram(VideoQuery(), "loudness.lufs", 5).counts) == 4
    assert loud.heatmap(VideoQuery(), "loudness.lufs", "height", 3).n_unknown == 1


def test_sql_knows_its_table_and_its_columns_beside_videos(loud: Library) -> None:
    joined = loud.sql("select name, lufs from videos join loudness using (video_id) order by lufs")
    assert names(joined)[-1] == "a.mp4"
    beside = loud.sql('select name from videos where "loudness.lufs" > -16 and "size" = 5')
    assert names(beside) == ["a.mp4"]
    assert [*loud.sql("select n_failed from analyses where name = 'loudness'")["n_failed"]] == [1]


def test_code_yields_the_same_rows_in_both_languages(loud: Library) -> None:
    code = loud.code(LOUD)
    assert names(loud.sql(code.sql)) == names(loud.videos(query=LOUD))
    space: dict[str, Any] = {}
    exec(code.pandas, space)  # noqa: S102 - the code that is handed out
    assert names(space["videos"]) == names(loud.videos(query=LOUD))


@pytest.mark.parametrize("ending", ["csv", "parquet", "jsonl"])
def test_exports_have_what_was_found(loud: Library, tmp_path: Path, ending: str) -> None:
    path = tmp_path / f"out.{ending}"
    reading = {"csv": pd.read_csv, "parquet": pd.read_parquet}
    read_back = reading.get(ending, lambda path: pd.read_json(path, lines=True))
    loud.export(path, query=LOUD, columns=["name", "loudness.lufs", "size"])
    frame = read_back(path)
    assert [*frame.columns] == ["name", "loudness.lufs", "size"]
    assert [*frame["loudness.lufs"]] == [-17.5, -16.5, -15.5]
    loud.export(path, table="loudness")
    assert len(read_back(path)) == 4
    stream = loud.export_stream("csv", query=LOUD, columns=["name", "size"])
    assert b"".join(stream).splitlines()[1] == b'"ccc.mp4",7'


def test_a_wrong_name_is_answered_with_the_nearest(loud: Library) -> None:
    with pytest.raises(FilterError, match=r"At character 1: .*Did you mean 'loudness\.lufs'"):
        loud.videos("loudness.luf > 1")
    with pytest.raises(FilterError, match=r"no analysis 'loud' .*: loudness"):
        loud.videos("loud.lufs > 1")
    with pytest.raises(FilterError, match="compare a column"):
        loud.videos("loudness.lufs.deep > 1")
    with pytest.raises(FilterError, match=r"cannot be sorted by 'loudness\.x'"):
        loud.videos(sort="loudness.x")
    with pytest.raises(UnknownAnalysis, match="Did you mean 'loudness'"):
        loud.videos(with_=["loudnes"])


def test_an_answer_that_changes_is_seen_in_the_next_look(shelf: Any) -> None:
    shelf.map(lambda _path: 1)
    assert shelf.library.count(VideoQuery(where="found == 1")) == 3
    shelf.map(lambda path: 2 if "bb" in path else 1, version=2)
    assert shelf.library.count(VideoQuery(where="found == 1")) == 2
    shelf.put("dddd.mp4")
    assert shelf.library.count(VideoQuery(where="found is None")) == 1
    shelf.map(lambda _path: 3)
    assert shelf.library.count(VideoQuery(where="found == 3")) == 1
    shelf.library.forget_analysis("found")
    with pytest.raises(FilterError, match="no column 'found'"):
        shelf.library.count(VideoQuery(where="found == 3"))
    shelf.map(lambda _path: 4)
    assert shelf.library.count(VideoQuery(where="found == 4")) == 4


def test_a_name_that_a_stranger_wrote_into_a_library_reaches_no_sql(loud: Library) -> None:
    with closing(sqlite3.connect(loud.path)) as stranger, stranger:
        stranger.execute(
            "UPDATE analyses SET columns = replace(columns, 'lufs', 'x\"; DROP TABLE videos; --')"
        )
    with pytest.raises((CatalogError, ValueError)):
        loud.videos(with_=["loudness"])
    assert len(loud.videos()) == 5


def test_the_explorer_filters_sorts_and_shows_it(loud: Library) -> None:
    columns = ["name", "loudness.lufs"]
    explorer = Explorer(loud, where="loudness.lufs > -20", sort="size", columns=columns)
    assert names(explorer.df) == ["a.mp4", "bb.mp4", "ccc.mp4", "dddd.mp4"]
    assert [*explorer.df["loudness.lufs"]] == [-15.5, -16.5, -17.5, -18.5]
    row = loud.records(explorer.query)[0]
    assert column_of("loudness.lufs").text(row) == "-15.5"
    with pytest.raises(FilterError, match=r"loudness\.luf"):
        explorer.state.narrow(where="loudness.luf > 1")
    assert {"loudness.note", "size"} <= {one["field"] for one in offered(explorer.state.added())}
    other = ExplorerState()
    other.added = explorer.state.added
    read(other, address(explorer.state))
    assert other.view() == explorer.state.view()


def test_the_panel_of_a_video_shows_what_was_found(loud: Library) -> None:
    video = loud.detail(1)
    (group,) = (one for one in detail_text.groups(video) if one["title"] == "Analyses")
    shown = {row["label"]: row["value"] for row in group["rows"]}
    assert shown == {
        "loudness.lufs": "-15.5",
        "loudness.note": "aaa",
        "loudness.is_loud": "Yes",
        "size": "5",
    }
