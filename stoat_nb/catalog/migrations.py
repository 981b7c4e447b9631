"""The schema, version by version: each step in one transaction, none ever skipped or repeated."""

from __future__ import annotations

import re
from functools import cache
from pathlib import Path

import apsw

from stoat_nb.errors import CatalogCorrupt, CatalogTooNew
from stoat_nb.names import shown

#: Marks a file as ours for ``file`` and for us: "Stoa" in ASCII.
APPLICATION_ID = 0x53746F61
#: Tables that come and go with analyses.
_OF_ANALYSES = re.compile(r"(result|rows)_\d+", re.IGNORECASE)


@cache
def steps() -> tuple[str, ...]:
    """Return the SQL of every version in order; the first leads from nothing to version 1."""
    found = (Path(__file__).parent / "sql").iterdir()
    named = [entry for entry in found if re.fullmatch(r"\d{4}_\w+\.sql", entry.name)]
    return tuple(entry.read_text("utf-8") for entry in sorted(named))


def inspect(connection: apsw.Connection, path: Path) -> int:
    """Return the schema version of a file, 0 if it is empty; refuse a file that is not ours."""
    if not connection.in_transaction:
        # One look: between two, another process may make the file ours.
        connection.execute("BEGIN")
        try:
            return inspect(connection, path)
        finally:
            roll_back(connection)
    marked, version = (_number(connection, name) for name in ("application_id", "user_version"))
    is_empty = not connection.execute("SELECT 1 FROM sqlite_schema LIMIT 1").fetchall()
    is_new = is_empty and marked == version == 0
    if not is_new and (marked != APPLICATION_ID or version < 1):
        raise CatalogCorrupt(path, "it is an SQLite database, but not a Stoat library")
    if version > len(steps()):
        raise CatalogTooNew(path, version, len(steps()))
    _refuse_foreign_sql(connection, path)
    return version


def _refuse_foreign_sql(connection: apsw.Connection, path: Path) -> None:
    """Refuse a file in which another's SQL would run, perhaps for ever, where ours reads or writes.

    Views and tables of other names are nobody's business but their owner's.
    """
    ours = "\n".join(steps())
    tables = {name.lower() for name in re.findall(r"^CREATE TABLE (\w+)", ours, re.MULTILINE)}
    found = connection.execute("SELECT name, sql FROM sqlite_schema WHERE type = 'trigger'")
    strange = [f"trigger '{shown(name)}'" for name, sql in found if str(sql) not in ours]
    found = connection.execute(
        "SELECT name, type FROM pragma_table_list "
        "WHERE schema = 'main' AND NOT (type = 'table' AND strict)"
    )
    strange += [
        f"table '{shown(name)}'"
        for name, _ in found
        if str(name).lower() in tables or _OF_ANALYSES.fullmatch(str(name))
    ]
    if strange:
        raise CatalogCorrupt(path, f"the {strange[0]} in it is not as Stoat makes it")


def roll_back(connection: apsw.Connection) -> None:
    """End a transaction, should SQLite not have done so by itself: it does when a disk fails."""
    if connection.in_transaction:
        connection.execute("ROLLBACK")


def _number(connection: apsw.Connection, pragma: str) -> int:
    ((value,),) = connection.execute(f"PRAGMA {pragma}").fetchall()
    return int(str(value))


def migrate(connection: apsw.Connection, path: Path) -> bool:
    """Bring a file to the newest version; tell whether anything was to do."""
    changed = False
    while inspect(connection, path) < len(steps()):
        connection.execute("BEGIN IMMEDIATE")
        try:
            changed |= _take_step(connection, path)
            connection.execute("COMMIT")
        except BaseException:
            roll_back(connection)
            raise
    return changed


def _take_step(connection: apsw.Connection, path: Path) -> bool:
    version = inspect(connection, path)  # another process may have been quicker
    if version == len(steps()):
        return False
    connection.execute(steps()[version])
    connection.execute(f"PRAGMA application_id = {APPLICATION_ID}")
    connection.execute(f"PRAGMA user_version = {version + 1}")
    return True
