"""Whatever is given to any method of a Library: it works, or one sentence says why not."""

from __future__ import annotations

import inspect
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from stoat_nb import Library, VideoQuery
from stoat_nb.errors import BadArgument, StoatError
from stoat_nb.jobs.context import JobContext


async def handler(_context: JobContext) -> None:
    pass


#: A value for each parameter that has no default.
GOOD: dict[str, Any] = {
    "folder": "/",
    "path": "out.csv",
    "job_id": "1",
    "video_id": 1,
    "before": 1,
    "after": 1,
    "query": VideoQuery(),
    "column": "codec",
    "x": "width",
    "y": "height",
    "kind": "poster",
    "listener": print,
    "job_type": "none",
    "payload": {},
    "handler": handler,
    "priority": 0,
    "statement": "select 1 as one",
    "given": 1,
    "format": "csv",
    "beginning": "1",
    "function": len,
    "name": "size",
    "view": {},
}
PARAMETERS = [
    (name, parameter.name)
    for name, method in inspect.getmembers(Library, inspect.isfunction)
    for parameter in inspect.signature(method).parameters.values()
    if not name.startswith("_") and parameter.name not in ("self", "view")
]
#: What nobody can work with, and what only some can.
ODD: list[Any] = [
    *(b"x", ["a"], {"a": 1}, 3.7, float("nan"), -1, 10**30, True, None),
    *("no such thing", "a\0b", "\ud800", ""),
]


@pytest.fixture(scope="module")
def library(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Library]:
    path = tmp_path_factory.mktemp("library") / "library.db"
    with Library(path, take="none") as opened:
        yield opened


def call(library: Library, method: str, parameter: str, value: object) -> object:
    known = inspect.signature(getattr(Library, method)).parameters
    given = {
        name: GOOD[name]
        for name in known
        if known[name].default is inspect.Parameter.empty and name != "self"
    }
    return getattr(library, method)(**given | {parameter: value})


@pytest.mark.parametrize(("method", "parameter"), PARAMETERS)
def test_whatever_an_argument_is_one_sentence_refuses_it_or_it_works(
    library: Library,
    method: str,
    parameter: str,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.chdir(tmp_path)
    with pytest.raises(StoatError):
        call(library, method, parameter, object())
    for value in ODD:
        try:
            call(library, method, parameter, value)
        except StoatError as refusal:
            assert "not a healthy" not in str(refusal)  # noqa: PT017 - not all are refused


@pytest.mark.parametrize(
    ("method", "parameter", "words"),
    [
        ("scan", "mode", "'quick', 'changed', 'full' or 'verify'"),
        ("retry_failures", "error_class", "'empty', 'not_media', "),
        ("picture", "kind", "'poster', 'thumbnail' or 'contact-sheet'"),
    ],
)
def test_a_wrong_word_is_refused_by_name_with_those_there_are(
    library: Library, method: str, parameter: str, words: str
) -> None:
    with pytest.raises(BadArgument) as refusal:
        call(library, method, parameter, "fast")
    assert str(refusal.value).startswith(f"{parameter} is 'fast', which is not {words}")


def test_a_time_to_wait_is_a_number_or_none(library: Library, tmp_path: Path) -> None:
    job = library.scan(tmp_path)
    for wait in (job.wait, job.result):
        with pytest.raises(
            BadArgument, match="timeout is 'soon', which is not a number of seconds"
        ):
            wait("soon")  # type: ignore[operator]
