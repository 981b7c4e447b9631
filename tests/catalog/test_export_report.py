"""The report: one page that needs nothing else, says what it leaves out, and runs nothing."""

from __future__ import annotations

import re
from html.parser import HTMLParser
from pathlib import Path
from typing import Any

import pytest

from stoat_nb.catalog.catalog import Catalog
from stoat_nb.catalog.columns import TABLES
from stoat_nb.catalog.exports import report
from stoat_nb.catalog.query import VideoQuery

from .looking import frame_of_table

HOSTILE = (
    "<script>document.title='owned'</script>",
    '"><img src=x onerror=alert(1)>',
    "</style><b>",
    "&lt;",
    "a\u202egpj.exe\x1b[31m",
    "<!--",
)
LENGTHS = (
    "under 1 min: 11",
    "1 to 5 min: 0",
    "5 to 20 min: 0",
    "20 to 60 min: 0",
    "1 to 2 h: 1",
    "over 2 h: 0",
)


class Page(HTMLParser):
    """What a browser would find on a page: its elements, and the text of its cells."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.tags: list[tuple[str, dict[str, str | None]]] = []
        self.tables: list[list[list[str]]] = []
        self.words = ""
        self.feed(text)
        self.close()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append((tag, dict(attrs)))
        match tag:
            case "table":
                self.tables.append([])
            case "tr":
                self.tables[-1].append([])
            case "td" | "th":
                self.tables[-1][-1].append("")

    def handle_data(self, data: str) -> None:
        self.words += data
        if data != "\n" and self.tags and self.tags[-1][0] in ("td", "th", "small"):
            self.tables[-1][-1][-1] += data


def page_of(catalog: Catalog, tmp_path: Path, **asked: Any) -> Page:
    return Page(catalog.export(tmp_path / "out.html", **asked).read_text("utf-8"))


@pytest.fixture
def filled(catalog: Catalog, filling: Any) -> Catalog:
    hevc = filling.video(duration_s=4000.0)
    filling.record(
        *(filling.ok(b"/videos/%02d.mp4" % number) for number in range(11)),
        filling.ok(b"/videos/long.mp4", hevc),
        filling.bad(error="It is cut off."),
    )
    return catalog


def test_a_report_counts_what_it_is_of(filled: Catalog, tmp_path: Path) -> None:
    page = page_of(filled, tmp_path)
    assert "Videos13" in page.words.replace("\n", "")
    assert "Could not be read1" in page.words.replace("\n", "")
    charts = [facts["aria-label"] for tag, facts in page.tags if tag == "svg"]
    assert charts == [
        "Codecs: h264: 12",
        "Resolutions: 1920 × 1080: 12",  # noqa: RUF001 - as people write it
        f"Lengths: {'; '.join(LENGTHS)}",
    ]
    failures, rows = page.tables
    assert failures[1:] == [["/videos/b.mp4", "damaged", "It is cut off."]]
    assert len(rows) == 1 + 13
    assert "All 13 of them." in page.words


def test_a_report_of_some_counts_those(filled: Catalog, tmp_path: Path) -> None:
    page = page_of(filled, tmp_path, query=VideoQuery(search="0", sort="name", descending=True))
    charts = [facts["aria-label"] for tag, facts in page.tags if tag == "svg"]
    assert charts[0] == "Codecs: h264: 11"
    (rows,) = page.tables  # no failure is among them
    assert [row[0] for row in rows[1:3]] == ["10.mp4", "09.mp4"]
    assert "Filtered by search 0." in page.words


def test_a_report_says_how_many_rows_it_leaves_out(
    filled: Catalog, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(report, "REPORT_ROWS", 4)
    page = page_of(filled, tmp_path)
    assert "The first 4 of 13 rows." in page.words
    assert len(page.tables[-1]) == 1 + 4
    assert f"A digest of {len(TABLES['videos'].columns)} columns" in page.words


@pytest.mark.parametrize("table", TABLES)
def test_every_table_makes_a_report(filled: Catalog, tmp_path: Path, table: str) -> None:
    page = page_of(filled, tmp_path, table=table)
    count = len(frame_of_table(filled, table))
    assert len(page.tables[-1]) == 1 + count


def test_columns_that_are_named_are_shown_as_they_are(filled: Catalog, tmp_path: Path) -> None:
    columns = ["size_bytes", "has_cover", "audio_languages", "mtime"]
    page = page_of(filled, tmp_path, columns=columns)
    assert page.tables[-1][:2] == [
        ["size_bytes bytes", "has_cover", "audio_languages", "mtime"],
        ["1000", "no", "eng", "1970-01-01T00:00:05.000000Z"],
    ]


def test_an_empty_library_makes_a_report_too(catalog: Catalog, tmp_path: Path) -> None:
    page = page_of(catalog, tmp_path)
    assert "nothing was scanned yet" in page.words
    assert "There are none." in page.words


def test_a_report_needs_nothing_from_anywhere(filled: Catalog, tmp_path: Path) -> None:
    page = page_of(filled, tmp_path)
    names = {tag for tag, _ in page.tags}
    assert not names & {"script", "link", "img", "iframe", "object", "embed", "form", "base"}
    text = (tmp_path / "out.html").read_text("utf-8")
    assert not re.search(r"https?:|url\(|@import|\bsrc=|\bhref=|\son\w+=", text)
    assert ("meta", "default-src 'none'; style-src 'unsafe-inline'") in [
        (tag, facts.get("content")) for tag, facts in page.tags
    ]


def test_hostile_text_is_text(catalog: Catalog, filling: Any, tmp_path: Path) -> None:
    harmless = {tag for tag, _ in page_of(catalog, tmp_path).tags}
    for number, text in enumerate(HOSTILE):
        name = f"/videos/{number}{text.replace('/', '')}".encode()
        video = filling.video(title=text, container=text)
        filling.record(filling.ok(name, video), filling.bad(name + b"bad", text))
    columns = ["name", "title", "container", "error"]
    query = VideoQuery(search="/")
    for asked in ({}, {"columns": columns}, {"table": "tags"}, {"query": query}):
        page = page_of(catalog, tmp_path, **asked)
        drawn = {"figure", "figcaption", "svg", "g", "title", "text", "rect", "td"}
        assert {tag for tag, _ in page.tags} <= harmless | drawn
        assert not {"\u202e", "\x1b"} & set(page.words)
    page = page_of(catalog, tmp_path, columns=["title"], query=VideoQuery(search="0<script"))
    assert page.tables[-1][1] == [HOSTILE[0]]
