from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

import pandas as pd
import pytest

from stoat_nb.components.changes import Changes
from stoat_nb.components.explorer import Explorer
from stoat_nb.components.explorer_text import chips
from stoat_nb.components.overview import Overview
from stoat_nb.errors import FilterError
from stoat_nb.library import Library
from stoat_nb.media.demo_clips import make_samples

HOSTILE = "<img src=x onerror=alert(1)>"


@pytest.fixture(scope="module")
def scanned(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Library]:
    """A library of two scans, between which a file was moved, one removed and one changed."""
    folder = tmp_path_factory.mktemp("archive")
    first, second, third, *_ = make_samples(folder)
    (folder / HOSTILE).mkdir()
    (folder / HOSTILE / f"{HOSTILE}.mp4").write_bytes(first.read_bytes())
    with Library(tmp_path_factory.mktemp("library") / "stoat.db") as library:
        library.scan(folder).result(120)
        first.rename(folder / "moved.mp4")
        second.unlink()
        third.write_bytes(b"no video any more")
        library.scan(folder).result(120)
        yield library


@pytest.fixture
def explorer(scanned: Library, seen: Any) -> Explorer:
    explorer = Explorer(scanned)
    for part in (explorer._facets, explorer._plots, explorer._bar):
        part.param.watch(seen.note, [*set(part.param) & {"groups", "ranges", "plots", "views"}])
    explorer.table.param.watch(seen.note, "total")
    explorer.param.watch(seen.note, "problem")
    return explorer


def group(explorer: Explorer, column: str) -> dict[str, Any]:
    return next((one for one in explorer._facets.groups if one["column"] == column), {})


def item(explorer: Explorer, column: str, value: Any) -> dict[str, Any]:
    items = group(explorer, column).get("items", [])
    return next((one for one in items if one["key"] == json.dumps(value)), {})


def plot(explorer: Explorer, name: str) -> dict[str, Any]:
    return next((one for one in explorer._plots.plots if one["name"] == name), {})


def test_facets_count_what_the_frame_holds(scanned: Library, explorer: Explorer, seen: Any) -> None:
    seen.wait_for(lambda: bool(group(explorer, "codec")))

    counted = {one["label"]: one["count"] for one in group(explorer, "codec")["items"]}
    frame = scanned.videos()["codec"].astype("string").fillna("Unknown").value_counts()
    assert counted == frame.to_dict()


def test_a_pressed_value_narrows_everything_but_its_own_facet(
    scanned: Library, explorer: Explorer, seen: Any
) -> None:
    seen.wait_for(lambda: bool(group(explorer, "codec")))
    before = {one["label"] for one in group(explorer, "codec")["items"]}

    explorer._facets._handle_msg({"toggle": "codec", "key": '"h264"'})

    expected = scanned.videos(where='codec == "h264"')
    seen.wait_for(lambda: explorer.table.total == len(expected))
    seen.wait_for(lambda: bool(item(explorer, "codec", "h264").get("chosen")))
    assert {one["label"] for one in group(explorer, "codec")["items"]} == before
    pd.testing.assert_frame_equal(explorer.df, expected)

    explorer._facets._handle_msg({"toggle": "codec", "key": '"h264"'})
    assert explorer.state.facets == {}


def test_what_is_not_known_can_be_chosen(scanned: Library, explorer: Explorer) -> None:
    explorer._facets._handle_msg({"toggle": "codec", "key": "null"})

    assert len(explorer.df) == int(scanned.videos()["codec"].isna().sum()) > 0
    assert [chip["label"] for chip in chips(explorer.state)] == ["Codec: Unknown"]


def test_a_brushed_plot_narrows_to_exactly_its_bars(explorer: Explorer, seen: Any) -> None:
    seen.wait_for(lambda: bool(plot(explorer, "lengths")))
    lengths = plot(explorer, "lengths")
    fullest = lengths["counts"].index(max(lengths["counts"]))
    bounds = [lengths["edges"][fullest], lengths["lasts"][fullest]]

    explorer._plots._handle_msg({"bounds": {"duration_s": bounds}})

    seen.wait_for(lambda: explorer.table.total == max(lengths["counts"]))
    seen.wait_for(lambda: plot(explorer, "lengths")["low"] == bounds[0])
    explorer._plots._handle_msg({"bounds": {"duration_s": [None, None]}})
    assert not explorer.state.is_narrowed


