"""SQL over a library: answers are right, typed, of one moment, and nothing else is reached."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pandas as pd
import polars as pl
import pyarrow as pa
import pytest

from stoat_nb import Library
from stoat_nb.catalog.columns import TABLES
from stoat_nb.catalog.query import VideoQuery
from stoat_nb.errors import BadArgument, ExportError, FilterError, SqlError
from stoat_nb.media.demo_clips import make_samples
from stoat_nb.settings import Settings


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("sql")
    make_samples(folder / "videos")
    return folder


@pytest.fixture(scope="module")
def library(folder: Path) -> Iterator[Library]:
    settings = Settings(sql_memory_mb=64)
    with Library(folder / "library.db", settings=settings) as opened:
        opened.scan(folder / "videos").result(timeout=120)
        yield opened


def test_sums_and_counts_are_those_of_the_frame(library: Library) -> None:
    found = library.sql(
        "select codec, count(*) as n, sum(size_bytes) as size, sum(duration_s) as length "
        "from videos group by all order by codec"
    )
    grouped = library.videos().groupby("codec", dropna=False, observed=True)
    assert found["n"].tolist() == grouped.size().tolist()
    assert found["size"].tolist() == grouped["size_bytes"].sum().tolist()
    assert [str(dtype) for dtype in found.dtypes[1:]] == ["Int64", "Int64", "Float64"]
    assert found["length"].dropna().tolist() == pytest.approx(
        [length for length in grouped["duration_s"].sum() if length]
    )


@pytest.mark.parametrize("name", TABLES)
def test_each_table_has_its_rows_and_its_columns_in_sql(library: Library, name: str) -> None:
    found = library.sql(f"from {name}")
    frame = getattr(library, name)()
    assert [*found.columns] == [*frame.columns]
    assert len(found) == len(frame)
    for column in frame.columns:
        assert known(found[column]) == known(frame[column]), column


def known(values: pd.Series[Any]) -> list[str | None]:
    return [
        None if missing else str(one) for one, missing in zip(values, values.isna(), strict=True)
    ]


def test_what_is_unknown_is_null_in_sql_and_in_its_answer(library: Library) -> None:
    found = library.sql("select name, codec from videos where codec is null")
    assert len(found) == library.videos()["codec"].isna().sum() > 0
    assert found["codec"].isna().all()


def test_times_are_times_in_utc(library: Library) -> None:
    found = library.sql("select mtime, date_trunc('day', mtime) as day from videos limit 1")
    mtime = library.videos("name == 'x' or name != 'x'")["mtime"]
    assert found["mtime"][0] in set(mtime)
    assert str(found["day"].dtype) == "datetime64[us, UTC]"
    assert found["day"][0] == found["mtime"][0].floor("D")


def test_a_list_of_languages_is_a_list(library: Library) -> None:
    found = library.sql(
        "select language, count(*) as n "
        "from (select unnest(audio_languages) as language from videos) group by all"
    )
    assert dict(zip(found["language"], found["n"], strict=True)) == (
        library.facets(columns=["audio_languages"])["audio_languages"].counts
    )


@pytest.mark.parametrize("kind", [pd.DataFrame, pl.DataFrame, pa.table])
def test_frames_of_ones_own_can_be_joined(library: Library, kind: type) -> None:
    names = library.videos()["name"].tolist()[:2]
    shots = kind({"name": names, "n": [3, 4]})
    found = library.sql(
        "select name, n from shots join videos using (name) order by n", shots=shots
    )
    assert found["name"].tolist() == names
    assert found["n"].tolist() == [3, 4]


def test_the_index_of_a_frame_is_a_column_if_it_has_a_name(library: Library) -> None:
    frame = library.videos().groupby("codec", observed=True)[["size_bytes"]].sum()
    found = library.sql("select codec, size_bytes from sizes order by codec", sizes=frame)
    assert found["codec"].tolist() == sorted(frame.index)


def test_values_are_bound_to_parameters(library: Library) -> None:
    hostile = "x' or '1'='1"
    statement = "select count(*) as n from videos where name = $name"
    assert library.sql(statement, name=hostile)["n"].tolist() == [0]
    name = str(library.videos()["name"][0])
    assert library.sql(statement, name=name)["n"].tolist() == [1]


def test_a_variable_of_the_caller_is_no_table(library: Library) -> None:
    mine = pd.DataFrame({"a": [1]})
    assert len(mine) == 1
    with pytest.raises(SqlError, match="There are: videos, streams"):
        library.sql("select * from mine")


def test_only_files_that_are_named_are_read(library: Library, folder: Path) -> None:
    allowed, secret = folder / "shots.csv", folder / "secret.csv"
    allowed.write_text("name,n\na.mp4,3\n")
    secret.write_text("word\nx\n")
    assert library.sql(f"from '{allowed}'", files=[allowed])["n"].tolist() == [3]
    for place in (f"'{secret}'", f"read_text('{secret}')", f"glob('{folder}/*')"):
        with pytest.raises(SqlError, match="reads a file that it may not"):
            library.sql(f"from {place}", files=[allowed])
    with pytest.raises(SqlError, match="files="):
        library.sql(f"from '{allowed}'")


@pytest.mark.parametrize(
    ("statement", "says"),
    [
        ("delete from videos", "Only SELECT statements"),
        ("create table x as select 1", "Only SELECT statements"),
        ("copy videos to 'x.csv'", "Only SELECT statements"),
        ("attach 'x.db'", "Only SELECT statements"),
        ("install httpfs", "Only SELECT statements"),
        ("set threads = 100", "Only SELECT statements"),
        ("select 1; select 2", "One statement is run at a time, and there are 2"),
        ("", "One statement is run at a time, and there are 0"),
        ("selec", 'syntax error at or near "selec"'),
        ("select cdec from videos", '"cdec" not found'),
        ("select * from vidoes", "There are: videos, streams"),
        ("select $codec", r"asks for \$codec: add codec=\.\.\. to the call"),
        ("select list(range) from range(100000000)", "needs more than 64 MiB"),
    ],
)
def test_what_cannot_be_answered_is_refused_in_a_sentence(
    library: Library, statement: str, says: str
) -> None:
    before = len(library.videos())
    with pytest.raises(SqlError, match=says) as refused:
        library.sql(statement)
    assert "\n" not in str(refused.value)
    assert len(library.videos()) == before


def test_names_that_mean_nothing_are_refused(library: Library) -> None:
    with pytest.raises(BadArgument, match="a name that is still free"):
        library.sql("from videos", videos=pd.DataFrame({"a": [1]}))
    with pytest.raises(BadArgument, match="a table that Arrow can hold"):
        library.sql("from mixed", mixed=pd.DataFrame({"a": [1, "x"]}))
    with pytest.raises(SqlError, match="'codec' is neither a table nor a parameter"):
        library.sql("from videos", codec="h264")
    with pytest.raises(BadArgument, match="a SELECT statement"):
        library.sql(7)  # type: ignore[arg-type]


def test_tables_of_one_statement_are_of_one_moment(tmp_path: Path, folder: Path) -> None:
    with Library(tmp_path / "library.db") as library:
        job = library.scan(folder / "videos")
        while not job.state.is_final:
            found = library.sql(
                "select count(distinct v.video_id) as videos, "
                "count(distinct s.video_id) as streams from videos v "
                "left join streams s using (video_id) where v.status = 'ok'"
            )
            assert found["videos"][0] == found["streams"][0]
        job.result(timeout=60)


def test_many_threads_may_ask_at_once(library: Library) -> None:
    found: list[int] = []
    threads = [
        threading.Thread(
            target=lambda: found.append(library.sql("select count(*) as n from videos")["n"][0])
        )
        for _ in range(4)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert found == [len(library.videos())] * 4


def test_arrow_and_polars_hold_what_the_frame_holds(library: Library) -> None:
    frame = library.videos("status == 'ok'")
    table = library.arrow(where="status == 'ok'")
    assert isinstance(table, pa.Table)
    assert table.column_names == [*frame.columns]
    assert table["path"].to_pylist() == frame["path"].tolist()
    query = VideoQuery(sort="size_bytes", descending=True)
    polars = library.polars(query=query)
    assert polars["size_bytes"].to_list() == sorted(library.videos()["size_bytes"], reverse=True)
    assert len(library.arrow("streams")) == len(library.streams())
    with pytest.raises(ExportError, match="Only videos can be filtered"):
        library.arrow("streams", where="codec == 'aac'")
    with pytest.raises(ExportError, match="no table 'vidoes'"):
        library.arrow("vidoes")
    with pytest.raises(FilterError):
        library.polars(where="heigth > 3")
