"""SQL over the tables of a library and the caller's own frames, answered by DuckDB.

DuckDB runs inside this process and reads Arrow columns where they lie. It holds no data of its own,
so nothing can be changed, and it is closed to the outside: no file but those that the call names,
no extension, no variable of the caller.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any

import duckdb
import pyarrow as pa
import pyarrow.compute as pc

from stoat_nb.catalog.columns import TABLES, Table
from stoat_nb.catalog.values import as_stored_text
from stoat_nb.errors import BadArgument, SqlError
from stoat_nb.names import shown
from stoat_nb.settings import Settings

#: Returns the tables of these names, all of one state of the library; videos with the columns of
#: these analyses.
LoadTables = Callable[[Sequence[str], Sequence[str]], Mapping[str, pa.Table]]

_READING = (
    duckdb.StatementType.SELECT,
    duckdb.StatementType.EXPLAIN,
    duckdb.StatementType.RELATION,
)
_QUOTED = re.compile(r'"([A-Za-z_]\w*(?:\.\w+)?)"', re.ASCII)
_IDENTIFIER = re.compile(r"[A-Za-z_]\w*", re.ASCII)
#: Statements that ask for the tables themselves.
_CATALOG = re.compile(
    r"\b(show|information_schema|duckdb_\w+|pg_\w+|sqlite_master)\b", re.IGNORECASE
)
_LONGEST_MESSAGE = 1000
_LARGEST_INTEGER = 2**63


def run_sql(
    statement: str,
    load: LoadTables,
    given: Mapping[str, Any],
    *,
    tables: Mapping[str, Table] = TABLES,
    files: Iterable[Path] = (),
    settings: Settings,
) -> pa.Table:
    """Answer one SELECT statement as an Arrow table.

    ``tables`` are those that there are. ``given`` holds the caller's own, by the name they have in
    the statement, and the values of its ``$name`` parameters.

    Raises
    ------
    SqlError
        If the statement is wrong, would change something, or needs more memory than it may take.
    BadArgument
        If a name in ``given`` is taken, or a value is neither a table nor a value of SQL.
    """
    connection = duckdb.connect(config=_config(settings))
    try:
        _close_to_outside(connection, files)
        parsed = _parse(connection, statement)
        own = {
            name: _own_table(name, value, tables)
            for name, value in given.items()
            if _is_table(value)
        }
        loaded = load(_mentioned(statement, own, tables), _quoted(statement, tables))
        for name, table in {**loaded, **own}.items():
            connection.register(name, table)
        parameters = {name: value for name, value in given.items() if name not in own}
        _check_parameters(parsed.named_parameters, parameters)
        return _plain(connection.sql(parsed, params=parameters).to_arrow_table())
    except duckdb.Error as problem:
        raise SqlError(_explained(problem, settings, tables)) from problem
    finally:
        connection.close()


def _config(settings: Settings) -> dict[str, Any]:
    return {
        "threads": settings.sql_threads,
        "memory_limit": f"{settings.sql_memory_mb}MiB",
        "temp_directory": "",
        "python_enable_replacements": False,
        "autoinstall_known_extensions": False,
        "autoload_known_extensions": False,
        "allow_community_extensions": False,
    }


def _close_to_outside(connection: duckdb.DuckDBPyConnection, files: Iterable[Path]) -> None:
    paths = [str(path.absolute()) for path in files]
    connection.execute("SET allowed_paths = $paths", {"paths": paths})
    connection.execute(
        "SET TimeZone = 'UTC'; SET enable_external_access = false; SET lock_configuration = true"
    )


def _parse(connection: duckdb.DuckDBPyConnection, statement: str) -> Any:
    # Half characters, which Python's text may hold, are no UTF-8: they become visible escapes.
    statements = connection.extract_statements(as_stored_text(statement))
    if len(statements) != 1:
        raise SqlError(f"One statement is run at a time, and there are {len(statements)}.")
    if statements[0].type not in _READING:
        raise SqlError(
            "Only SELECT statements can be asked of a library; nothing in it is changed by SQL."
        )
    return statements[0]


def _quoted(statement: str, tables: Mapping[str, Table]) -> list[str]:
    """Return the analyses whose columns are named as they are beside videos: "loudness.lufs"."""
    quoted = {name.partition(".")[0] for name in _QUOTED.findall(statement)}
    return sorted(quoted & (tables.keys() - TABLES.keys()))


def _mentioned(statement: str, own: Mapping[str, Any], tables: Mapping[str, Table]) -> list[str]:
    """Return the tables that a statement may read; too many of them cost time and no more."""
    words = {word.lower() for word in _IDENTIFIER.findall(statement)}
    every = _CATALOG.search(statement) is not None
    return [name for name in tables if name not in own and (every or name.lower() in words)]


def _is_table(value: Any) -> bool:
    return hasattr(value, "__arrow_c_stream__") or hasattr(value, "__dataframe__")


def _own_table(name: str, value: Any, tables: Mapping[str, Table]) -> pa.Table:
    if name in tables or not _IDENTIFIER.fullmatch(name):
        raise BadArgument(name, type(value).__name__, "a table of a name that is still free")
    try:
        if hasattr(value, "reset_index"):  # pandas, whose index is a column of the table
            is_plain = value.index.names == [None]
            return pa.Table.from_pandas(value if is_plain else value.reset_index(), None, False)
        return pa.table(value)
    except (pa.ArrowException, TypeError, ValueError) as problem:
        raise BadArgument(name, value, f"a table that Arrow can hold: {problem}") from problem


def _check_parameters(wanted: set[str], given: Mapping[str, Any]) -> None:
    for name in wanted - {*given}:
        raise SqlError(f"The statement asks for ${shown(name)}: add {shown(name)}=... to the call.")
    for name in {*given} - wanted:
        raise SqlError(
            f"'{shown(name)}' is neither a table nor a parameter of the statement, which would "
            f"write it as ${shown(name)}."
        )


def _plain(table: pa.Table) -> pa.Table:
    """Return a table without decimals: sums of whole numbers are whole numbers again."""
    for at, field in enumerate(table.schema):
        if pa.types.is_decimal(field.type):
            table = table.set_column(at, field.name, _number(table.column(at), field.type.scale))
    return table


def _number(column: pa.ChunkedArray, scale: int) -> pa.ChunkedArray:
    ends = pc.min_max(column)
    least, greatest = ends["min"].as_py(), ends["max"].as_py()
    is_whole = scale == 0 and (
        least is None or (least >= -_LARGEST_INTEGER and greatest < _LARGEST_INTEGER)
    )
    return column.cast(pa.int64() if is_whole else pa.float64())


def _explained(problem: duckdb.Error, settings: Settings, tables: Mapping[str, Table]) -> str:
    if isinstance(problem, duckdb.OutOfMemoryException):
        return (
            f"The statement needs more than {settings.sql_memory_mb} MiB of memory. Ask for fewer "
            "rows or columns, or raise STOAT_SQL_MEMORY_MB."
        )
    if isinstance(problem, duckdb.PermissionException):
        return (
            "The statement reads a file that it may not. Name the files that it shall read in the "
            "call: sql(..., files=['shots.csv']), or stoat sql --read shots.csv."
        )
    # What follows the first empty line repeats the statement and points into it.
    said = shown(" ".join(str(problem).split("\n\n")[0].split())[:_LONGEST_MESSAGE])
    if isinstance(problem, duckdb.CatalogException) and "Table with name" in said:
        return f"{said.partition('!')[0]}. There are: {', '.join(tables)}."
    return said
