from __future__ import annotations

import base64
import io
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pandas as pd
import pytest

from stoat_nb.catalog.filters.facets import Facet
from stoat_nb.components import overview
from stoat_nb.components.downloads import Downloads
from stoat_nb.components.explorer_state import ExplorerState
from stoat_nb.components.failure_list import FailureList
from stoat_nb.components.overview import Overview
from stoat_nb.components.paged_table import PagedTable
from stoat_nb.components.row_pictures import RowPictures
from stoat_nb.library import Library
from stoat_nb.media.demo_clips import make_samples
from stoat_nb.words import size


@pytest.fixture(scope="module")
def archive(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("archive")
    make_samples(folder)
    return folder


@pytest.fixture(scope="module")
def scanned(archive: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Library]:
    with Library(tmp_path_factory.mktemp("library") / "stoat.db") as library:
        library.scan(archive).result(120)
        yield library


def cells(table: PagedTable, field: str) -> list[str]:
    """Return what stands in a column."""
    place = table.state.columns.index(field)
    return [row["cells"][place] for row in table.grid.rows]


def row_of(table: PagedTable, name: str) -> dict[str, str]:
    place = cells(table, "name").index(name)
    return dict(zip(table.state.columns, table.grid.rows[place]["cells"], strict=True))


def videos(library: Library, **view: Any) -> PagedTable:
    return PagedTable(library, ExplorerState(**view))


def test_rows_are_formatted_for_people(scanned: Library) -> None:
    row = row_of(videos(scanned), "beach walk.mp4")

    assert row["duration_s"].endswith(" s")
    assert row["display_width"] == "320 \N{MULTIPLICATION SIGN} 180"
    assert row["codec"] == "h264"
    assert row["size_bytes"].endswith(" kB")
    assert row["status"] == "OK"


def test_a_failed_row_says_why_and_knows_nothing_else(scanned: Library) -> None:
    row = row_of(videos(scanned), "empty.mp4")

    assert row["status"].startswith("Unreadable: The file is empty")
    assert row["duration_s"] == row["codec"] == row["display_width"] == "\N{EN DASH}"


def test_every_column_can_be_shown_and_every_cell_is_text(scanned: Library) -> None:
    table = videos(scanned, columns=list(scanned.videos().columns))

    assert all(isinstance(cell, str) for row in table.grid.rows for cell in row["cells"])
    assert all(column["title"] for column in table.grid.columns)


def test_the_count_is_of_all_pages(scanned: Library) -> None:
    table = videos(scanned, page_size=4)

    assert len(table.grid.rows) == 4
    assert table.total == len(scanned.videos())


def test_sorting_is_by_number_not_by_text(scanned: Library) -> None:
    table = videos(scanned, sort="size_bytes", descending=True)

    expected = scanned.videos().sort_values(["size_bytes", "video_id"], ascending=False)["name"]
    assert cells(table, "name") == list(expected)


def test_a_pressed_header_sorts_turns_round_and_goes_back_to_the_first_page(
    scanned: Library, seen: Any
) -> None:
    table = videos(scanned, page_size=4, page=2)
    table.grid.param.watch(seen.note, "rows")
    frame = scanned.videos()

    table.grid._handle_msg({"sort": "size_bytes"})
    smallest = frame.nsmallest(4, "size_bytes", keep="all")["size_bytes"].iloc[0]
    seen.wait_for(lambda: cells(table, "size_bytes")[0] == size(smallest))

    table.grid._handle_msg({"sort": "size_bytes"})
    seen.wait_for(lambda: cells(table, "name")[0] in set(frame.nlargest(1, "size_bytes")["name"]))
    assert (table.state.page, table.state.descending) == (0, True)


def test_what_no_header_can_have_sent_is_left_alone(scanned: Library) -> None:
    table = videos(scanned, page_size=4)
    pages = [{"page": page} for page in (-1, -(-table.total // 4), True, 1.0)]

    for wish in ({"sort": "audio_languages"}, {"sort": 1}, {"open": "x"}, {"choose": "all"}, []):
        table.grid._handle_msg(wish)
    for wish in pages:
        table.grid._handle_msg(wish)

    assert (table.state.sort, table.state.page) == ("path", 0)
    assert table.chosen == []


def test_rows_stay_selected_while_pages_turn(scanned: Library, seen: Any) -> None:
    table = videos(scanned, page_size=2)
    table.grid.param.watch(seen.note, "rows")
    first = [row["id"] for row in table.grid.rows]

    table.grid._handle_msg({"choose": first})
    table.state.page = 1
    seen.wait_for(lambda: {row["id"] for row in table.grid.rows}.isdisjoint(first))
    second = table.grid.rows[0]["id"]
    table.grid._handle_msg({"choose": [second, 10**9]})

    assert table.chosen == [*first, second]


def test_nothing_that_matches_is_said_in_words(scanned: Library) -> None:
    table = videos(scanned, search="no such name")

    assert table.total == 0
    assert table.empty_text().startswith("No videos match.")


def test_a_page_beyond_the_end_becomes_the_last(scanned: Library) -> None:
    table = videos(scanned, page_size=4, page=99)

    assert table.state.page == (table.total - 1) // 4
    assert len(table.grid.rows) > 0
    full = videos(scanned, page_size=table.total, page=1)
    assert (full.state.page, len(full.grid.rows)) == (0, table.total)


@pytest.mark.parametrize(
    ("ending", "read"),
    [
        ("csv", pd.read_csv),
        ("json", pd.read_json),
        ("parquet", pd.read_parquet),
        ("xlsx", pd.read_excel),
    ],
)
def test_a_download_holds_every_row(scanned: Library, ending: str, read: Any) -> None:
    downloaded = read(io.BytesIO(Downloads(scanned).make(ending)))

    assert isinstance(downloaded, pd.DataFrame)
    assert set(downloaded["path"]) == set(scanned.videos()["path"])


def test_a_download_that_cannot_be_made_is_explained(scanned: Library, seen: Any) -> None:
    downloads = Downloads(scanned, table="no such table")
    downloads.param.watch(seen.note, "problem")

    downloads._handle_msg({"format": "csv"})

    seen.wait_for(lambda: "no such table" in downloads.problem)


def test_a_row_is_told_its_picture_or_why_there_is_none(scanned: Library, seen: Any) -> None:
    told: list[dict[str, Any]] = []
    pictures = RowPictures(scanned, lambda found: (told.append(found), seen.note()))
    ids = scanned.videos().set_index("name")["video_id"]

    pictures.ask(int(ids["beach walk.mp4"]))
    pictures.ask(int(ids["empty.mp4"]))

    seen.wait_for(lambda: len(told) == 2)
    by_id = {found["picture"]: found for found in told}
    kind, _, content = by_id[ids["beach walk.mp4"]]["url"].partition(",")
    assert kind == "data:image/jpeg;base64"
    assert 500 < len(base64.b64decode(content)) < 20_000
    assert by_id[ids["empty.mp4"]]["why"].startswith("There is no picture of this video: ")


def test_failures_are_listed_with_their_reasons(scanned: Library) -> None:
    failures = FailureList(scanned)

    assert failures.total == len(scanned.failures()) > 0
    assert set(cells(failures, "name")) == {Path(path).name for path in scanned.failures()["path"]}
    assert all(len(reason) > 10 for reason in cells(failures, "error"))


def test_the_overview_counts_and_measures(scanned: Library) -> None:
    overview = Overview(scanned)

    values = {card["label"]: card["value"] for card in overview.cards.cards}
    assert values["Videos"] == str(len(scanned.videos()))
    assert values["Unreadable"] == str(len(scanned.failures()))
    titles = {group["title"]: group["items"] for group in overview.charts.groups}
    assert {item["name"] for item in titles["Codec"]} <= {
        *scanned.summary().codecs,
        "others",
        "unknown",
    }
    assert max(item["percent"] for item in titles["Codec"]) == 100.0


def test_a_group_of_the_overview_has_six_bars_and_counts_the_rest_as_others() -> None:
    def bars(n_kinds: int) -> list[tuple[str, int]]:
        counts = {f"codec {at}": 10 - at for at in range(n_kinds)}
        facet = Facet(column="codec", counts=counts, n_unknown=0, n_further=0)
        return [(one["name"], one["count"]) for one in overview._group(facet)["items"]]

    assert [name for name, _ in bars(6)] == [f"codec {at}" for at in range(6)]
    assert [count for _, count in bars(8)] == [10, 9, 8, 7, 6, 5 + 4 + 3]
    assert bars(8)[-1][0] == "others"


def test_an_empty_library_has_tables_that_say_so(library: Library) -> None:
    assert videos(library).empty_text() == "No videos yet. Scan a folder and they appear here."
    assert FailureList(library).empty_text() == "Every file could be read."
    assert Overview(library).n_videos == 0


def test_a_scan_fills_the_views_that_are_open(library: Library, archive: Path, seen: Any) -> None:
    table, overview = videos(library), Overview(library)
    table.param.watch(seen.note, "total")
    overview.param.watch(seen.note, "n_videos")

    report = library.scan(archive).result(120)

    seen.wait_for(lambda: table.total == overview.n_videos == report.scanned)


@pytest.mark.parametrize("component", [PagedTable, FailureList, Overview, Downloads])
def test_every_parameter_says_what_it_is_for(component: Any) -> None:
    assert all(component.param[name].doc for name in set(component.param) - {"name"})
