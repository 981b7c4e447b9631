"""Every setting: its name in the environment, its default and its help, in one table.

An argument given in Python or on the command line wins over the environment, which wins over the
default. ``docs/settings.md`` is held to this table by a test.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, fields
from pathlib import Path
from typing import Any

from stoat_nb.errors import SettingError

_TRUE = frozenset({"1", "true", "yes", "on"})
_FALSE = frozenset({"0", "false", "no", "off", ""})


def _count(name: str, text: str) -> int:
    if text.isascii() and text.isdigit() and int(text) > 0:
        return int(text)
    raise SettingError(name, text, "a whole number above 0")


def _port(name: str, text: str) -> int:
    if text.isascii() and text.isdigit() and int(text) < 65536:  # noqa: PLR2004 - TCP's own limit
        return int(text)
    raise SettingError(name, text, "a port number from 0 to 65535")


def _seconds(name: str, text: str) -> float:
    try:
        value = float(text)
    except ValueError:
        value = -1.0
    if 0 < value < float("inf"):
        return value
    raise SettingError(name, text, "a number of seconds above 0")


def _days(name: str, text: str) -> float:
    try:
        return _seconds(name, text)
    except SettingError:
        raise SettingError(name, text, "a number of days above 0") from None


def _flag(name: str, text: str) -> bool:
    word = text.strip().lower()
    if word in _TRUE:
        return True
    if word in _FALSE:
        return False
    raise SettingError(name, text, "yes or no")


def _path(_name: str, text: str) -> Path:
    return Path(text).expanduser()


def _paths(_name: str, text: str) -> tuple[Path, ...]:
    return tuple(Path(part).expanduser() for part in text.split(os.pathsep) if part)


def _suffixes(name: str, text: str) -> frozenset[str]:
    words = frozenset(word.strip().lstrip(".").lower() for word in text.split(",") if word.strip())
    if not words or not all(word.isalnum() for word in words):
        raise SettingError(name, text, "a list of file name endings such as 'mp4,mov,mkv'")
    return words


def _setting(default: Any, parse: Callable[[str, str], Any], help_text: str) -> Any:
    return field(default=default, metadata={"parse": parse, "help": help_text})


@dataclass(frozen=True, slots=True, kw_only=True)
class Settings:
    """What a library, its scans and its server may be told.

    Examples
    --------
    >>> Settings.from_environment({"STOAT_PROBE_WORKERS": "4"}).probe_workers
    4
    """

    library: Path = _setting(Path("stoat.db"), _path, "The library's file, made when missing.")
    roots: tuple[Path, ...] = _setting(
        (), _paths, "Folders that may be scanned, separated like PATH; empty: any folder."
    )
    extensions: frozenset[str] | None = _setting(
        None, _suffixes, "File name endings taken for videos, separated by commas; empty: FFmpeg's."
    )
    hidden: bool = _setting(
        False, _flag, "Also enter hidden and system folders (.git, @eaDir, $RECYCLE.BIN, ...)."
    )
    probe_workers: int = _setting(
        2, _count, "Processes that read files at once; more helps on SSDs, not on one hard disk."
    )
    readers_per_disk: int | None = _setting(
        None, _count, "Of these, how many read one disk at once; empty: 1 on a hard disk, else all."
    )
    probe_timeout_s: float = _setting(
        6.0, _seconds, "Seconds one file may take before its reader is killed."
    )
    probe_memory_mb: int = _setting(
        1536, _count, "MiB of address space a reader may take before it is refused more."
    )
    job_workers: int = _setting(4, _count, "Jobs that run at once.")
    job_timeout_s: float = _setting(
        300.0, _seconds, "Seconds a job may take, unless its handler says otherwise."
    )
    stall_timeout_s: float = _setting(
        600.0, _seconds, "Seconds a scan may go without moving before it is given up."
    )
    keep_jobs: int = _setting(10_000, _count, "Jobs that are kept after they have ended.")
    keep_jobs_days: float = _setting(90.0, _days, "Days for which they are kept.")
    picture_cache_mb: int = _setting(
        512, _count, "MiB of posters and contact sheets that are kept beside the library's file."
    )
    host: str = _setting("127.0.0.1", lambda _n, text: text, "Address `stoat serve` listens on.")
    port: int = _setting(8642, _port, "Port `stoat serve` listens on; 0: any free one.")

    @classmethod
    def from_environment(cls, environ: Mapping[str, str] | None = None) -> Settings:
        """Read ``STOAT_*`` variables over the defaults."""
        found = os.environ if environ is None else environ
        values = {
            spec.name: spec.metadata["parse"](variable(spec.name), found[variable(spec.name)])
            for spec in fields(cls)
            if found.get(variable(spec.name), "") != ""
        }
        return cls(**values)


def variable(name: str) -> str:
    """Return the environment variable that sets ``name``."""
    return f"STOAT_{name.upper()}"
