"""docs/rest-api.md is held to the routes there are; every route is held to the guard."""

from __future__ import annotations

import re
from html.parser import HTMLParser
from pathlib import Path

import httpx
import pytest

from stoat_nb import errors
from stoat_nb.api import admission, connection, guard
from stoat_nb.api.app import create_api
from stoat_nb.library import Library

from .conftest import ask

BUSY = ("TOO_MANY_JOBS", "TOO_MANY_WATCHERS")


@pytest.fixture
def page(repository: Path) -> str:
    return (repository / "docs" / "rest-api.md").read_text(encoding="utf-8")


def routes_of(library: Library) -> set[tuple[str, str]]:
    paths = create_api(library).openapi()["paths"]
    return {(verb.upper(), path) for path, verbs in paths.items() for verb in verbs}


def test_the_page_lists_exactly_the_routes_there_are(page: str, library: Library) -> None:
    told = re.findall(r"^### `([A-Z]+) (\S+)`$", page, re.MULTILINE)
    assert len(told) == len(set(told))
    assert set(told) == routes_of(library)


def test_the_page_tells_each_code_that_exists_and_no_other(page: str) -> None:
    told = set(re.findall(r"`((?!STOAT_)[A-Z]+(?:_[A-Z]+)+)`", page.split("## Refusals")[1]))
    ours = {
        kind.code
        for kind in vars(errors).values()
        if isinstance(kind, type) and issubclass(kind, errors.StoatError)
    }
    denials = [*vars(guard).values(), *vars(admission).values(), *vars(connection).values()]
    guards = {value.code for value in denials if isinstance(value, guard.Denial)}
    assert guards <= told
    assert told - guards - {"NOT_JSON", "METHOD_NOT_ALLOWED", *BUSY} <= ours


def test_each_word_that_openapi_lists_for_a_filter_is_taken(
    client: httpx.Client, library: Library
) -> None:
    taken = {
        (one["name"], word): path
        for path, verbs in create_api(library).openapi()["paths"].items()
        for one in verbs.get("get", {}).get("parameters", ())
        if path in ("/api/v1/videos", "/api/v1/videos/facets")
        for word in one["schema"].get("enum") or one["schema"].get("items", {}).get("enum", ())
    }
    assert {name for name, _word in taken} == {"status", "sort", "column", "int64"}
    for (name, word), path in taken.items():
        answer = client.get(client.base_url.copy_with(path=path), params={name: word})
        assert (name, word, answer.status_code) == (name, word, 200)


def test_the_openapi_page_tells_what_refusals_look_like(library: Library) -> None:
    schema = create_api(library).openapi()
    for verbs in schema["paths"].values():
        for operation in verbs.values():
            assert {"400", "403", "413", "421", "500", "503"} <= set(operation["responses"])
            assert operation["description"]
    assert {"JobSubmitResponse", "JobStatusResponse"} <= set(schema["components"]["schemas"])
    assert "HTTPValidationError" not in schema["components"]["schemas"]


def test_every_route_is_behind_the_guard(client: httpx.Client, library: Library) -> None:
    port = client.base_url.port
    assert port is not None
    for verb, path in [*routes_of(library), ("GET", "/docs"), ("GET", "/openapi.json")]:
        status, headers, _ = ask(port, verb, path, [("Host", f"evil.example:{port}")])
        assert (path, status) == (path, 421)
        assert headers["x-content-type-options"] == "nosniff"


class Forms(HTMLParser):
    """The forms of a page: where each goes, and what it sends if nobody fills anything in."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.forms: dict[str, dict[str, str]] = {}
        self.foreign: list[str] = []
        self._fields: dict[str, str] = {}
        self._chooses = ""
        self.feed(page)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        told = {name: value or "" for name, value in attrs}
        self.foreign += [told[name] for name in ("src", "href") if ":" in told.get(name, "")]
        if tag == "form":
            self._fields = self.forms[told["action"]] = {}
        elif tag == "input":
            self._fields[told["name"]] = told.get("value", "")
        elif tag == "select":
            self._chooses = told["name"]

    def handle_data(self, data: str) -> None:
        if self._chooses and self.get_starttag_text() == "<option selected>":
            self._fields[self._chooses] = data
            self._chooses = ""


def test_the_page_of_routes_needs_no_network_and_its_forms_can_be_sent_as_they_are(
    reader: httpx.Client,
) -> None:
    page = reader.get(reader.base_url.copy_with(path="/docs")).text
    shown = Forms(page)
    assert "<script" not in page
    assert shown.foreign == []
    assert {"api/v1/videos", "api/v1/jobs", "api/v1/summary"} <= set(shown.forms)
    for path, fields in shown.forms.items():
        answer = reader.get(reader.base_url.copy_with(path=f"/{path}"), params=fields)
        if path != "api/v1/scans/diff":  # there may be no two scans yet
            assert (path, answer.status_code, answer.text[:99]) == (path, 200, answer.text[:99])


def test_the_page_of_routes_shows_every_route(client: httpx.Client, library: Library) -> None:
    page = client.get(client.base_url.copy_with(path="/docs")).text
    for verb, path in routes_of(library):
        assert f"<h2><b>{verb}</b> <code>{path}</code></h2>" in page
