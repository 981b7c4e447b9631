from __future__ import annotations

import asyncio
import io
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pandas as pd
import pytest
from bokeh.document import Document

from stoat_nb.components.downloads import Downloads
from stoat_nb.components.failure_list import FailureList
from stoat_nb.components.overview import Overview
from stoat_nb.components.paged_table import PagedTable
from stoat_nb.components.video_table import VideoTable
from stoat_nb.library import Library
from stoat_nb.media.samples import make_samples
from stoat_nb.settings import Settings

pytestmark = [
    pytest.mark.anyio,
    # Panel's own call, not ours.
    pytest.mark.filterwarnings("ignore:The inplace keyword in DataFrame:DeprecationWarning"),
]


@pytest.fixture(scope="module")
def archive(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("archive")
    make_samples(folder)
    return folder


@pytest.fixture(scope="module")
def scanned(archive: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Library]:
    with Library(tmp_path_factory.mktemp("library") / "stoat.db", settings=Settings()) as library:
        library.scan(archive).result(120)
        yield library


async def settled(change: Callable[[], object]) -> None:
    """Make a change and wait for everything it set going."""
    before = asyncio.all_tasks()
    change()
    while started := asyncio.all_tasks() - before:
        await asyncio.wait(started)


def cells(table: PagedTable) -> pd.DataFrame:
    frame: pd.DataFrame = table.table.value
    return frame


def row_of(table: PagedTable, name: str) -> dict[str, Any]:
    frame = cells(table)
    (row,) = frame[frame["name"] == name].to_dict("records")
    return {str(key): value for key, value in row.items()}


async def test_rows_are_formatted_for_people(scanned: Library) -> None:
    table = VideoTable(scanned)

    row = row_of(table, "beach walk.mp4")

    assert row["duration_s"].startswith("0:00:0")
    assert row["display_width"] == "320 \N{MULTIPLICATION SIGN} 180"
    assert row["codec"] == "h264"
    assert row["size_bytes"].endswith(" kB")
    assert row["status"] == "Ok"
    assert all(isinstance(cell, str) for cell in cells(table).to_numpy().ravel())


async def test_a_failed_row_says_why_and_knows_nothing_else(scanned: Library) -> None:
    table = VideoTable(scanned)

    row = row_of(table, "empty.mp4")

    assert row["status"].startswith("Failed: The file is empty")
    assert row["duration_s"] == row["codec"] == row["display_width"] == "\N{EN DASH}"


async def test_the_count_is_of_all_pages(scanned: Library) -> None:
    table = VideoTable(scanned, page_size=4)

    assert len(cells(table)) == 4
    assert table.total == len(scanned.videos())


async def test_sorting_is_by_number_not_by_text(scanned: Library) -> None:
    table = VideoTable(scanned, sort="size_bytes", descending=True)

    expected = scanned.videos().sort_values(["size_bytes", "video_id"], ascending=False)["name"]
    assert list(cells(table)["name"]) == list(expected)


async def test_search_and_filters_narrow_what_is_shown(scanned: Library) -> None:
    table = VideoTable(scanned)
    everything = table.total

    await settled(lambda: table.param.update(search="SUMMER"))
    assert 0 < table.total < everything

    await settled(lambda: table.param.update(search="", status="failed"))
    assert table.total == len(scanned.failures())

    await settled(lambda: table.param.update(status="", codec="hevc"))
    assert set(cells(table)["codec"]) == {"hevc"}


async def test_clicking_a_header_sorts_and_goes_back_to_the_first_page(scanned: Library) -> None:
    table = VideoTable(scanned, page_size=4, page=2)

    await settled(
        lambda: table.table.param.update(sorters=[{"field": "size_bytes", "dir": "desc"}])
    )

    assert table.page == 0
    largest = scanned.videos().nlargest(4, "size_bytes")["name"]
    assert list(cells(table)["name"]) == list(largest)


async def test_codecs_on_offer_are_those_of_the_library(scanned: Library) -> None:
    offered = VideoTable(scanned).param.codec.objects

    assert set(offered) == {"", *scanned.summary().codecs}


async def test_nothing_that_matches_is_said_in_words(scanned: Library) -> None:
    table = VideoTable(scanned, search="no such name")

    assert table.total == 0
    assert table.empty_text() == "No video matches. Change the search or the filters."


async def test_a_page_beyond_the_end_becomes_the_last(scanned: Library) -> None:
    table = VideoTable(scanned, page_size=4, page=99)

    assert table.page == (table.total - 1) // 4
    assert len(cells(table)) > 0


@pytest.mark.parametrize(
    ("ending", "read"),
    [
        ("csv", pd.read_csv),
        ("json", pd.read_json),
        ("parquet", pd.read_parquet),
        ("xlsx", pd.read_excel),
    ],
)
def test_a_download_holds_every_row_whatever_is_filtered(
    scanned: Library, ending: str, read: Any
) -> None:
    table = VideoTable(scanned, search="beach", page_size=2)

    downloaded = read(io.BytesIO(table.downloads.make(ending)))

    assert isinstance(downloaded, pd.DataFrame)
    assert set(downloaded["path"]) == set(scanned.videos()["path"])


def test_a_download_that_cannot_be_made_is_explained(scanned: Library, seen: Any) -> None:
    downloads = Downloads(scanned, table="no such table")
    downloads.param.watch(seen.note, "problem")

    downloads._handle_msg({"format": "csv"})

    seen.wait_for(lambda: "no such table" in downloads.problem)


async def test_failures_are_listed_with_their_reasons(scanned: Library) -> None:
    failures = FailureList(scanned)

    assert failures.total == len(scanned.failures()) > 0
    assert set(cells(failures)["path"]) == set(scanned.failures()["path"])
    assert all(cells(failures)["error"].str.len() > 10)


async def test_the_overview_counts_and_measures(scanned: Library) -> None:
    overview = Overview(scanned)

    values = {card["label"]: card["value"] for card in overview.__panel__().cards}
    assert values["Videos"] == str(len(scanned.videos()))
    assert values["Could not be read"] == str(len(scanned.failures()))
    titles = {group["title"]: group["items"] for group in overview.__panel__().groups}
    assert {item["name"] for item in titles["Codecs"]} <= {*scanned.summary().codecs, "others"}
    assert max(item["percent"] for item in titles["Codecs"]) == 100.0


async def test_an_empty_library_has_tables_that_say_so(library: Library) -> None:
    assert VideoTable(library).empty_text() == "No videos yet. Scan a folder and they appear here."
    assert FailureList(library).empty_text() == "Every file could be read."
    assert Overview(library).n_videos == 0


def test_a_scan_fills_the_views_that_are_open(library: Library, archive: Path, seen: Any) -> None:
    table, overview = VideoTable(library), Overview(library)
    table.param.watch(seen.note, "total")
    overview.param.watch(seen.note, "n_videos")

    report = library.scan(archive).result(120)

    seen.wait_for(lambda: table.total == overview.n_videos == report.scanned)


@pytest.mark.parametrize("component", [VideoTable, FailureList, Overview, Downloads])
def test_every_parameter_says_what_it_is_for(component: Any) -> None:
    assert all(component.param[name].doc for name in set(component.param) - {"name"})


async def test_news_of_a_table_are_its_rows_and_nothing_else(scanned: Library) -> None:
    # Anything else may reach the page while the table is not drawn yet, which Panel takes ill.
    table = VideoTable(scanned)
    document = Document()
    document.add_root(table.table.get_root(document))
    changed: list[str] = []
    document.on_change(lambda event: changed.append(str(getattr(event, "attr", event))))

    await settled(lambda: setattr(table, "search", "beach"))

    assert len(cells(table)) == 1
    assert changed == ["data"]
