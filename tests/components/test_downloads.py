"""Downloads: a piece at a time, of what is asked for, and nothing left of it."""

from __future__ import annotations

import base64
import json
from collections.abc import Iterator
from typing import Any

import pytest

from stoat_nb.catalog.exports import stream
from stoat_nb.catalog.query import VideoQuery
from stoat_nb.components.downloads import Downloads
from stoat_nb.library import Library
from stoat_nb.media.demo_clips import make_samples


class Browser:
    """Takes the pieces of a file as the page does, and asks for the next."""

    def __init__(self, downloads: Downloads, seen: Any) -> None:
        self.pieces: list[bytes] = []
        self.answers: list[dict[str, Any]] = []
        self._downloads, self._seen = downloads, seen
        downloads._send_msg = self._take  # type: ignore[method-assign]

    def _take(self, answer: dict[str, Any]) -> None:
        self.answers.append(answer)
        if "content" in answer:
            self.pieces.append(base64.b64decode(answer["content"]))
            self._downloads._handle_msg({"more": answer["number"]})
        self._seen.note()

    def fetch(self, **asked: Any) -> str:
        """Ask for a file, and return its name once all of it is there."""
        self.pieces, self.answers = [], []
        self._downloads._handle_msg(asked)
        self._seen.wait_for(lambda: bool(self.answers) and "content" not in self.answers[-1])
        return str(self.answers[-1].get("name", ""))

    @property
    def rows(self) -> list[dict[str, Any]]:
        return list(json.loads(b"".join(self.pieces)))


@pytest.fixture(scope="module")
def scanned(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Library]:
    folder = tmp_path_factory.mktemp("downloads")
    make_samples(folder / "clips")
    with Library(folder / "stoat.db") as library:
        library.scan(folder / "clips").result(120)
        yield library


@pytest.fixture
def downloads(scanned: Library) -> Downloads:
    return Downloads(
        scanned, query=lambda: VideoQuery(search="beach"), columns=lambda: ["name", "path"]
    )


@pytest.fixture
def browser(downloads: Downloads, seen: Any) -> Browser:
    return Browser(downloads, seen)


def test_a_file_comes_in_pieces_that_are_asked_for(
    scanned: Library, browser: Browser, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(stream, "CHUNK", 1000)
    assert browser.fetch(format="json") == "videos.json"
    assert len(browser.pieces) > 3
    assert len(browser.rows) == len(scanned.videos())
    assert browser._downloads._stream is None


def test_what_is_asked_for_is_what_comes(scanned: Library, browser: Browser) -> None:
    browser.fetch(format="json", matching=True)
    assert [row["name"] for row in browser.rows] == ["beach walk.mp4"]
    browser.fetch(format="json", shown=True)
    assert [list(row) for row in browser.rows] == [["name", "path"]] * len(scanned.videos())
    browser.fetch(format="json", redact=True)
    assert {row["path"].split("/")[0] for row in browser.rows} == {"clips"}


def test_a_download_that_cannot_be_made_leaves_nothing_behind(scanned: Library, seen: Any) -> None:
    downloads = Downloads(scanned, query=lambda: VideoQuery(where="width >"))
    browser = Browser(downloads, seen)
    assert browser.fetch(format="csv", matching=True) == ""
    assert "cannot be read" in downloads.problem
    assert browser.fetch(format="csv") == "videos.csv"
    assert downloads.problem == ""


@pytest.mark.parametrize("sent", [None, [], {}, {"format": "exe"}, {"more": 7}, {"more": None}])
def test_what_no_page_of_ours_sends_is_ignored(downloads: Downloads, sent: Any) -> None:
    downloads._handle_msg(sent)
    assert (downloads._stream, downloads._number) == (None, 0)