def test_a_pressed_cell_narrows_in_both_directions(explorer: Explorer, seen: Any) -> None:
    seen.wait_for(lambda: bool(plot(explorer, "cells")))
    cells = plot(explorer, "cells")
    row, column, count = next(
        (row, column, count)
        for row, counts in enumerate(cells["counts"])
        for column, count in enumerate(counts)
        if count
    )

    explorer._plots._handle_msg(
        {
            "bounds": {
                "bitrate": [cells["x"]["edges"][column], cells["x"]["lasts"][column]],
                "display_height": [cells["y"]["edges"][row], cells["y"]["lasts"][row]],
            }
        }
    )

    seen.wait_for(lambda: explorer.table.total == count)


def test_folders_are_gone_into_and_out_of(scanned: Library, explorer: Explorer, seen: Any) -> None:
    seen.wait_for(lambda: bool(plot(explorer, "folders")))
    part = next(one for one in plot(explorer, "folders")["parts"] if one["label"] == HOSTILE)

    explorer._plots._handle_msg({"folder": part["key"]})

    seen.wait_for(lambda: plot(explorer, "folders")["here"] == HOSTILE)
    assert list(explorer.df["folder"].unique()) == [part["key"]]
    explorer._plots._handle_msg({"folder": plot(explorer, "folders")["up"]})
    assert len(explorer.df) == len(scanned.videos())


def test_an_expression_that_is_none_is_explained_and_changes_nothing(explorer: Explorer) -> None:
    explorer._bar._handle_msg({"where": "fps > 1"})
    explorer._bar._handle_msg({"where": "heigth > 1"})

    assert "Did you mean 'height'?" in explorer.problem
    assert explorer._bar.problem == explorer.problem
    assert explorer.state.where == "fps > 1"

    explorer._bar._handle_msg({"where": "height > 1 or fps > 1"})
    assert explorer.problem == ""


def test_every_filter_has_a_chip_that_takes_it_away(explorer: Explorer) -> None:
    explorer.state.narrow(
        search=HOSTILE,
        where="fps > 1",
        below="/somewhere",
        facets={"codec": ("h264", None), "interlaced": (False,)},
        ranges={"size_bytes": (10, 2000), "mtime": (None, 1.7e9)},
    )

    assert len(explorer._bar.chips) == 8
    for chip in explorer._bar.chips:
        explorer._bar._handle_msg({"drop": chip["key"]})
    assert not explorer.state.is_narrowed
    assert explorer._bar.chips == []


def test_code_and_frames_say_the_same(explorer: Explorer) -> None:
    explorer.state.narrow(where="size_bytes > 1000", facets={"codec": ("h264", "hevc")})
    explorer.state.order("size_bytes")

    names: dict[str, Any] = {}
    exec(explorer.code.pandas, names)  # noqa: S102 - it is what people paste into a notebook

    pd.testing.assert_frame_equal(names["videos"], explorer.df)
    assert explorer.code.sql.startswith("SELECT")


def test_the_selection_is_a_frame_whatever_is_filtered(explorer: Explorer) -> None:
    assert explorer.selection.empty
    ids = [row["id"] for row in explorer.table.grid.rows[:3]]

    explorer.table.grid._handle_msg({"choose": ids})
    explorer.state.narrow(search="no such name")

    assert list(explorer.selection["video_id"]) == ids
    assert list(explorer.selection.columns) == list(explorer.df.columns)


def test_views_are_saved_shown_and_forgotten(
    scanned: Library, explorer: Explorer, seen: Any
) -> None:
    explorer.state.narrow(where="fps > 1", columns=["name", "hdr"])
    explorer._bar._handle_msg({"save": HOSTILE})
    seen.wait_for(lambda: explorer._bar.views == [HOSTILE])
    saved = explorer.state.view()

    other = Explorer(scanned)
    other._bar._handle_msg({"show": HOSTILE})
    assert other.state.view() == saved

    explorer._bar._handle_msg({"save": "x" * 99})
    seen.wait_for(lambda: "1 to 80 characters" in explorer.problem)
    explorer._bar._handle_msg({"delete": HOSTILE})
    seen.wait_for(lambda: explorer._bar.views == [])


@pytest.mark.parametrize(
    "wish",
    [
        {"toggle": "no such column", "key": "1"},
        {"toggle": "codec", "key": "{"},
        {"toggle": "codec", "key": "[1]"},
        {"toggle": "size_bytes", "key": '"much"'},
        {"bounds": {"codec": [1, 2]}},
        {"bounds": {"size_bytes": [1]}},
        {"bounds": {"size_bytes": "all"}},
        {"bounds": {"size_bytes": ["a", "b"]}},
        {"drop": "no such chip"},
        {"column": "no such column", "shown": True},
        {"show": "no such view"},
        {"unheard of": 1},
        [],
    ],
)
def test_a_wish_that_cannot_be_meant_changes_nothing(explorer: Explorer, wish: Any) -> None:
    before = explorer.state.view()

    explorer._bar._handle_msg(wish)

    assert explorer.state.view() == before


