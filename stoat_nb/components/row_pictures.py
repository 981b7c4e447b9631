"""Small pictures for the rows that somebody sees: asked for by the page, drawn by the engine."""

from __future__ import annotations

import base64
from collections.abc import Callable
from concurrent.futures import Future
from functools import partial
from typing import TYPE_CHECKING, Any

from stoat_nb.components.live import LiveHub, in_background
from stoat_nb.errors import PicturesBusy, StoatError
from stoat_nb.media.pictures.kinds import THUMBNAIL
from stoat_nb.names import shown
from stoat_nb.pictures import Picture

if TYPE_CHECKING:
    from stoat_nb.library import Library


class RowPictures:
    """Answers each wish for a picture with one message, as soon as there is something to say.

    Pictures are told, not held: what a component holds would be saved with a notebook.

    Parameters
    ----------
    library
        Whose videos they are of.
    tell
        Sends a message to the page; called where views may be changed.
    """

    def __init__(self, library: Library, tell: Callable[[dict[str, Any]], object]) -> None:
        self._library, self._tell = library, tell
        self._hub = LiveHub.current()

    def ask(self, video_id: int) -> None:
        """Have the picture of a video told, or why there is none."""
        in_background(partial(self._look, video_id))

    def _look(self, video_id: int) -> None:
        try:
            wanted = self._library.picture(video_id, THUMBNAIL)
        except PicturesBusy:
            self._answer(video_id, later=True)
        except StoatError as problem:
            self._answer(video_id, why=shown(problem))
        else:
            wanted.add_done_callback(partial(self._take, video_id))

    def _take(self, video_id: int, drawn: Future[Picture]) -> None:
        problem = drawn.exception()
        if problem is not None:
            self._answer(video_id, why=shown(problem))
        else:
            content = base64.b64encode(drawn.result().jpeg).decode("ascii")
            self._answer(video_id, url=f"data:image/jpeg;base64,{content}")

    def _answer(self, video_id: int, **found: Any) -> None:
        self._hub.post(lambda: self._tell({"picture": video_id, **found}))
