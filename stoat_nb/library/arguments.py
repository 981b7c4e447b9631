"""What the arguments of a Library's methods may be: one table, checked before anything happens."""

from __future__ import annotations

import os
from collections.abc import Callable, Mapping, Sequence
from contextlib import AbstractContextManager, nullcontext
from functools import partial, wraps
from inspect import signature
from typing import Any, NamedTuple, ParamSpec, TypeVar, get_args

from stoat_nb.catalog.column import Column
from stoat_nb.catalog.filters.fields import columns_added
from stoat_nb.catalog.query import VideoQuery
from stoat_nb.errors import BadArgument
from stoat_nb.jobs.memory_queue import InMemoryJobQueue
from stoat_nb.jobs.queue import Take
from stoat_nb.jobs.state import JobStatus
from stoat_nb.library.room import Handle
from stoat_nb.maps.request import Again, Inputs
from stoat_nb.media.failures import ERROR_CLASSES
from stoat_nb.media.pictures.kinds import POSTER, SHEET, THUMBNAIL
from stoat_nb.scan import FollowLinks, ScanMode
from stoat_nb.settings import Settings

P = ParamSpec("P")
T = TypeVar("T")


class _Kind(NamedTuple):
    """A test, and in words what passes it."""

    accepts: Callable[[Any], bool]
    expected: str


def _is_number(value: Any) -> bool:
    return hasattr(value, "__index__") and not isinstance(value, bool)


def _is_text(value: Any) -> bool:
    return isinstance(value, str)


_LONGEST_S, _MOST_WORKERS = 1e9, 256


def _is_version(value: Any) -> bool:
    return isinstance(value, str | int) and not isinstance(value, bool) and value != ""


def _is_span(value: Any) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool) and 0 < value < _LONGEST_S


def _one_of(words: Sequence[str]) -> _Kind:
    *others, last = map(repr, words)
    expected = f"{', '.join(others)} or {last}"
    return _Kind(lambda value: isinstance(value, str) and value in words, expected)


def _are_names(value: Any) -> bool:
    is_list = isinstance(value, Sequence) and not isinstance(value, str)
    return is_list and all(isinstance(one, str) for one in value)


_FLAG = _Kind(lambda value: isinstance(value, bool), "True or False")
_COUNT = _Kind(lambda value: _is_number(value) and value > 0, "a whole number above 0")
_FOLDER = _Kind(lambda value: isinstance(value, str | os.PathLike), "a path")
_SCAN = _Kind(_is_number, "the number of a scan, as scans() lists them")