def test_the_last_column_stays(explorer: Explorer) -> None:
    for column in list(explorer.state.columns):
        explorer._bar._handle_msg({"column": column, "shown": False})
    assert len(explorer.state.columns) == 1

    explorer._bar._handle_msg({"column": "hdr", "shown": True})
    assert explorer.state.columns[-1] == "hdr"


def test_an_explorer_of_what_there_is_not_is_refused(scanned: Library) -> None:
    with pytest.raises(FilterError, match="no column 'codek'"):
        Explorer(scanned, facets={"codek": ("h264",)})


def test_no_more_videos_match_than_there_are(explorer: Explorer, seen: Any) -> None:
    total = len(explorer.df)
    explorer._bar.param.watch(seen.note, "said")
    explorer._show_all(total - 1)  # as it was counted before a scan found another
    assert explorer._bar.said == f"{total} videos"
    explorer.state.narrow(where="size_bytes >= 0")
    seen.wait_for(lambda: explorer._bar.said == f"{total} of {total} videos")


def test_what_is_selected_can_be_all_that_is_shown_and_be_let_go(
    scanned: Library, explorer: Explorer
) -> None:
    known = scanned.videos(where='codec == "h264"')
    ids = [int(one) for one in known["video_id"]]
    explorer.state.narrow(where='codec == "hevc"', facets={"hdr": ("hdr10",)})
    explorer.table.chosen = ids

    explorer._heed({"selection": "show"})

    assert sorted(explorer.df["video_id"]) == sorted(ids)
    assert explorer.state.where == ""
    (chip,) = chips(explorer.state)
    assert chip["label"] == f"Selection: {len(ids)} videos"
    explorer._heed({"drop": chip["key"]})
    explorer._heed({"selection": "clear"})
    assert len(explorer.df) == len(scanned.videos())
    assert explorer.table.chosen == []


def test_a_row_opens_its_video_and_closes_it(explorer: Explorer) -> None:
    row = explorer.table.grid.rows[0]["id"]

    explorer.table.grid._handle_msg({"open": row})
    assert (explorer.detail.video_id, explorer.table.grid.opened) == (row, row)

    explorer.open(None)
    assert (explorer.detail.video_id, explorer.table.grid.opened) == (None, None)


def test_changes_are_those_between_the_last_two_scans(scanned: Library) -> None:
    opened: list[int] = []
    changes = Changes(scanned, on_open=opened.append)

    diff = scanned.diff(1, 2, by="file")
    assert {kind: count for kind, count in changes.counts.items() if count} == dict(
        diff["change"].value_counts()
    )
    assert (changes._head.before, changes._head.after) == (1, 2)
    assert len(changes._grid.rows) == len(diff)

    changes._head._handle_msg({"kind": "moved"})
    (moved,) = changes._grid.rows
    assert moved["cells"][1] == "moved.mp4"
    assert moved["cells"][3].startswith("Path: ")
    for wanted in (moved["id"], -1, "x"):
        changes._grid._handle_msg({"open": wanted})
    assert opened == [moved["id"]]


def test_scans_between_which_nothing_changed_say_so(scanned: Library, seen: Any) -> None:
    changes = Changes(scanned)
    changes._empty.param.watch(seen.note, "title")

    changes._head._handle_msg({"before": 2})

    seen.wait_for(lambda: changes._empty.title == "Nothing changed between these scans")
    assert not any(changes.counts.values())
    changes._head._handle_msg({"before": "x", "kind": "y"})
    assert (changes.before, changes.kind) == (2, "")


def test_one_scan_has_nothing_to_be_compared_with(library: Library) -> None:
    assert Changes(library)._empty.title == "Nothing to compare yet"


def test_a_pressed_bar_of_the_overview_says_what_it_stands_for(scanned: Library) -> None:
    pressed: list[tuple[str, Any]] = []
    overview = Overview(scanned, on_choose=lambda column, value: pressed.append((column, value)))

    overview.charts._handle_msg({"column": "codec", "key": '"h264"'})
    overview.charts._handle_msg({"column": "codec", "key": '"no such codec"'})
    overview.charts._handle_msg({"column": [], "key": None})

    assert pressed == [("codec", "h264")]
    assert len(overview.charts.growth) == 2


@pytest.mark.parametrize("component", [Explorer, Changes, Overview])
def test_every_parameter_says_what_it_is_for(component: Any) -> None:
    assert all(component.param[name].doc for name in set(component.param) - {"name"})
