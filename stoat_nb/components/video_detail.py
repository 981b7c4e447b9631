"""Everything that is known of one video: how it looks, how it plays, its facts and its history."""

from __future__ import annotations

import base64
from concurrent.futures import Future
from functools import partial
from typing import TYPE_CHECKING, Any, ClassVar

import param
from panel.custom import JSComponent
from panel.viewable import Viewable, Viewer

from stoat_nb.components import detail_text
from stoat_nb.components.assets import script, sheets
from stoat_nb.components.live import LiveHub, in_background
from stoat_nb.components.served_page import served_document
from stoat_nb.errors import StoatError
from stoat_nb.media.pictures.kinds import POSTER, SHEET, SHEET_FROM_S
from stoat_nb.names import shown
from stoat_nb.pictures import Picture

if TYPE_CHECKING:
    from stoat_nb.library import Library

#: Where a page finds REST: beside itself.
BESIDE = "api/v1"


class DetailSheet(JSComponent):
    """Draws one video."""

    facts = param.Dict(default={}, doc="Heading, groups, streams, chapters, tags and history.")
    poster = param.String(default="", doc="A data: URL; empty while there is none.")
    sheet = param.String(default="", doc="A data: URL; empty while there is none.")
    note = param.String(default="", doc="Why there is no picture, or that it is being drawn.")
    api = param.String(default="", doc="Address of REST, relative to the page; empty: none.")
    wants_raw = param.Boolean(default=False, doc="Whether somebody opened what was read.")
    raw = param.String(default="", doc="What was read, in the reader's own words.")

    _esm = script("video_detail.js")
    _stylesheets: ClassVar[list[str]] = sheets("video_detail.css")


class VideoDetail(Viewer):
    """Shows one video of a library: pictures, player, facts, streams, tags, history.

    Parameters
    ----------
    library
        The library that holds it.
    video_id
        The row in ``library.videos()``; may be changed to show another.
    api
        Where REST answers, so that the file can be played; a page of ``stoat serve`` knows. In a
        notebook give the address of a running server: ``http://127.0.0.1:8642/api/v1``.

    Examples
    --------
    >>> VideoDetail(library, 1)  # doctest: +SKIP
    """

    video_id = param.Integer(default=None, doc="The row in ``library.videos()``; None: nothing.")
    api = param.String(default="", doc="Where REST answers; empty: beside the page, if served.")

    def __init__(self, library: Library, video_id: int | None = None, **params: Any) -> None:
        super().__init__(video_id=video_id, **params)
        self._library, self._hub = library, LiveHub.current()
        self._page = DetailSheet(
            api=self.api or (BESIDE if served_document() is not None else ""),
            sizing_mode="stretch_width",
            margin=0,
        )
        self._page.param.watch(self._on_wish, "wants_raw")
        self.param.watch(self._on_video, "video_id")
        self._look()

    def _on_video(self, *_events: object) -> None:
        self._look()

    def _on_wish(self, *_events: object) -> None:
        video_id = self.video_id
        if self._page.wants_raw and video_id is not None:
            in_background(partial(self._read_document, video_id))

    def _look(self) -> None:
        self._page.param.update(poster="", sheet="", note="", raw="", wants_raw=False)
        if self.video_id is None:
            self._page.facts = {}
        elif served_document() is None:
            self._read(self.video_id)
        else:
            in_background(partial(self._read, self.video_id))

    def _read(self, video_id: int) -> None:
        """Look everything up, then ask for the pictures. Blocking."""
        try:
            video = self._library.detail(video_id)
            facts = _told(video, self._library.history(video_id).to_dict("records"))
            tag = self._library.file_tag(video_id)
            # In the facts, for each parameter is sent by itself: a page may show a button before
            # the next one comes.
            facts["player"]["stream"] = f"videos/{video_id}/stream?tag={tag}"
        except StoatError as problem:
            self._show(video_id, facts={"problem": shown(problem)})
            return
        self._show(video_id, facts=facts, note="The pictures are being drawn.")
        self._ask(video_id, POSTER)
        if (video["duration_s"] or 0) >= SHEET_FROM_S:
            self._ask(video_id, SHEET)

    def _read_document(self, video_id: int) -> None:
        try:
            text = detail_text.document(self._library.document(video_id))
        except StoatError as problem:
            text = shown(problem)
        self._show(video_id, raw=text)

    def _ask(self, video_id: int, kind: str) -> None:
        try:
            wanted = self._library.picture(video_id, kind)
        except StoatError as problem:
            self._show(video_id, note=shown(problem))
            return
        wanted.add_done_callback(partial(self._take, video_id, kind))

    def _take(self, video_id: int, kind: str, drawn: Future[Picture]) -> None:
        problem = drawn.exception()
        if problem is not None:
            self._show(video_id, note=shown(problem))
            return
        content = base64.b64encode(drawn.result().jpeg).decode("ascii")
        url = f"data:image/jpeg;base64,{content}"
        self._show(video_id, **({"poster": url, "note": ""} if kind == POSTER else {"sheet": url}))

    def _show(self, video_id: int, **changes: Any) -> None:
        """Show what was found, unless another video is looked at by now. Any thread."""

        def show() -> None:
            if self.video_id == video_id:
                self._page.param.update(**changes)

        self._hub.post(show)

    def __panel__(self) -> Viewable:
        return self._page


def _told(video: dict[str, Any], history: list[dict[Any, Any]]) -> dict[str, Any]:
    return {
        "heading": detail_text.heading(video),
        "player": detail_text.player(video),
        "groups": detail_text.groups(video),
        "streams": detail_text.streams(video),
        "chapters": detail_text.chapters(video),
        "tags": detail_text.tags(video),
        "history": detail_text.history(history),
    }
