"""What a shell offers after Tab, where that is more than files: job ids and columns."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import suppress

import click
from click.shell_completion import CompletionItem

from stoat_nb.errors import StoatError
from stoat_nb.names import shown

Offer = Callable[[click.Context, click.Parameter, str], list[CompletionItem]]


def offer_jobs(context: click.Context, _: click.Parameter, begun: str) -> list[CompletionItem]:
    """Offer the newest jobs of the library."""
    from stoat_nb.cli.door import open_existing  # noqa: PLC0415 - only a shell asks

    with suppress(StoatError), open_existing(context.obj) as library:
        states = [library.job(job_id).state for job_id in library.job_ids(begun)]
        return [
            CompletionItem(one.job_id, help=shown(f"{one.job_type}, {one.status}"))
            for one in states
        ]
    return []


def offer_columns(table: str) -> Offer:
    """Return what offers columns of a table, after those that stand before a comma."""

    def offer(_context: click.Context, _: click.Parameter, begun: str) -> list[CompletionItem]:
        from stoat_nb.catalog.columns import TABLES  # noqa: PLC0415 - only a shell asks

        before, comma, last = begun.rpartition(",")
        return [
            CompletionItem(f"{before}{comma}{column.name}", help=column.doc)
            for column in TABLES[table].columns
            if column.name.startswith(last)
        ]

    return offer
