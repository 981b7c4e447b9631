"""What is wrong with a library's file."""

from __future__ import annotations

from stoat_nb.errors.base import StoatError
from stoat_nb.names import shown


class CatalogError(StoatError):
    """The library's file cannot be used."""

    code = "CATALOG_ERROR"


class CatalogNotWritable(CatalogError):
    """The file, or the folder it should be made in, cannot be written."""

    code = "CATALOG_NOT_WRITABLE"

    def __init__(self, path: object, reason: object) -> None:
        super().__init__(
            f"The library '{shown(path)}' cannot be written: {shown(reason)}. "
            "Name a file in a folder you may write to."
        )


class CatalogNotOpened(CatalogError):
    """The system has no more files or threads for this process."""

    code = "CATALOG_NOT_OPENED"

    def __init__(self, path: object, reason: object) -> None:
        super().__init__(
            f"The library '{shown(path)}' cannot be opened: {shown(reason)}. Close libraries or "
            "files that are not needed, or allow this process more (ulimit -n, ulimit -u)."
        )


class CatalogReadOnly(CatalogNotWritable):
    """The library was opened to be read only, and something in it was to be changed."""

    code = "CATALOG_READ_ONLY"

    def __init__(self, path: object) -> None:
        CatalogError.__init__(
            self,
            f"The library '{shown(path)}' is open for reading only, so nothing in it can be "
            "changed. Open a library that this user may write to.",
        )


class CatalogCorrupt(CatalogError):
    """The file is no SQLite database, or a damaged one."""

    code = "CATALOG_CORRUPT"

    def __init__(self, path: object, reason: object) -> None:
        super().__init__(
            f"'{shown(path)}' is not a healthy Stoat library: {shown(reason)}. "
            "Nothing was changed. Move it aside and scan again, or restore a backup."
        )


class CatalogTooNew(CatalogError):
    """The file was written by a newer Stoat."""

    code = "CATALOG_TOO_NEW"

    def __init__(self, path: object, found: int, known: int) -> None:
        super().__init__(
            f"The library '{shown(path)}' has schema version {found}; "
            f"this Stoat knows up to {known}. Upgrade Stoat, or open another library. "
            "Nothing was changed."
        )


class CatalogMoved(CatalogError):
    """The file was moved, deleted, replaced or written over while it was open."""

    code = "CATALOG_MOVED"

    def __init__(self, path: object, reason: object) -> None:
        super().__init__(
            f"The library '{shown(path)}' is no longer as it was opened: {shown(reason)}. "
            "Nothing more is written to it. Close it, put its files in place, and open it again."
        )


class CatalogClosed(CatalogError):
    """The library was used after it was closed."""

    code = "CATALOG_CLOSED"

    def __init__(self, path: object) -> None:
        super().__init__(f"The library '{shown(path)}' is closed. Open it again with Library(...).")


class OpenedElsewhere(CatalogError):
    """The library was opened by the process that this one was forked from."""

    code = "OPENED_ELSEWHERE"

    def __init__(self, path: object) -> None:
        super().__init__(
            "This library was opened in another process. "
            f"Open it again here: Library('{shown(path)}')."
        )
