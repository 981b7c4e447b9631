from __future__ import annotations

import base64
import json
import shutil
from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any

import pytest

from stoat_nb.components import detail_text
from stoat_nb.components.video_cells import recorded_text
from stoat_nb.components.video_detail import DetailSheet, VideoDetail
from stoat_nb.library import Library
from stoat_nb.media.demo_clips import make_samples

from .conftest import Seen

JPEG = "data:image/jpeg;base64,"
HOSTILE = "<img src=x onerror=window.__pwned=1>\n.mp4"


@pytest.fixture(scope="module")
def scanned(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Library]:
    folder = tmp_path_factory.mktemp("archive")
    first, *_ = make_samples(folder)
    shutil.copy(first, folder / HOSTILE)
    with Library(tmp_path_factory.mktemp("library") / "stoat.db") as library:
        library.scan(folder).result(120)
        yield library


def number_of(library: Library, name: str) -> int:
    videos = library.videos()
    return int(videos.loc[videos["path"].str.endswith(name), "video_id"].iloc[0])


def page_of(detail: VideoDetail) -> DetailSheet:
    page = detail.__panel__()
    assert isinstance(page, DetailSheet)
    return page


def lines(video: Any, title: str) -> dict[str, str]:
    (group,) = (group for group in detail_text.groups(video) if group["title"] == title)
    return {row["label"]: row["value"] for row in group["rows"]}


@pytest.mark.parametrize(
    ("when", "zone", "told"),
    [
        ("2010-03-20T14:53:48", "local", "20 Mar 2010, 14:53 local"),
        ("2019-07-12T16:30:00", "+02:00", "12 Jul 2019, 18:30 +02:00"),
        ("2012-08-15T02:14:15", "-05:30", "14 Aug 2012, 20:44 -05:30"),
    ],
)
def test_a_date_of_recording_is_told_by_the_clock_that_was_there(
    when: str, zone: str, told: str
) -> None:
    moment = datetime.fromisoformat(when).replace(tzinfo=UTC)
    assert recorded_text(moment, zone) == told


def test_camera_and_place_are_told(scanned: Library) -> None:
    video = {
        **scanned.video(number_of(scanned, "beach walk.mp4")),
        "camera_make": "Canon",
        "camera_model": "EOS R5",
        "gps_lat": 48.8789,
        "gps_lon": -2.3376,
        "timecode": "01:00:00;02",
    }
    told = lines(video, "File")
    assert (told["Camera"], told["Place"]) == ("Canon EOS R5", "48.87890, -2.33760")
    assert told["Time code"] == "01:00:00;02"


def test_a_cell_shows_facts_at_once_and_the_picture_when_it_is_drawn(
    scanned: Library, seen: Seen
) -> None:
    page = page_of(VideoDetail(scanned, number_of(scanned, "beach walk.mp4")))
    page.param.watch(seen.note, ["poster", "note"])

    assert page.facts["heading"]["name"] == "beach walk.mp4"
    seen.wait_for(lambda: page.poster != "")
    assert base64.b64decode(page.poster.removeprefix(JPEG)).startswith(b"\xff\xd8\xff")
    assert page.note == ""
    assert page.api == ""  # a notebook has no REST beside it


def test_why_there_is_no_picture_is_said(scanned: Library, seen: Seen) -> None:
    page = page_of(VideoDetail(scanned, number_of(scanned, "empty.mp4")))
    page.param.watch(seen.note, ["poster", "note"])

    seen.wait_for(lambda: page.note.startswith("There is no picture"))
    assert "empty" in page.facts["heading"]["error"]
    assert page.facts["player"]["can"] is False


def test_another_video_can_be_shown_in_its_place(scanned: Library, seen: Seen) -> None:
    detail = VideoDetail(scanned, number_of(scanned, "beach walk.mp4"))
    page = page_of(detail)
    page.param.watch(seen.note, "poster")
    seen.wait_for(lambda: page.poster != "")
    before = page.poster

    detail.video_id = number_of(scanned, "wedding 1998.mpg")
    seen.wait_for(lambda: page.poster not in ("", before))

    assert page.facts["heading"]["name"] == "wedding 1998.mpg"
    detail.video_id = None
    assert (page.facts, page.poster) == ({}, "")


