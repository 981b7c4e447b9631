"""What the arguments of a Library's methods may be: one table, checked before anything happens."""

from __future__ import annotations

import os
from collections.abc import Callable, Mapping, Sequence
from functools import wraps
from inspect import signature
from typing import Any, NamedTuple, ParamSpec, TypeVar, get_args

from stoat_nb.catalog.query import VideoQuery
from stoat_nb.errors import BadArgument
from stoat_nb.jobs.memory_queue import InMemoryJobQueue
from stoat_nb.jobs.queue import Take
from stoat_nb.jobs.state import JobStatus
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
    "columns": _Kind(_are_names, "a list of column names such as ['codec']"),
    **dict.fromkeys(("column", "x", "y"), _Kind(_is_text, "the name of a column")),
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
        ("recursive", "descending", "accept_removals", "redact", "manifest", "only_failed"), _FLAG
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
        return method(*args, **kwargs)

    return call
