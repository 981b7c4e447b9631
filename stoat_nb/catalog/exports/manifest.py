"""The manifest: what an export holds, so that whoever finds it in a year can tell."""

from __future__ import annotations

import json
import time
from collections.abc import Mapping
from datetime import datetime
from importlib.metadata import PackageNotFoundError, version
from typing import Any

import apsw

from stoat_nb import __version__
from stoat_nb.catalog.database import fetch
from stoat_nb.catalog.exports.source import Source
from stoat_nb.catalog.query import VideoQuery
from stoat_nb.catalog.values import moment_text

#: Exports are complete, whatever page was looked at.
_OF_PAGES = frozenset({"limit", "offset"})
_OF_ORDER = frozenset({"sort", "descending"})

_NEWEST_SCAN = (
    "SELECT id, status, CAST(round(finished_at * 1e6) AS INTEGER) * 1000 "
    "FROM scans ORDER BY id DESC LIMIT 1"
)


def manifest_of(source: Source) -> dict[str, Any]:
    """Return the manifest of what is being exported, in JSON's own types."""
    wanted = source.wanted
    return {
        "table": wanted.table.name,
        "rows": source.count(),
        "filters": source.redaction.plain(_filters(wanted.query)),
        "sort": _order(wanted.query),
        **({} if wanted.limit is None else {"limit": wanted.limit}),
        "redacted": wanted.is_redacted,
        "newest_scan": _newest_scan(source.connection),
        "exported_at": moment_text(time.time_ns()),
        "versions": {
            "stoat": __version__,
            "sqlite": apsw.sqlite_lib_version(),
            "pyav": _version("av"),
        },
        "columns": [
            {
                "name": column.name,
                "dtype": column.dtype,
                "unit": column.unit,
                "basis": column.basis,
                "doc": column.doc,
            }
            for column in wanted.table.columns
        ],
    }


def as_json(manifest: Mapping[str, Any]) -> bytes:
    """Return a manifest as the text it is stored as."""
    return json.dumps(manifest, ensure_ascii=False, indent=1).encode() + b"\n"


def _filters(query: VideoQuery | None) -> dict[str, Any]:
    """Return what leaves rows out; nothing, if all are in."""
    if query is None:
        return {}
    found = {
        name: _plain(getattr(query, name))
        for name in query.__struct_fields__
        if name not in _OF_PAGES | _OF_ORDER
    }
    return {name: value for name, value in found.items() if value}


def _order(query: VideoQuery | None) -> dict[str, Any] | None:
    """Return what the rows are sorted by; None: in the table's own order."""
    return None if query is None else {"by": query.sort, "descending": query.descending}


def _plain(value: Any) -> Any:
    if isinstance(value, Mapping):
        # A facet of which nothing is chosen leaves nothing out.
        return {str(key): _plain(one) for key, one in value.items() if one not in ((), [])}
    if isinstance(value, tuple | list):
        return [_plain(one) for one in value]
    if isinstance(value, datetime):
        return value.isoformat()
    return value


def _newest_scan(connection: apsw.Connection) -> dict[str, Any] | None:
    found = fetch(connection, _NEWEST_SCAN)
    if not found:
        return None
    ((scan_id, status, finished_ns),) = found
    finished_at = None if finished_ns is None else moment_text(finished_ns)
    return {"scan_id": scan_id, "status": status, "finished_at": finished_at}


def _version(package: str) -> str | None:
    try:
        return version(package)
    except PackageNotFoundError:
        return None