def test_who_sees_a_video_can_play_that_one(scanned: Library) -> None:
    detail = VideoDetail(scanned)
    told: list[dict[str, Any]] = []
    page_of(detail).param.watch(lambda event: told.append(event.new), "facts")
    numbers = [number_of(scanned, name) for name in ("beach walk.mp4", "summit.mkv")]
    for number in numbers:
        detail.video_id = number

    for number, facts in zip(numbers, told, strict=True):
        assert facts["player"]["stream"].startswith(f"videos/{number}/stream?tag=")


def test_a_video_that_is_not_there_is_said_to_be_none(scanned: Library) -> None:
    page = page_of(VideoDetail(scanned, 12345))

    assert page.facts == {"problem": "There is no video 12345. List the videos to see their ids."}


def test_what_was_read_is_fetched_when_somebody_opens_it(scanned: Library, seen: Seen) -> None:
    page = page_of(VideoDetail(scanned, number_of(scanned, "wedding 1998.mpg")))
    page.param.watch(seen.note, "raw")
    assert page.raw == ""

    page.wants_raw = True

    seen.wait_for(lambda: page.raw != "")
    assert json.loads(page.raw)["description"]


def test_every_text_of_a_hostile_name_is_one_harmless_line(scanned: Library) -> None:
    video = scanned.detail(number_of(scanned, HOSTILE))
    told = detail_text.heading(video)

    assert told["name"] == "<img src=x onerror=window.__pwned=1>\\n.mp4"
    history = scanned.history(number_of(scanned, HOSTILE)).to_dict("records")
    everything = json.dumps([told, detail_text.groups(video), detail_text.history(history)])
    assert "\n" not in "".join(json.loads(everything)[0].values())


def test_facts_read_as_people_say_them(scanned: Library) -> None:
    video = scanned.detail(number_of(scanned, "sunset HDR.mp4"))
    picture = lines(video, "Picture")

    assert picture["Codec"] == "hevc Main 10"
    assert picture["Display size"] == "320 \N{MULTIPLICATION SIGN} 180"
    assert picture["Frame rate"] == "25 (constant)"
    assert picture["Dynamic range"] == "HDR10"
    assert lines(video, "Integrity") == {
        "State": "OK",
        "Checked": "structure",
        "Fast start (streamable)": "no",
    }


def test_what_is_not_known_is_left_out(scanned: Library) -> None:
    video = scanned.detail(number_of(scanned, "empty.mp4"))

    assert [group["title"] for group in detail_text.groups(video)] == ["File", "Integrity"]
    assert "" not in lines(video, "File").values()


def test_streams_tags_and_history_are_told_in_rows(scanned: Library) -> None:
    video_id = number_of(scanned, "summit.mkv")
    video = scanned.detail(video_id)

    streams = detail_text.streams(video)
    assert [row[1] for row in streams] == ["video", "audio", "audio"]
    assert [row[4] for row in streams] == ["", "eng", "deu"]
    assert ["File", "title", "Gipfel / Summit"] in [
        [of, name.lower(), value] for of, name, value in detail_text.tags(video)
    ]
    (found,) = detail_text.history(scanned.history(video_id).to_dict("records"))
    assert found[1] == "Added"
    assert found[4].endswith("summit.mkv")


def test_the_newest_change_comes_first() -> None:
    rows = [
        {"at": "2026-01-01T00:00:00Z", "change": "added", "path": "/a"},
        {
            "at": "2026-02-01T00:00:00Z",
            "change": "changed",
            "path": "/a",
            "column": "size_bytes",
            "old": "1",
            "new": None,
        },
    ]
    assert [row[1:] for row in detail_text.history(rows)] == [
        ["Changed", "size_bytes", "1", ""],
        ["Added", "", "", "/a"],
    ]