_KINDS: Mapping[str, _Kind] = {
    "where": _Kind(_is_text, "an expression such as 'height >= 2160'"),
    "query": _Kind(
        lambda value: isinstance(value, VideoQuery),
        "a VideoQuery, such as VideoQuery(where='height >= 2160')",
    ),
    "with_": _Kind(_are_names, "a list of analyses such as ['loudness']"),
    "name": _Kind(_is_text, "a name such as 'loudness'"),
    "view": _Kind(lambda value: isinstance(value, Mapping), "a dict such as {'where': 'fps > 50'}"),
    "version": _Kind(_is_version, "a number or a text such as '2.1'"),
    "timeout": _Kind(_is_span, "a number of seconds above 0"),
    "workers": _Kind(lambda value: _is_number(value) and 0 < value <= _MOST_WORKERS, "1 to 256"),
    "memory_mb": _Kind(
        lambda value: _is_number(value) and 0 < value < 2**31, "a whole number of MiB above 0"
    ),
    "inputs": _one_of(get_args(Inputs)),
    "again": _one_of(get_args(Again)),
    "columns": _Kind(
        lambda value: _are_names(value) or isinstance(value, Mapping),
        "a list of column names such as ['codec']",
    ),
    **dict.fromkeys(("column", "x", "y", "sort"), _Kind(_is_text, "the name of a column")),
    "settings": _Kind(
        lambda value: isinstance(value, Settings),
        "Settings, such as Settings(probe_workers=4)",
    ),
    "video_id": _Kind(
        lambda value: _is_number(value) or (isinstance(value, float) and value.is_integer()),
        "the number of a video, as videos() lists them",
    ),
    "beginning": _Kind(_is_text, "the beginning of an id"),
    "job_id": _Kind(_is_text, "the id of a job, as jobs() lists them"),
    "status": _Kind(lambda value: value in tuple(JobStatus), "a status such as 'running'"),
    "format": _Kind(_is_text, "the name of a format such as 'csv'"),
    "table": _Kind(_is_text, "the name of a table such as 'videos'"),
    "by": _one_of(("change", "file")),
    "listener": _Kind(callable, "a function of a JobState"),
    "take": _one_of(get_args(Take)),
    "mode": _one_of(get_args(ScanMode)),
    "exclude": _Kind(_are_names, "a list of patterns such as ['proxies/']"),
    "follow_links": _one_of(get_args(FollowLinks)),
    "kind": _one_of((POSTER, THUMBNAIL, SHEET)),
    "error_class": _one_of((*ERROR_CLASSES, "")),
    "job_type": _Kind(_is_text, "the name of a job type such as 'scan'"),
    "below": _Kind(_is_text, "the path of a folder"),
    "offset": _Kind(lambda value: _is_number(value) and value >= 0, "a whole number, 0 or more"),
    "job_queue": _Kind(lambda value: isinstance(value, InMemoryJobQueue), "an InMemoryJobQueue"),
    "limit": _Kind(
        lambda value: _is_number(value) and value >= 0,
        "a whole number, 0 or more, or None for all",
    ),
    "payload": _Kind(
        lambda value: isinstance(value, Mapping), "a dict such as {'path': '/videos'}"
    ),
    "statement": _Kind(
        lambda value: isinstance(value, str), "a SELECT statement such as 'select name from videos'"
    ),
    "files": _Kind(
        lambda value: (
            isinstance(value, Sequence)
            and not isinstance(value, str)
            and all(isinstance(one, str | os.PathLike) for one in value)
        ),
        "a list of paths such as ['shots.csv']",
    ),
    "folder": _FOLDER,
    "path": _FOLDER,
    **dict.fromkeys(
        (
            "recursive",
            "descending",
            "accept_removals",
            "redact",
            "manifest",
            "only_failed",
            "retry_failed",
        ),
        _FLAG,
    ),
    **dict.fromkeys(("bins", "most"), _COUNT),
    **dict.fromkeys(("before", "after"), _SCAN),
}


def checked(method: Callable[P, T]) -> Callable[P, T]:
    """Have a method refuse arguments that it cannot work with, by name and with what it expects.

    A parameter is checked as its name stands in the table; its default always passes, and None
    where its annotation says so.
    """
    known = signature(method)
    defaults = {name: parameter.default for name, parameter in known.parameters.items()}
    may_be_none = {name for name, one in known.parameters.items() if "None" in str(one.annotation)}

    @wraps(method)
    def call(*args: P.args, **kwargs: P.kwargs) -> T:
        try:
            given = known.bind(*args, **kwargs).arguments
        except TypeError:
            return method(*args, **kwargs)  # Python says what is wrong, and with which method
        for name, value in given.items():
            kind = _KINDS.get(name)
            if kind is None or value is defaults[name] or (value is None and name in may_be_none):
                continue
            if not kind.accepts(value):
                raise BadArgument(name, value, kind.expected)
        with _names_of(args[0] if args else None):
            return method(*args, **kwargs)

    return call


def _names_of(library: object) -> AbstractContextManager[None]:
    """Have names stand for what the analyses of a library found, too, while it is asked."""
    if not isinstance(library, Handle) or not hasattr(library, "_hold"):
        return nullcontext()
    return columns_added(partial(_columns_of, library))


def _columns_of(library: Handle) -> Mapping[str, Sequence[Column]]:
    return library.catalog.reader.columns_added()  # made only now: it loads DuckDB
