"""Tables as files, made when somebody asks for one, handed over in pieces, and kept nowhere."""

from __future__ import annotations

import base64
import threading
from collections.abc import Callable, Mapping, Sequence
from itertools import islice
from typing import TYPE_CHECKING, Any, ClassVar

import param
from panel.custom import JSComponent

from stoat_nb.catalog.exports.formats import FORMATS as KNOWN
from stoat_nb.catalog.query import VideoQuery
from stoat_nb.components.assets import script, sheets
from stoat_nb.components.live import LiveHub, in_background
from stoat_nb.errors import StoatError

if TYPE_CHECKING:
    from stoat_nb.catalog.exports.stream import Stream
    from stoat_nb.library import Library

#: Formats that the page leaves to programs; Excel has its own.
_NOT_SHOWN = ("csv-excel", "jsonl")
#: What a table can be downloaded as, and what people call it.
FORMATS = {name: known.title for name, known in KNOWN.items() if name not in _NOT_SHOWN}
#: Chunks of a stream in one message: about a megabyte.
CHUNKS = 4


class Downloads(JSComponent):
    """A button a format, each of which hands out the whole table, or all that matches.

    A file goes to the browser a piece at a time, the next when the last has arrived: nobody
    holds all of it, however large it is, in a notebook as on a page.

    Parameters
    ----------
    library
        Where the table is.
    query
        Tells which videos are meant when only what matches is wanted.
    columns
        Tells which columns are meant when only those that are shown are wanted.

    Examples
    --------
    >>> downloads = Downloads(library, table="failures")  # doctest: +SKIP
    """

    table = param.String(default="videos", doc="Which table of the library is handed out.")
    formats = param.Dict(default=FORMATS, doc="What each format is called.")
    can_match = param.Boolean(default=False, doc="Whether it can be only what matches.")
    can_choose = param.Boolean(default=False, doc="Whether it can be only the columns shown.")
    problem = param.String(default="", doc="Why the last one could not be made.")

    _esm = script("downloads.js")
    _stylesheets: ClassVar[list[str]] = sheets("downloads.css")

    def __init__(
        self,
        library: Library,
        *,
        query: Callable[[], VideoQuery] | None = None,
        columns: Callable[[], Sequence[str]] | None = None,
        **params: Any,
    ) -> None:
        offered = {"can_match": query is not None, "can_choose": columns is not None}
        super().__init__(**{**offered, **params})
        self._library = library
        self._query, self._columns = query, columns
        self._hub = LiveHub.current()
        self._stream: Stream | None = None
        self._name, self._number = "", 0
        self._turn = threading.Lock()

    def make(self, format: str, **asked: bool) -> bytes:  # noqa: A002 - the word users know
        """Return a file of that format: ``matching``, ``shown``, ``redact``. Blocking."""
        return b"".join(self._begun({"format": format, **asked}))

    def _handle_msg(self, data: Any) -> None:
        """Begin a file or hand over its next piece, off every loop."""
        if not isinstance(data, dict):
            return
        if data.get("format") in self.formats:
            in_background(lambda: self._answer(dict(data)))
        elif data.get("more") == self._number and self._stream is not None:
            in_background(lambda: self._answer(None))

    def _begun(self, asked: Mapping[str, Any]) -> Stream:
        matching, shown = asked.get("matching"), asked.get("shown")
        return self._library.export_stream(
            str(asked["format"]),
            table=self.table,
            query=self._query() if self._query and matching else None,
            columns=self._columns() if self._columns and shown else None,
            redact=bool(asked.get("redact")),
        )

    def _answer(self, asked: Mapping[str, Any] | None) -> None:
        """Work out the next piece: of a new file, if one is asked for."""
        answer, problem = {}, ""
        with self._turn:
            try:
                if asked is not None:
                    self._let_go()
                    self._stream = self._begun(asked)
                    self._name = f"{self.table}.{asked['format']}"
                answer = self._next_piece()
            except StoatError as refusal:
                self._let_go()
                problem = str(refusal)
        self._hub.post(lambda: self._hand_over(answer, problem))

    def _next_piece(self) -> dict[str, Any]:
        piece = b"".join(islice(self._stream or (), CHUNKS))
        self._number += 1
        if piece:
            return {"number": self._number, "content": base64.b64encode(piece).decode("ascii")}
        self._let_go()
        return {"name": self._name}

    def _let_go(self) -> None:
        if self._stream is not None:
            self._stream.close()
        self._stream = None

    def _hand_over(self, answer: dict[str, Any], problem: str) -> None:
        self.problem = problem
        self._send_msg(answer)
