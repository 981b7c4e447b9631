"""The files that could not be read, each with the reason."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

from stoat_nb import words
from stoat_nb.catalog.query import VideoQuery
from stoat_nb.components.paged_table import Column, PagedTable, Row
from stoat_nb.names import shown

if TYPE_CHECKING:
    from stoat_nb.library import Library


class FailureList(PagedTable):
    """Lists a library's failures, a page at a time.

    Parameters
    ----------
    library
        Whose failures to list.

    Examples
    --------
    >>> failures = FailureList(library)  # doctest: +SKIP
    """

    noun = "file"

    def __init__(self, library: Library, **params: Any) -> None:
        super().__init__(library, _COLUMNS, **params)

    def query(self) -> VideoQuery:
        return replace(super().query(), status=("failed",))

    def empty_text(self) -> str:
        return "Every file could be read."


def _path(row: Row) -> str:
    return shown(row["path"])


def _reason(row: Row) -> str:
    return shown(row["error"]) if row["error"] else words.UNKNOWN


_COLUMNS = (
    Column(field="path", title="File", text=_path, grow=3, width=200),
    Column(field="error", title="Why it could not be read", text=_reason, grow=4, width=240),
)
