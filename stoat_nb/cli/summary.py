"""``stoat summary``: the library at a glance."""

from __future__ import annotations

from pathlib import Path

import click
from msgspec.structs import asdict

from stoat_nb import words
from stoat_nb.cli.door import open_existing
from stoat_nb.cli.grid import json_option, print_facts, print_json
from stoat_nb.library.card import most_frequent


@click.command()
@json_option
@click.pass_obj
def summary(library_path: Path | None, *, as_json: bool) -> None:
    """Show what the library holds, in a few lines."""
    with open_existing(library_path) as library:
        found, path = library.summary(), library.path
    if as_json:
        print_json(asdict(found))
        return
    troubles = {
        "unreadable (stoat failures)": found.n_failed,
        "missing or offline": found.n_missing,
        "excluded": found.n_excluded,
    }
    print_facts(
        {
            "library": path,
            "files": words.count(found.n_videos, "file"),
            "length": words.total_length(found.total_duration_s),
            "size": f"{words.size(found.total_bytes)} ({found.total_bytes:,} bytes)",
            "problems": " · ".join(f"{n:,} {what}" for what, n in troubles.items() if n) or "none",
            "codecs": most_frequent(found.codecs),
            "containers": most_frequent(found.containers),
            "resolutions": most_frequent(found.resolutions),
        }
    )
