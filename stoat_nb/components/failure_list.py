"""The files that could not be read, each with the reason."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from stoat_nb.components.explorer_state import ExplorerState
from stoat_nb.components.paged_table import PagedTable

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
        state = ExplorerState(
            facets={"status": ("failed",)}, columns=["name", "folder", "error_class", "error"]
        )
        super().__init__(library, state, **params)

    def empty_text(self) -> str:
        return "Every file could be read."
