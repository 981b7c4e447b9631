"""Hooks of schemathesis: what a schema cannot say, so that requests reach more than refusals.

A test sets ``STOAT_TEST_FOLDER``: the folder that is scanned in place of any other.
"""

from __future__ import annotations

import os
from itertools import count
from typing import Any

import schemathesis
from hypothesis import strategies as st

FILTERS = ["height >= 2160", "codec == 'h264' and not has_cover", "size_bytes > 1e3 or fps < 30"]
PATTERNS = ["proxies/", "*.part.mp4", "!keep.mp4", "/a/**/b", "", "# nothing"]
MOMENTS = ["2026-10-01", "2026-10-01T12:30:00Z", "now - 30d"]
COLUMNS = ["path", "codec", "mtime_ns", "audio_languages", "duration_s"]
FOLDER = os.environ["STOAT_TEST_FOLDER"]

jobs: list[str] = []
turns = count()

schemathesis.openapi.format("filter", st.sampled_from(FILTERS))
schemathesis.openapi.format("gitignore-pattern", st.sampled_from(PATTERNS))
schemathesis.openapi.format("moment", st.sampled_from(MOMENTS))
schemathesis.openapi.format("column-names", st.permutations(COLUMNS).map(",".join))


@schemathesis.hook
def filter_query(_context: Any, query: Any) -> bool:
    """Leave out what no schema can say: empty parameters count as absent, and some exclude others.

    None, {} and [] are sent as nothing, too, and an object as its keys.
    """
    given = query if isinstance(query, dict) else {}
    is_list = {name: isinstance(value, list | dict) and value for name, value in given.items()}
    parts = [list(value) if is_list[name] else [value] for name, value in given.items()]
    is_either = "since" in given and {"before", "after"} & given.keys()
    return not is_either and all(part or part in (0, False) for value in parts for part in value)


@schemathesis.hook
def before_call(_context: Any, case: Any, _options: Any) -> None:
    """Have what is valid meet a folder and jobs that are there, and nothing scan this machine."""
    is_valid = case.meta is None or case.meta.generation.mode.is_positive
    body = case.body if isinstance(case.body, dict) else {}
    path = body.get("path")
    if isinstance(path, str) and (is_valid or os.path.lexists(path.partition("\0")[0])):
        body["path"] = FOLDER
    if is_valid and jobs and "job_id" in (case.path_parameters or {}):
        turn = next(turns)
        if turn % 2:
            case.path_parameters["job_id"] = jobs[turn // 2 % len(jobs)]


@schemathesis.hook
def after_call(_context: Any, _case: Any, response: Any) -> None:
    """Remember the jobs that there are."""
    if response.status_code == 202:
        jobs.append(response.json()["job_id"])
