"""Whole tables as files, made when somebody asks for one and kept nowhere."""

from __future__ import annotations

import base64
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING, Any, ClassVar

import param
from panel.custom import JSComponent

from stoat_nb.components.assets import script, sheets
from stoat_nb.components.live import LiveHub, in_background
from stoat_nb.errors import StoatError

if TYPE_CHECKING:
    from stoat_nb.library import Library

#: What a table can be downloaded as, and what people call it.
FORMATS = {"csv": "CSV", "xlsx": "Excel", "parquet": "Parquet", "json": "JSON"}


class Downloads(JSComponent):
    """A button a format, each of which hands out the whole table.

    Parameters
    ----------
    library
        Where the table is.

    Examples
    --------
    >>> downloads = Downloads(library, table="failures")  # doctest: +SKIP
    """

    table = param.String(default="videos", doc="Which table of the library is handed out.")
    formats = param.Dict(default=FORMATS, doc="What each format is called.")
    problem = param.String(default="", doc="Why the last one could not be made.")

    _esm = script("downloads.js")
    _stylesheets: ClassVar[list[str]] = sheets("downloads.css")

    def __init__(self, library: Library, **params: Any) -> None:
        super().__init__(**params)
        self._library = library
        self._hub = LiveHub.current()

    def make(self, format: str) -> bytes:  # noqa: A002 - the word users know
        """Return the whole table as a file of that format. Blocking."""
        with tempfile.TemporaryDirectory(prefix="stoat-") as folder:
            path = Path(folder) / f"{self.table}.{format}"
            self._library.export(path, table=self.table, format=format)
            return path.read_bytes()

    def _handle_msg(self, data: Any) -> None:
        """Make what was asked for, off every loop, and send it."""
        asked = data.get("format") if isinstance(data, dict) else None
        if asked in self.formats:
            in_background(lambda: self._answer(str(asked)), name="stoat-download")

    def _answer(self, format: str) -> None:  # noqa: A002 - the word users know
        answer, problem = {"format": format}, ""
        try:
            answer["name"] = f"{self.table}.{format}"
            answer["content"] = base64.b64encode(self.make(format)).decode("ascii")
        except StoatError as refusal:
            problem = str(refusal)
        self._hub.post(lambda: self._hand_out(answer, problem))

    def _hand_out(self, answer: dict[str, str], problem: str) -> None:
        self.problem = problem
        self._send_msg(answer)
