"""The videos of a library: found, filtered, sorted and taken home as a file."""

from __future__ import annotations

import asyncio
from dataclasses import replace
from functools import partial
from pathlib import PurePath
from typing import TYPE_CHECKING, Any

import panel_material_ui as pmui
import param
from panel.viewable import Viewable

from stoat_nb import words
from stoat_nb.catalog.query import Summary, VideoQuery
from stoat_nb.components.downloads import Downloads
from stoat_nb.components.live import first_look
from stoat_nb.components.paged_table import TYPING_S, Column, PagedTable, Row
from stoat_nb.jobs.state import JobState
from stoat_nb.names import shown

if TYPE_CHECKING:
    from stoat_nb.library import Library

_EVERY_STATUS = {
    "Every status": "",
    "Readable": "ok",
    "Could not be read": "failed",
    "No longer there": "missing",
}
_EVERY_CODEC = "Every codec"


class VideoTable(PagedTable):
    """Lists the videos of a library, a page at a time, and hands out the whole as a file.

    Parameters
    ----------
    library
        Whose videos to list.

    Examples
    --------
    >>> table = VideoTable(library, search="holiday")  # doctest: +SKIP
    """

    search = param.String(default="", doc="Part of the path, in any case.")
    status: Any = param.Selector(
        default="", objects=_EVERY_STATUS, doc="Only videos of this status; empty: all."
    )
    codec: Any = param.Selector(
        default="", objects={_EVERY_CODEC: ""}, doc="Only videos of this codec; empty: all."
    )

    def __init__(self, library: Library, **params: Any) -> None:
        super().__init__(library, _COLUMNS, **params)
        self._search = pmui.TextInput(
            label="Search",
            placeholder="Part of a name or folder",
            value=self.search,
            size="small",
            width=280,
            margin=0,
        )
        self.downloads = Downloads(library, sizing_mode="stretch_width", margin=(4, 0, 0, 0))
        self._search.param.watch(self._on_typed, "value_input")
        self.param.watch(self._on_filter, ["search", "status", "codec"])
        first_look(library.summary, self._offer_codecs)

    def query(self) -> VideoQuery:
        return replace(
            super().query(),
            search=self.search,
            status=(self.status,) if self.status else (),
            codec=(self.codec,) if self.codec else (),
        )

    def empty_text(self) -> str:
        if self.search or self.status or self.codec:
            return "No video matches. Change the search or the filters."
        return "No videos yet. Scan a folder and they appear here."

    async def _on_news(self, states: list[JobState]) -> None:
        await super()._on_news(states)
        summary = await asyncio.to_thread(self._library.summary)
        self._hub.post(lambda: self._offer_codecs(summary))

    async def _on_typed(self, event: param.parameterized.Event) -> None:
        await asyncio.sleep(TYPING_S)
        if self._search.value_input == event.new:
            self.search = event.new

    async def _on_filter(self, *_events: param.parameterized.Event) -> None:
        self.page = 0
        await self.refresh()

    def _offer_codecs(self, summary: Summary) -> None:
        offered = {_EVERY_CODEC: ""} | {shown(codec): codec for codec in sorted(summary.codecs)}
        if self.codec:
            offered.setdefault(shown(self.codec), self.codec)
        if list(offered.values()) != list(self.param.codec.objects):
            self.param.codec.objects = offered

    def __panel__(self) -> Viewable:
        select = partial(pmui.Select.from_param, description="", size="small", width=180, margin=0)
        controls = pmui.FlexBox(
            self._search,
            select(self.param.status),
            select(self.param.codec),
            align_items="center",
            gap="12px",
            sizing_mode="stretch_width",
            margin=0,
        )
        return pmui.Column(
            controls,
            self._body,
            self._footer(),
            self.downloads,
            sizing_mode="stretch_width",
            margin=(14, 0, 0, 0),
            sx={"gap": "12px"},
        )


def _name(row: Row) -> str:
    return shown(row["name"])


def _folder(row: Row) -> str:
    """Return the folder below what was scanned: the long way there is the same in every row."""
    below = PurePath(row["relative_path"] or "").parent
    return shown(PurePath(PurePath(row["root"] or row["folder"]).name) / below)


def _resolution(row: Row) -> str:
    width, height = row["display_width"], row["display_height"]
    return f"{width:.0f} {words.TIMES} {height:.0f}" if width and height else words.UNKNOWN


def _fps(row: Row) -> str:
    return f"{row['fps']:.3f}".rstrip("0").rstrip(".") if row["fps"] else words.UNKNOWN


def _codec(row: Row) -> str:
    return shown(row["codec"]) if row["codec"] else words.UNKNOWN


def _audio(row: Row) -> str:
    return shown(row["audio_codec"]) if row["audio_codec"] else words.UNKNOWN


def _size(row: Row) -> str:
    return words.size(row["size_bytes"]) if row["size_bytes"] is not None else words.UNKNOWN


def _status(row: Row) -> str:
    if row["status"] == "failed":
        return f"Failed: {shown(row['error'] or 'no reason is known')}"
    return {"ok": "Ok", "missing": "No longer there", "offline": "Offline"}.get(
        str(row["status"]), shown(row["status"])
    )


_COLUMNS = (
    Column(field="name", title="Name", text=_name, grow=4, width=170),
    Column(field="folder", title="Folder", text=_folder, grow=3, width=130),
    Column(
        field="duration_s",
        title="Length",
        text=lambda row: words.length(row["duration_s"]),
        width=92,
        right=True,
    ),
    Column(field="display_width", title="Resolution", text=_resolution, width=122, right=True),
    Column(field="fps", title="Fps", text=_fps, width=80, right=True),
    Column(field="codec", title="Codec", text=_codec, width=98),
    Column(field="audio_codec", title="Audio", text=_audio, width=92),
    Column(field="size_bytes", title="Size", text=_size, width=96, right=True),
    Column(field="status", title="Status", text=_status, grow=3, width=120),
)
