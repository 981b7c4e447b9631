"""Every setting: its name in the environment, its default and its help, in one table.

An argument given in Python or on the command line wins over the environment, which wins over the
default. ``docs/settings.md`` is held to this table by a test.
"""

from __future__ import annotations

import os
import re
from collections.abc import Callable, Iterable, Mapping
from functools import cache
from pathlib import Path
from typing import Annotated, Any, NamedTuple, get_type_hints

from msgspec import Struct
from msgspec.structs import force_setattr

from stoat_nb.errors import SettingError, UnknownHome
from stoat_nb.user_paths import expand_path

_TRUE = frozenset({"1", "true", "yes", "on"})
_FALSE = frozenset({"0", "false", "no", "off", ""})
_HOST = re.compile(r"([a-z0-9._-]+|\[[0-9a-f:.]+\])(:\d{1,5})?")


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


def _level(name: str, text: str) -> str:
    word = text.strip().lower()
    if word in ("debug", "info", "warning", "error"):
        return word
    raise SettingError(name, text, "debug, info, warning or error")


def _text(_name: str, text: str) -> str:
    return text


def _path(name: str, text: str) -> Path:
    if "\0" in text:
        raise SettingError(name, text, "a path, which holds no NUL character")
    try:
        return expand_path(text)
    except UnknownHome:
        raise SettingError(name, text, "a path below a home that this system knows") from None


def _folders(name: str, text: str) -> tuple[Path, ...]:
    # Nothing named must not mean any folder: "$A:$B" is that where both are unset.
    return _each_folder(name, text, [part for part in text.split(os.pathsep) if part])


def _each_folder(name: str, given: object, parts: Iterable[str]) -> tuple[Path, ...]:
    folders = tuple(_path(name, part) for part in parts)
    if not folders or not all(folder.is_absolute() for folder in folders):
        raise SettingError(name, given, "a list of folders that each begin with / or ~")
    return folders


def _hosts(name: str, text: str) -> tuple[str, ...]:
    hosts = tuple(part.strip().lower() for part in text.split(",") if part.strip())
    if not all(_HOST.fullmatch(host) for host in hosts):
        raise SettingError(name, text, "a list of hosts such as 'videos.example,10.0.0.5:8642'")
    return hosts


def _patterns(name: str, text: str) -> tuple[str, ...]:
    return _each_pattern(name, [part.strip() for part in text.replace("\n", ",").split(",")])


def _each_pattern(name: str, given: Iterable[str]) -> tuple[str, ...]:
    from stoat_nb.patterns import BadPattern, compiled  # noqa: PLC0415 - few set it

    kept = tuple(line for line in given if line.strip())
    try:
        compiled(kept)
    except BadPattern as fault:
        expected = f"a list of patterns as in a .gitignore file: {str(fault).removesuffix('.')}"
        raise SettingError(name, ",".join(kept), expected) from None
    return kept


def _links(name: str, text: str) -> str:
    word = text.strip().lower()
    if word in ("none", "files", "all"):
        return word
    raise SettingError(name, text, "none, files or all")


def _suffixes(name: str, text: str) -> frozenset[str]:
    words = frozenset(word.strip().lstrip(".").lower() for word in text.split(",") if word.strip())
    if not words or not all(word.isalnum() for word in words):
        raise SettingError(name, text, "a list of file name endings such as 'mp4,mov,mkv'")
    return words


class Setting(NamedTuple):
    """What is known of a setting beside its type and its default."""

    parse: Callable[[str, str], Any]  #: From its name and the text in the environment.
    help: str


