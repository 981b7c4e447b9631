"""Views that people have given a name, kept where the videos are."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from stoat_nb.catalog.database import Database, fetch
from stoat_nb.catalog.values import as_stored_text
from stoat_nb.errors import FilterError

#: Characters a name may have at most.
LONGEST_NAME = 80


class Views:
    """The saved views of a catalog: what each shows, by its name."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def save(self, name: str, state: Mapping[str, Any], *, at: float) -> None:
        """Keep a view under a name; one of the same name gives way to it.

        Raises
        ------
        FilterError
            If the name is empty or too long, or the view is none that JSON has.
        """
        stored = as_stored_text(name.strip())
        if not 0 < len(stored) <= LONGEST_NAME:
            raise FilterError(
                f"A view's name has 1 to {LONGEST_NAME} characters; this one has {len(stored)}. "
                "Give it another name."
            )
        try:
            text = json.dumps(dict(state))
        except (TypeError, ValueError) as problem:
            raise FilterError(
                f"A view is kept as JSON, and this one cannot be: {problem}."
            ) from None
        self._database.write(
            lambda connection: connection.execute(
                "INSERT INTO views (name, state, saved_at) VALUES (?, ?, ?) ON CONFLICT (name) "
                "DO UPDATE SET state = excluded.state, saved_at = excluded.saved_at",
                (stored, text, at),
            ).fetchall()
        )

    def all(self) -> dict[str, dict[str, Any]]:
        """Return every view by its name, in the order of the names."""
        rows = self._database.read(
            lambda connection: fetch(
                connection, "SELECT name, state FROM views ORDER BY name COLLATE NOCASE, name"
            )
        )
        return {name: json.loads(state) for name, state in rows}

    def delete(self, name: str) -> None:
        """Forget a view, if there is one of that name."""
        self._database.write(
            lambda connection: connection.execute(
                "DELETE FROM views WHERE name = ?", (as_stored_text(name),)
            ).fetchall()
        )
