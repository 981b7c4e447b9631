"""A walk through the folders of the machine that Stoat runs on, to choose one."""

from __future__ import annotations

import asyncio
import os
from pathlib import Path
from typing import TYPE_CHECKING, Any, ClassVar

import param
from msgspec import Struct
from panel.custom import JSComponent
from panel.viewable import Viewable, Viewer

from stoat_nb.components.assets import script, sheets
from stoat_nb.components.live import LiveHub
from stoat_nb.errors import FolderError, FolderOutsideRoots
from stoat_nb.names import shown

if TYPE_CHECKING:
    from stoat_nb.library import Library

#: Folders that are listed; a person finds nothing in more.
MOST_FOLDERS = 2000


class Listing(Struct, frozen=True, kw_only=True):
    """What stands in one folder."""

    path: Path
    folders: tuple[str, ...] = ()  #: Names as the file system knows them.
    has_parent: bool = True
    problem: str = ""


class FolderEntries(JSComponent):
    """Draws one folder's sub-folders as buttons."""

    place = param.String(default="", doc="The folder that is shown.")
    folders = param.List(default=[], item_type=str, doc="Its sub-folders.")
    has_parent = param.Boolean(default=False, doc="Whether one may go up.")
    problem = param.String(default="", doc="Why it could not be listed.")
    visit = param.Integer(default=0, doc="Grows with each folder shown; drawn anew at each change.")
    asked = param.Dict(doc="What was pressed last.")

    _esm = script("drawing.js", "folder_picker.js")
    _stylesheets: ClassVar[list[str]] = sheets("folder_picker.css")

    def _handle_msg(self, data: Any) -> None:
        if isinstance(data, dict):
            self.asked = data


class FolderPicker(Viewer):
    """Lists sub-folders, within the roots the library's settings allow.

    Parameters
    ----------
    library
        Whose settings say where one may go.

    Examples
    --------
    >>> picker = FolderPicker(library)  # doctest: +SKIP
    """

    path = param.ClassSelector(class_=Path, doc="The folder that is shown.")

    def __init__(self, library: Library, **params: Any) -> None:
        super().__init__(**params)
        self._library = library
        self._hub = LiveHub.current()
        self._names: tuple[str, ...] = ()
        self._entries = FolderEntries(sizing_mode="stretch_width")
        self._entries.param.watch(self._on_ask, "asked", onlychanged=False)

    async def visit(self, folder: str | os.PathLike[str]) -> None:
        """Show a folder, or the nearest place where one may begin."""
        found = await asyncio.to_thread(self._nearest, folder)
        self._hub.post(lambda: self._show(found))

    async def ask(self, asked: dict[str, Any]) -> None:
        """Go where a press in the list leads."""
        wanted = None if self.path is None else self._wanted(asked, self.path)
        if wanted is not None:
            found = await asyncio.to_thread(self._list, wanted)
            self._hub.post(lambda: self._show(found))

    async def _on_ask(self, event: param.parameterized.Event) -> None:
        await self.ask(event.new)

    def _wanted(self, asked: dict[str, Any], here: Path) -> Path | None:
        if asked.get("up"):
            return here.parent
        index, visit = asked.get("open"), asked.get("visit")
        # A press on a list that has since been replaced means another folder.
        if visit != self._entries.visit or not isinstance(index, int):
            return None
        return here / self._names[index] if 0 <= index < len(self._names) else None

    def _nearest(self, folder: str | os.PathLike[str]) -> Listing:
        roots = self._library.settings.roots
        for candidate in (folder, *roots, "~"):
            if os.fspath(candidate):
                listing = self._list(candidate)
                if not listing.problem:
                    return listing
        return self._list("/")

    def _list(self, folder: str | os.PathLike[str]) -> Listing:
        try:
            path = self._library.check_folder(folder)
        except FolderError as refusal:
            return Listing(path=self.path or Path(folder), problem=str(refusal))
        return Listing(path=path, folders=_folders_in(path), has_parent=self._may_go_up(path))

    def _may_go_up(self, path: Path) -> bool:
        if path == path.parent:
            return False
        try:
            self._library.check_folder(path.parent)
        except FolderOutsideRoots:
            return False
        except FolderError:
            return True
        return True

    def _show(self, listing: Listing) -> None:
        if listing.problem:
            self._entries.param.update(problem=listing.problem, visit=self._entries.visit + 1)
            return
        self.path, self._names = listing.path, listing.folders
        self._entries.param.update(
            place=shown(listing.path),
            folders=[shown(os.fsencode(name)) for name in listing.folders],
            has_parent=listing.has_parent,
            problem="",
            visit=self._entries.visit + 1,
        )

    def __panel__(self) -> Viewable:
        return self._entries


def _folders_in(path: Path) -> tuple[str, ...]:
    names = []
    try:
        with os.scandir(path) as entries:
            for entry in entries:
                if not entry.name.startswith(".") and entry.is_dir(follow_symlinks=False):
                    names.append(entry.name)
                if len(names) >= MOST_FOLDERS:
                    break
    except OSError:  # it vanished between two looks
        return ()
    return tuple(sorted(names, key=str.casefold))