class Settings(Struct, frozen=True, kw_only=True):
    """What a library, its scans and its server may be told.

    Examples
    --------
    >>> Settings.from_environment({"STOAT_PROBE_WORKERS": "4"}).probe_workers
    4
    """

    library: Annotated[Path, Setting(_path, "The library's file, made when missing.")] = Path(
        "stoat.db"
    )
    roots: Annotated[
        tuple[Path, ...],
        Setting(_folders, "Folders that may be scanned, separated like PATH; unset: any folder."),
    ] = ()
    extensions: Annotated[
        frozenset[str] | None,
        Setting(
            _suffixes, "File name endings taken for videos, separated by commas; empty: FFmpeg's."
        ),
    ] = None
    hidden: Annotated[
        bool,
        Setting(_flag, "Also enter hidden and system folders (.git, @eaDir, $RECYCLE.BIN, ...)."),
    ] = False
    exclude: Annotated[
        tuple[str, ...],
        Setting(
            _patterns,
            "Patterns of files and folders that scans leave out, as in .gitignore files, separated "
            "by commas.",
        ),
    ] = ()
    follow_links: Annotated[
        str,
        Setting(_links, "Which links scans follow: none, files, or all (to folders too)."),
    ] = "none"
    probe_workers: Annotated[
        int,
        Setting(
            _count, "Processes that read files at once; more helps on SSDs, not on one hard disk."
        ),
    ] = 2
    readers_per_disk: Annotated[
        int | None,
        Setting(
            _count, "Of these, how many read one disk at once; empty: 1 on a hard disk, else all."
        ),
    ] = None
    probe_timeout_s: Annotated[
        float, Setting(_seconds, "Seconds one file may take before its reader is killed.")
    ] = 6.0
    probe_memory_mb: Annotated[
        int, Setting(_count, "MiB of address space a reader may take before it is refused more.")
    ] = 1536
    job_workers: Annotated[int, Setting(_count, "Jobs that run at once.")] = 4
    job_timeout_s: Annotated[
        float, Setting(_seconds, "Seconds a job may take, unless its handler says otherwise.")
    ] = 300.0
    stall_timeout_s: Annotated[
        float, Setting(_seconds, "Seconds a scan may go without moving before it is given up.")
    ] = 600.0
    keep_jobs: Annotated[int, Setting(_count, "Jobs that are kept after they have ended.")] = 10_000
    keep_jobs_days: Annotated[float, Setting(_days, "Days for which they are kept.")] = 90.0
    sql_memory_mb: Annotated[
        int, Setting(_count, "MiB of memory a statement of `library.sql` may take.")
    ] = 1024
    sql_threads: Annotated[int, Setting(_count, "Threads that such a statement runs on.")] = 2
    picture_cache_mb: Annotated[
        int,
        Setting(
            _count, "MiB of posters and contact sheets that are kept beside the library's file."
        ),
    ] = 512
    allow_hosts: Annotated[
        tuple[str, ...],
        Setting(
            _hosts,
            "Hosts beside this machine's own that a server may be called by, as a browser shows "
            "them, separated by commas; name a proxy's only behind a login.",
        ),
    ] = ()
    host: Annotated[str, Setting(_text, "Address `stoat serve` listens on.")] = "127.0.0.1"
    port: Annotated[int, Setting(_port, "Port `stoat serve` listens on; 0: any free one.")] = 8642
    max_connections: Annotated[
        int,
        Setting(_count, "Connections of `stoat serve` at once, at most half of `ulimit -n`."),
    ] = 500
    max_pages: Annotated[
        int, Setting(_count, "Pages of `stoat serve` that are open at once, in all browsers.")
    ] = 100
    max_pending_jobs: Annotated[
        int, Setting(_count, "Jobs that may wait for their turn; more are refused.")
    ] = 10_000
    log_level: Annotated[
        str,
        Setting(_level, "What a server logs to stderr: debug, info, warning or error on."),
    ] = "warning"

    def __post_init__(self) -> None:
        """Check what is given in Python as what the environment says is checked."""
        defaults = zip(self.__struct_fields__, self.__struct_defaults__, strict=True)
        given = [name for name, default in defaults if getattr(self, name) != default]
        known = table() if given else {}  # to read the annotations takes a while
        for name in given:
            force_setattr(self, name, _meant(name, getattr(self, name), known[name].parse))

    @classmethod
    def from_environment(cls, environ: Mapping[str, str] | None = None) -> Settings:
        """Read ``STOAT_*`` variables over the defaults."""
        found = os.environ if environ is None else environ
        given = {
            name: text
            for name in cls.__struct_fields__
            if (text := found.get(variable(name))) or (text == "" and name == "roots")
        }
        known = table() if given else {}
        return cls(
            **{name: known[name].parse(variable(name), text) for name, text in given.items()}
        )


def _meant(name: str, value: Any, parse: Callable[[str, str], Any]) -> Any:
    """Return what a value of Python's says: one folder, or one ending, may stand for a list."""
    is_one = isinstance(value, str | os.PathLike)
    try:
        if parse is _folders:
            parts = (value,) if is_one else value
            return _each_folder(name, value, [os.fspath(part) for part in parts])
        if parse is _patterns and not is_one:
            return _each_pattern(name, [os.fspath(line) for line in value])
        if parse is _suffixes and not value:
            return None
        if parse in (_suffixes, _hosts):
            value = value if is_one else ",".join(value)
    except TypeError:
        raise SettingError(name, value, "text, or a list of texts") from None
    return parse(name, str(value))


@cache
def table() -> dict[str, Setting]:
    """Return what is known of each setting."""
    hints = get_type_hints(Settings, include_extras=True)
    return {name: hints[name].__metadata__[0] for name in Settings.__struct_fields__}


def variable(name: str) -> str:
    """Return the environment variable that sets ``name``."""
    return f"STOAT_{name.upper()}"
