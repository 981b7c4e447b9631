"""DuckDB over the read model: it reads Arrow columns where they lie, and holds no data itself."""

from __future__ import annotations

import threading
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Protocol

import duckdb
import numpy as np
from numpy.typing import NDArray

from stoat_nb.catalog.read_model.model import State
from stoat_nb.errors import CatalogClosed, CatalogCorrupt, CatalogError
from stoat_nb.names import shown

#: Nothing outside this process, no extension, no variable of the caller.
CLOSED: dict[str, Any] = {
    "temp_directory": "",
    "python_enable_replacements": False,
    "autoinstall_known_extensions": False,
    "autoload_known_extensions": False,
    "allow_community_extensions": False,
}
_THREADS = 2
_MEMORY = "2GiB"
_OVER = "WITH v AS (SELECT * FROM every_row WHERE alive) "


class Ask(Protocol):
    """Answers a statement that speaks of ``v``, all videos of one state."""

    def __call__(self, sql: str, bindings: Sequence[Any] = (), /) -> list[Any]: ...


class Engine:
    """Answers questions about states of a table; any thread may ask."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._lock = threading.Lock()
        self._closed = False
        self._connection: duckdb.DuckDBPyConnection | None = None

    def fetch(self, state: State, sql: str, bindings: Sequence[Any] = ()) -> list[Any]:
        """Return the rows of a statement that speaks of ``v``."""
        with self._cursor(state, sql) as cursor:
            return cursor.execute(_OVER + sql, [*bindings]).fetchall()

    def numbers(self, state: State, sql: str, bindings: Sequence[Any] = ()) -> NDArray[np.int64]:
        """Return the only column of a statement, whole numbers all."""
        with self._cursor(state, sql) as cursor:
            [found] = cursor.execute(_OVER + sql, [*bindings]).fetchnumpy().values()
            return np.asarray(found)

    def close(self) -> None:
        """Answer nothing more; what is being answered ends by itself. May be called again."""
        with self._lock:
            self._closed, self._connection = True, None

    @contextmanager
    def _cursor(self, state: State, sql: str) -> Iterator[duckdb.DuckDBPyConnection]:
        with self._lock:
            if self._closed:
                raise CatalogClosed(self._path)
            if self._connection is None:
                config = {**CLOSED, "threads": _THREADS, "memory_limit": _MEMORY}
                self._connection = duckdb.connect(config=config)
                self._connection.execute("SET TimeZone = 'UTC'; SET enable_external_access = false")
            cursor = self._connection.cursor()
        try:
            yield cursor.register("every_row", state.whole if "last_seen" in sql else state.rows)
        except duckdb.OutOfMemoryException as problem:
            raise CatalogError(
                f"What is asked of the library '{shown(self._path)}' needs more than {_MEMORY} of "
                "memory. Ask for fewer videos or values."
            ) from problem
        except duckdb.Error as problem:
            reason = f"a value in it cannot be read: {str(problem)[:200]}"
            raise CatalogCorrupt(self._path, reason) from problem
        finally:
            cursor.close()
