"""One video of a library, looked at: its pictures, its bytes, its facts."""

from __future__ import annotations

import os
import time
from collections.abc import Mapping
from concurrent.futures import Future
from typing import Any

from stoat_nb.catalog.whereabouts import Whereabouts
from stoat_nb.errors import FileUnavailable
from stoat_nb.library.arguments import checked
from stoat_nb.library.room import Handle
from stoat_nb.media.failures import ProbeError
from stoat_nb.media.pictures.kinds import POSTER, SHEET
from stoat_nb.media.stat_guard import open_unchanged
from stoat_nb.pictures import Picture
from stoat_nb.scan.folder import check_roots


class Viewing(Handle):
    """The part of a Library that shows one video."""

    def poster(self, video_id: int) -> bytes:
        """Return one picture that stands for a video, as a JPEG file.

        It is drawn when it is first asked for, which may take a few seconds, and kept.

        Parameters
        ----------
        video_id
            The row in ``videos()``.

        Raises
        ------
        NoPicture
            If there is none to be had, with the reason.

        Examples
        --------
        >>> from IPython.display import Image  # doctest: +SKIP
        >>> Image(library.poster(1))  # doctest: +SKIP
        """
        return self.picture(video_id, POSTER).result().jpeg

    def contact_sheet(self, video_id: int) -> bytes:
        """Return pictures from the beginning of a video to its end on one sheet, as a JPEG file.

        Parameters
        ----------
        video_id
            The row in ``videos()``.

        Raises
        ------
        NoPicture
            If there is none to be had, with the reason.

        Examples
        --------
        >>> Path("sheet.jpg").write_bytes(library.contact_sheet(1))  # doctest: +SKIP
        """
        return self.picture(video_id, SHEET).result().jpeg

    @checked
    def picture(self, video_id: int, kind: str) -> Future[Picture]:
        """Return what will be a ``poster`` or a ``contact-sheet``; PicturesBusy if many wait."""
        self._allowed(video_id)
        return self._pictures.ask(video_id, kind)

    @checked
    def detail(self, video_id: int) -> dict[str, Any]:
        """Return all that is known of a video: facts, streams, chapters, tags, analyses."""
        return self.catalog.detail(video_id) | {"analyses": self.catalog.found_of(video_id)}

    @checked
    def open_video(self, video_id: int) -> tuple[int, Whereabouts]:
        """Return an open descriptor of a video's file, which the caller closes, and what is known.

        Raises
        ------
        FileUnavailable
            If it cannot be opened, or is not the file that was catalogued.
        """
        known = self._allowed(video_id)
        try:
            return open_unchanged(known.place), known
        except ProbeError as error:
            raise FileUnavailable(video_id, error) from error

    @checked
    def file_tag(self, video_id: int) -> str:
        """Return a mark that is another for every other file, and whenever a file was written."""
        return self.catalog.whereabouts(video_id).tag

    # -- views of the explorer that were given a name -------------------------------------------

    def views(self) -> dict[str, dict[str, Any]]:
        """Return the saved views, what each shows by its name.

        Examples
        --------
        >>> library.explore(**library.views()["large"])  # doctest: +SKIP
        """
        return self.catalog.views.all()

    @checked
    def save_view(self, name: str, view: Mapping[str, Any]) -> None:
        """Keep a view, as ``explore`` takes it, under a name; one of the same name gives way to it.

        Raises
        ------
        FilterError
            If the name is empty or too long.

        Examples
        --------
        >>> library.save_view("large", {"where": "size_bytes > 20 GB"})  # doctest: +SKIP
        """
        self.catalog.views.save(name, view, at=time.time())

    @checked
    def delete_view(self, name: str) -> None:
        """Forget a view, if there is one of that name."""
        self.catalog.views.delete(name)

    def _allowed(self, video_id: int) -> Whereabouts:
        """Return where a video is, if it is where this library may look by now."""
        known = self.catalog.whereabouts(video_id)
        check_roots(os.fsdecode(known.place.root), self.settings.roots)
        return known
