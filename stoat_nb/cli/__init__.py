"""The command line: ``stoat scan``, ``stoat videos``, ``stoat serve``, ...

Nothing heavy is imported here: a command's own module is, when the command is called.
"""

from __future__ import annotations

import gc
import sys
from collections.abc import Sequence
from pathlib import Path

import click

from stoat_nb import __version__
from stoat_nb.cli.exits import BAD_INPUT, CANCELLED, DONE, NOT_DONE, READER_LEFT
from stoat_nb.cli.lazy import LazyGroup
from stoat_nb.cli.signals import code_of, leave, listen
from stoat_nb.cli.streams import OutputLost, guard_streams
from stoat_nb.errors import JobCancelled, JobFailed, JobTimeout, StoatError, require_linux
from stoat_nb.names import shown

_COMMANDS = {
    "scan": ("stoat_nb.cli.scan:scan", "Find out what is in a folder."),
    "show": ("stoat_nb.cli.show:show", "Show the facts of single files, without a library."),
    "summary": ("stoat_nb.cli.summary:summary", "Show what the library holds, in a few lines."),
    "videos": ("stoat_nb.cli.tables:videos", "Print or export the videos of the library."),
    "failures": ("stoat_nb.cli.tables:failures", "Print or export the files that cannot be read."),
    "sql": ("stoat_nb.cli.sql:sql", "Run a SELECT statement on the library's tables."),
    "scans": ("stoat_nb.cli.changes:scans", "List scans, newest first."),
    "analyses": ("stoat_nb.cli.changes:analyses", "List functions that were run over videos."),
    "diff": ("stoat_nb.cli.changes:diff", "Tell what is different between two scans."),
    "forget": ("stoat_nb.cli.changes:forget", "Delete the rows of missing and excluded videos."),
    "jobs": ("stoat_nb.cli.jobs:jobs", "List jobs, newest first."),
    "job": ("stoat_nb.cli.jobs:job", "Tell how one job stands."),
    "logs": ("stoat_nb.cli.logs:logs", "Print the log of a job."),
    "pause": ("stoat_nb.cli.wishes:pause", "Pause a job."),
    "resume": ("stoat_nb.cli.wishes:resume", "Resume a paused or abandoned job."),
    "retry": ("stoat_nb.cli.wishes:retry", "Retry a job that has ended."),
    "cancel": ("stoat_nb.cli.wishes:cancel", "Cancel jobs."),
    "serve": ("stoat_nb.cli.serve:serve", "Serve the dashboard and the REST API."),
    "demo": ("stoat_nb.cli.serve:demo", "Show the dashboard with a small library of clips."),
    "doctor": ("stoat_nb.cli.doctor:doctor", "Tell what Stoat runs on and whether it can work."),
}

_CODES = {
    JobFailed: NOT_DONE,
    JobTimeout: NOT_DONE,
    JobCancelled: CANCELLED,
    StoatError: BAD_INPUT,
}


def _choose(context: click.Context, _option: click.Parameter, path: Path | None) -> None:
    if path is not None:
        context.obj = path


@click.group(
    cls=LazyGroup,
    commands_at=_COMMANDS,
    context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100},
)
@click.option(
    "--library",
    type=click.Path(dir_okay=False, path_type=Path),
    metavar="PATH",
    expose_value=False,
    callback=_choose,
    help="The library's file.  [default: $STOAT_LIBRARY, else ./stoat.db]",
)
@click.version_option(__version__, message="stoat %(version)s")
def stoat() -> None:
    """Know what is in your video folders.

    \b
    Exit codes: 0 done, 1 the job failed, timed out or could not be stopped in
    time, 2 something in the request was wrong, 3 files could not be read and
    --fail-on-errors was given, 4 standard output could not be written, 130
    cancelled, 141 its reader left early.
    """  # noqa: D301 - click reads the escape


def main(arguments: Sequence[str] | None = None) -> None:
    """Run the command line and leave with its exit code."""
    gc.disable()  # until a command is loaded
    guard_streams()
    listen()
    try:
        code = _run(arguments)
    except KeyboardInterrupt as problem:  # while it had its last words
        code = code_of(problem)
    leave(code)


def _run(arguments: Sequence[str] | None) -> int:
    try:
        require_linux()
        code: int | None = stoat.main(arguments, prog_name="stoat", standalone_mode=False)
        sys.stdout.flush()
    except click.ClickException as problem:
        problem.show()
        return BAD_INPUT
    except StoatError as problem:
        click.echo(f"stoat: {shown(problem)}", err=True)
        return next(code for kind, code in _CODES.items() if isinstance(problem, kind))
    except OutputLost as problem:
        if problem.code != READER_LEFT:
            click.echo(f"stoat: {problem}", err=True)
        return problem.code
    except (KeyboardInterrupt, click.Abort) as problem:
        code = code_of(problem)
        click.echo("stoat: interrupted" if code == CANCELLED else "stoat: ended", err=True)
        return code
    return code or DONE
