"""How commands get at the library."""

from __future__ import annotations

from pathlib import Path

from stoat_nb.errors import CatalogError, CatalogNotWritable
from stoat_nb.jobs.queue import Take
from stoat_nb.library import Library
from stoat_nb.names import shown
from stoat_nb.settings import Settings
from stoat_nb.user_paths import expand_path


def open_library(path: Path | None, *, take: Take) -> Library:
    """Open the library, made when missing, to run jobs."""
    return Library(path, take=take)


def open_existing(path: Path | None, *, take: Take = "none") -> Library:
    """Open the library to look at it; one that is not there is not made for that.

    Who only looks runs nobody's jobs, and need not be able to write.
    """
    chosen = expand_path(path or Settings.from_environment().library)
    if not chosen.exists():
        raise CatalogError(
            f"There is no library at '{shown(chosen)}' yet. Make it by scanning a folder: "
            "stoat scan FOLDER"
        )
    try:
        return Library(chosen, take=take)
    except CatalogNotWritable:
        return Library(chosen, take=take, read_only=True)
