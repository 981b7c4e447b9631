"""What analyses found, beside the rows of videos: loaded when it is first asked for."""

from __future__ import annotations

import threading
from collections.abc import Sequence

import apsw
import numpy as np
import pyarrow as pa
from msgspec.structs import replace
from numpy.typing import NDArray

from stoat_nb import words
from stoat_nb.catalog.analyses import Analysis, analyses
from stoat_nb.catalog.read_model.model import State
from stoat_nb.catalog.rows import pieces
from stoat_nb.errors.maps import UnknownAnalysis


class AddedColumns:
    """The columns of analyses, each as it was after one of its changes."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._loaded: dict[str, tuple[tuple[int, int], pa.Table]] = {}

    def beside(self, connection: apsw.Connection, state: State, names: Sequence[str]) -> State:
        """Return a state that has the columns of analyses, too."""
        known = analyses(connection)
        for name in names:
            if name not in known:
                raise UnknownAnalysis(name, words.choice(name, known))
        found = [known[name] for name in names]
        which = tuple((one.id, one.revision) for one in found)
        before = state.beside.get(tuple(names))
        if before is not None and before[0] == which:
            return before[1]
        ids = state.rows["video_id"].to_numpy()
        added = {
            name: column
            for one in found
            for name, column in _aligned(self._load(connection, one), ids).items()
        }
        joined = replace(state, added=pa.table(added) if added else None)
        state.beside[tuple(names)] = which, joined
        return joined

    def _load(self, connection: apsw.Connection, one: Analysis) -> pa.Table:
        now = one.id, one.revision
        with self._lock:
            before = self._loaded.get(one.name)
        if before is not None and before[0] == now:
            return before[1]
        from stoat_nb.catalog.frames import arrow_pieces  # noqa: PLC0415 - loads pandas

        table = arrow_pieces(one.beside_videos, pieces(connection, one.beside_videos))
        with self._lock:
            self._loaded[one.name] = now, table
        return table


def _aligned(table: pa.Table, ids: NDArray[np.int64]) -> dict[str, pa.ChunkedArray]:
    """Return the columns of a table in the order of videos; where it has no row, null."""
    its = table["video_id"].to_numpy()
    at = np.searchsorted(its, ids).clip(max=max(len(its) - 1, 0))
    is_known = its[at] == ids if len(its) else np.zeros(len(ids), np.bool_)
    places = pa.array(at, mask=~is_known)
    return {name: table[name].take(places) for name in table.column_names if name != "video_id"}
