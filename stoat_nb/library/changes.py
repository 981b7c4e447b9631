"""What became of a library's files: between scans, since a moment, and of one of them."""

from __future__ import annotations

import os
from functools import partial
from typing import TYPE_CHECKING, Literal, TypeAlias

from stoat_nb.errors import BadArgument
from stoat_nb.library.arguments import checked
from stoat_nb.library.room import Handle
from stoat_nb.scan.folder import check_roots

if TYPE_CHECKING:
    import pandas as pd

    from stoat_nb.catalog.span import Moment

#: What a row of a difference is about.
By: TypeAlias = Literal["change", "file"]


class Changes(Handle):
    """The part of a Library that tells what changed, and forgets what is gone."""

    @checked
    def diff(
        self,
        before: int | None = None,
        after: int | None = None,
        *,
        since: Moment | None = None,
        by: By = "change",
    ) -> pd.DataFrame:
        """Return what is different after one scan from what was after another, or since a moment.

        What came and went in between is no difference.

        Parameters
        ----------
        before, after
            Numbers of scans, as ``scans()`` lists them; without ``after`` the newest one, without
            ``before`` the one before that, of the same root.
        since
            Instead of them: all that scans have found since the last one of each root that had
            ended by then. A date (in UTC unless it says otherwise), or text such as ``now - 30d``.
        by
            ``change``: one row per change, with ``column``, ``old`` and ``new``. ``file``: one row
            per file, with the columns that ``changed`` and their values ``before`` and ``after``.

        Raises
        ------
        UnknownScan
            If there is no such scan, or none before the only one.

        Examples
        --------
        >>> library.diff(since="2026-10-01")["change"].value_counts()  # doctest: +SKIP
        """
        from stoat_nb.catalog import span  # noqa: PLC0415 - reads filters, which diffs alone need

        if since is not None and (before is not None or after is not None):
            raise BadArgument("since", since, "to be given with numbers of scans")
        found = (
            partial(span.between, before=before, after=after)
            if since is None
            else lambda _: span.since(since)
        )
        return self.catalog.diff(found, is_by_file=by == "file")

    @checked
    def forget(self, folder: str | os.PathLike[str] | None = None) -> int:
        """Delete the rows of missing and excluded videos, in a folder or all; return how many.

        One that was missing and is there again by now keeps its row: the next scan finds it. The
        folder may be gone, too.
        """
        real = None if folder is None else os.fsencode(check_roots(folder, ()))
        count = self.catalog.presence.forget(real)
        while self.catalog.relate_some():
            pass
        return count

    @checked
    def history(self, video_id: int) -> pd.DataFrame:
        """Return what became of one file, oldest first: found, moved, changed, gone, back.

        Examples
        --------
        >>> library.history(1)[["at", "change", "column", "old", "new"]]  # doctest: +SKIP
        """
        return self.catalog.history(video_id)
