"""``stoat doctor``: what Stoat runs on, and whether it can work here."""

from __future__ import annotations

import os
import platform
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path

import apsw
import av
import click

from stoat_nb import __version__
from stoat_nb.catalog.file_locks import are_kept
from stoat_nb.cli.grid import print_facts
from stoat_nb.settings import Settings
from stoat_nb.user_paths import library_file

_SQLITE_MAGIC = b"SQLite format 3\0"
_USER_VERSION = slice(60, 64)
_HEADER_BYTES = 100


@click.command()
@click.pass_obj
def doctor(library_path: Path | None) -> None:
    """Tell what Stoat runs on and whether it can work. Changes nothing."""
    path = library_file(library_path or Settings.from_environment().library)
    print_facts({**_versions(), **_library(path)})


def _versions() -> dict[str, str]:
    return {
        "stoat": __version__,
        "python": f"{platform.python_version()} ({platform.system()} {platform.machine()})",
        "av": f"{av.__version__} with FFmpeg {av.ffmpeg_version_info}",
        "sqlite": f"{apsw.sqlite_lib_version()} (apsw {apsw.apsw_version()})",
        "locks": "kept" if are_kept() else "lost when this process opens the file by other means",
        "pandas": _installed("pandas"),
        "panel": _installed("panel"),
        "fastapi": _installed("fastapi"),
    }


def _installed(package: str) -> str:
    try:
        return version(package)
    except PackageNotFoundError:
        return 'not installed: pip install "stoat-nb[dashboard]"'


def _library(path: Path) -> dict[str, str]:
    there = path.exists()
    writable = os.access(path if there else path.parent, os.W_OK)
    return {
        "library": str(path),
        "file": _schema(path) if there else "not made yet: a scan makes it",
        "writable": "yes" if writable else "no: name a file in a folder you may write to",
    }


def _schema(path: Path) -> str:
    try:
        with path.open("rb") as file:
            header = file.read(_HEADER_BYTES)
    except OSError as problem:
        return f"cannot be read: {problem.strerror}"
    if not header.startswith(_SQLITE_MAGIC):
        return "not a Stoat library"
    return f"schema version {int.from_bytes(header[_USER_VERSION], 'big')}"
