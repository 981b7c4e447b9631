"""``stoat show``: the facts of single files, for people who would write a loop of ffprobe."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

import click

from stoat_nb import words
from stoat_nb.cli.exits import BAD_INPUT
from stoat_nb.cli.grid import print_json
from stoat_nb.names import shown
from stoat_nb.user_paths import expand_path

Facts = Mapping[str, Any]


@click.command()
@click.argument("files", metavar="FILE...", nargs=-1, required=True, type=click.Path())
@click.option("--json", "as_json", is_flag=True, help="Print one JSON object per line.")
@click.option("--verify", is_flag=True, help="Read all of each file.")
def show(files: tuple[str, ...], *, as_json: bool, verify: bool) -> int | None:
    """Show the facts of each FILE. Nothing is kept of them.

    With --json, a file that cannot be read is an object with its path and an error. The exit code
    is 2 if there is any. Folders are scanned: stoat scan FOLDER.
    """
    from stoat_nb.library.probing import probe_each  # noqa: PLC0415 - loads the catalog

    paths = [expand_path(file) for file in files]
    code = None
    for path, facts in zip(paths, probe_each(paths, packets=verify), strict=True):
        if isinstance(facts, Exception):
            code = BAD_INPUT
            if as_json:
                print_json({"path": shown(path), "error": facts.reason})
            else:
                click.echo(f"stoat: {facts}", err=True)
        elif as_json:
            print_json(facts)
        else:
            click.echo("\n".join(_lines(facts)))
    return code


def _lines(facts: Facts) -> Iterator[str]:
    yield shown(facts["path"])
    about = (
        facts["container"],
        words.size(facts["size_bytes"]),
        facts["duration_s"] and words.length(facts["duration_s"]),
        facts["bitrate"] and words.bit_rate(facts["bitrate"]),
        facts["created_at"] and f"created {facts['created_at']}",
        facts["integrity"] != "unknown" and facts["integrity"],
        facts["integrity_reason"],
    )
    yield f"  {_listed(about)}"
    for stream in facts["streams"]:
        yield f"  {stream['idx']}: {_listed(_of_stream(stream))}"


def _of_stream(stream: Facts) -> Iterator[Any]:
    yield from (stream["kind"], stream["codec"], stream["profile"])
    if stream["width"]:
        yield f"{stream['width']}x{stream['height']}"
    if stream["fps"]:
        yield f"{stream['fps']:.6g} fps {stream['fps_mode'] or ''}".strip()
    yield from (stream["pix_fmt"], stream["hdr"] != "sdr" and stream["hdr"])
    yield stream["channel_layout"] or (stream["channels"] and f"{stream['channels']} channels")
    yield stream["sample_rate"] and f"{stream['sample_rate']} Hz"
    yield stream["bitrate"] and words.bit_rate(stream["bitrate"])
    yield from (stream["language"], stream["title"])


def _listed(parts: Any) -> str:
    return ", ".join(shown(part) for part in parts if part)
