"""``stoat serve`` and ``stoat demo``: the dashboard and the REST API in this terminal."""

from __future__ import annotations

import os
import socket
import tempfile
import webbrowser
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from types import ModuleType

import click

from stoat_nb import words
from stoat_nb.cli.door import open_existing, open_library
from stoat_nb.cli.signals import hang_up_as_terminate
from stoat_nb.cli.streams import OutputLost
from stoat_nb.errors import MissingExtra
from stoat_nb.jobs.state import JobStatus
from stoat_nb.library import Library
from stoat_nb.logs import log_to_stderr
from stoat_nb.media.demo_clips import make_samples
from stoat_nb.names import shown
from stoat_nb.scan import SCAN_JOB_TYPE
from stoat_nb.settings import Settings
from stoat_nb.user_paths import expand_path

_host = click.option("--host", metavar="ADDRESS", help="Where to listen.  [default: 127.0.0.1]")
_port = click.option(
    "--port", type=click.IntRange(0, 65535), help="0: any free one.  [default: 8642]"
)
_open = click.option(
    "--open/--no-open", "open_browser", default=False, help="Open a browser.  [default: no]"
)


@click.command()
@_host
@_port
@_open
@click.pass_obj
def serve(
    library_path: Path | None, host: str | None, port: int | None, open_browser: bool
) -> None:
    """Serve the dashboard and the REST API to this machine, until Ctrl-C.

    Jobs that have not ended by then go on when the library is next opened.
    """
    server = _server()
    with _listener(server, host, port) as listener:
        with open_library(library_path, take="all") as library:
            _serve(server, library, listener, open_browser=open_browser)
        _say_goodbye(library)


@click.command()
@click.argument("folder", required=False, type=click.Path(file_okay=False, path_type=Path))
@_host
@_port
@_open
@click.pass_obj
def demo(
    library_path: Path | None,
    *,
    folder: Path | None,
    host: str | None,
    port: int | None,
    open_browser: bool,
) -> None:
    """Show the dashboard with a small library of clips, made for it.

    The clips go to FOLDER if that is new or empty; a FOLDER that holds files is scanned as it is.
    """
    server = _server()
    with _listener(server, host, port) as listener:
        home = _demo_home()
        clips = folder or home / "clips"
        _fill(clips)
        with open_library(library_path or home / "demo.db", take="all") as library:
            library.scan(clips)
            _serve(server, library, listener, open_browser=open_browser)
        _say_goodbye(library)


def _server() -> ModuleType:
    try:
        from stoat_nb import server  # noqa: PLC0415 - an extra: it may not be installed
    except ModuleNotFoundError as problem:
        raise MissingExtra("The dashboard", "dashboard") from problem
    return server


def _listener(server: ModuleType, host: str | None, port: int | None) -> socket.socket:
    # Before the library is opened: a refused address must leave nothing behind.
    settings = Settings.from_environment()
    log_to_stderr(settings.log_level)
    listener: socket.socket = server.listen(
        settings.host if host is None else host, settings.port if port is None else port
    )
    return listener


def _serve(
    server: ModuleType, library: Library, listener: socket.socket, *, open_browser: bool
) -> None:
    def announce(address: str) -> None:
        _say(f"Stoat is at {address} (library: {shown(library.path)}). Ctrl-C stops it.")
        if open_browser:
            webbrowser.open(address)

    hang_up_as_terminate()
    said: Callable[[str], None] = announce
    server.serve(library, listener, announce=said)


def _say_goodbye(closed: Library) -> None:
    # Only the file knows what became of them: another process may have taken them already.
    with open_existing(closed.path) as library:
        waiting = library.job_states(status=JobStatus.PENDING, job_type=SCAN_JOB_TYPE, limit=None)
    n = sum(not state.paused for state in waiting)
    go_on = f" {words.count(n, 'job')} {'goes' if n == 1 else 'go'} on"
    _say(f"Stopped.{go_on} when the library is next opened." if n else "Stopped.")


def _demo_home() -> Path:
    cache = Path(os.environ.get("XDG_CACHE_HOME") or expand_path("~/.cache"))
    home = cache / "stoat" / "demo"
    try:
        home.mkdir(parents=True, exist_ok=True)
    except OSError:
        return Path(tempfile.mkdtemp(prefix="stoat-demo-"))
    return home


def _fill(folder: Path) -> None:
    if folder.is_dir() and any(folder.iterdir()):
        _say(f"Scanning {shown(folder)} as it is.")
        return
    _say(f"Making a few clips in {shown(folder)} ...")
    folder.mkdir(parents=True, exist_ok=True)
    make_samples(folder)


def _say(text: str) -> None:
    with suppress(OutputLost):  # a server serves, whether or not anybody reads this
        click.echo(text)
