"""Where a scan begins: a folder, and a button."""

from __future__ import annotations

import asyncio
import os
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import unquote, urlsplit

import panel_material_ui as pmui
import param
from panel.viewable import Viewable, Viewer

from stoat_nb.components.folder_picker import FolderPicker
from stoat_nb.components.live import LiveHub
from stoat_nb.components.notice import Notice
from stoat_nb.errors import StoatError
from stoat_nb.names import shown

if TYPE_CHECKING:
    from stoat_nb.library import Library

#: Seconds a submission may take before it is shown to take time.
PATIENCE_S = 0.5


def meant(typed: str) -> str:
    """Return the path that somebody typed or pasted: in quotes, or as a file manager copies it.

    Examples
    --------
    >>> meant("file:///srv/My%20Videos"), meant('"/srv/My Videos"')
    ('/srv/My Videos', '/srv/My Videos')
    """
    text = typed.strip()
    if os.path.lexists(text):
        return text  # whatever it looks like
    if len(text) > 1 and text[0] == text[-1] and text[0] in "'\"":
        text = text[1:-1]
    if text.startswith("file://"):
        text = unquote(urlsplit(text).path)
    return text


class ScanForm(Viewer):
    """Takes a folder and submits a scan of it; a refusal is said beside the field.

    Parameters
    ----------
    library
        What the scan goes into.

    Examples
    --------
    >>> form = ScanForm(library)  # doctest: +SKIP
    """

    path = param.String(default="", doc="The folder to scan, as it was typed or chosen.")
    recursive = param.Boolean(
        default=True, label="Include sub-folders", doc="Whether sub-folders are scanned too."
    )
    mode: Any = param.Selector(
        default="changed",
        objects={
            "New and changed files": "changed",
            "Changed folders only (quick)": "quick",
            "Everything again": "full",
            "Deep check (every byte)": "verify",
        },
        label="What to read",
        doc="Which files are read: see Library.scan.",
    )
    exclude = param.String(
        default="",
        label="Leave out",
        doc="Patterns in gitignore's syntax, with commas between them, of what is not scanned.",
    )
    follow_links: Any = param.Selector(
        default=None,
        objects={
            "As the settings say": None,
            "None": "none",
            "To files": "files",
            "To files and folders": "all",
        },
        label="Follow links",
        doc="Which links are followed: see Library.scan.",
    )
    notice = param.String(default="", doc="Why the last submission was refused.")
    joined = param.String(default="", doc="That the last submission found a scan at work, if so.")
    job = param.Parameter(doc="The Job that was submitted last.")

    def __init__(self, library: Library, **params: Any) -> None:
        super().__init__(**params)
        self._library = library
        self._hub = LiveHub.current()
        self._busy = False
        self._chosen: Path | None = None
        self._field = pmui.TextInput(
            value=self.path,
            label="Folder",
            placeholder="/path/to/videos",
            error_state=self.param.notice.rx.bool(),
            size="small",
            sizing_mode="stretch_width",
            margin=0,
        )
        self._submit = pmui.Button(
            label="Start scan",
            icon="search",
            on_click=self._on_submit,
            margin=0,
            height=40,
            width=130,
        )
        self.picker = FolderPicker(library)
        self._dialog = self._make_dialog()
        self._view = self._lay_out()
        self._field.param.watch(self._on_submit, "enter_pressed")
        self._field.param.watch(self._on_typed, "value_input")
        self.param.watch(self._on_path, "path")

    async def submit(self) -> None:
        """Submit the scan, or say why not."""
        if self._busy:
            return
        self._busy = True
        try:
            submitted = asyncio.ensure_future(asyncio.to_thread(self._scan))
            await asyncio.wait({submitted}, timeout=PATIENCE_S)
            if not submitted.done():
                self._hub.post(lambda: self._submit.param.update(loading=True))
            outcome = await submitted
        finally:
            self._busy = False
        self._hub.post(lambda: self._finish(outcome))

    def _scan(self) -> dict[str, Any]:
        """Submit, and return what is to be shown. Blocking: a disk may have to wake up first."""
        try:
            job = self._library.scan(
                self._folder(),
                recursive=self.recursive,
                mode=self.mode,
                exclude=list(filter(None, map(str.strip, self.exclude.split(",")))),
                follow_links=self.follow_links,
            )
        except StoatError as refusal:
            return {"notice": str(refusal), "joined": ""}
        path = shown(job.state.payload.get("path", ""))
        joined = f"{path} is already being scanned: this is that scan." if job.joined else ""
        return {"job": job, "notice": "", "joined": joined}

    def _finish(self, outcome: dict[str, Any]) -> None:
        self.param.update(**outcome)
        self._submit.loading = False

    async def choose(self) -> None:
        """Take the folder that the picker shows."""
        self._chosen = self.picker.path
        path = shown(self._chosen)
        self._hub.post(lambda: self._take(path))

    def _take(self, path: str) -> None:
        self.path = path
        self._dialog.open = False

    def _folder(self) -> str | Path:
        """Return what is to be scanned: a chosen folder's real name, or the text as typed."""
        if not self.path.strip():
            raise StoatError("Name the folder that holds your videos, or press Browse to find it.")
        if self._chosen is not None and shown(self._chosen) == self.path:
            return self._chosen
        return meant(self.path)

    def _make_dialog(self) -> Any:
        choose = pmui.Button(label="Choose this folder", on_click=self._on_choose, margin=0)
        close = pmui.Button(label="Close", variant="text", on_click=self._on_close, margin=0)
        return pmui.Dialog(
            pmui.Column(
                self.picker,
                pmui.Row(choose, close, margin=(14, 0, 6, 0), sx={"gap": "10px"}),
                sizing_mode="stretch_width",
                margin=0,
            ),
            title="Choose a folder",
            open=False,
            close_on_click=True,
            width_option="sm",
            sizing_mode="stretch_width",
        )

    def _lay_out(self) -> Any:
        browse = pmui.Button(
            label="Browse",
            variant="outlined",
            on_click=self._on_browse,
            margin=0,
            height=40,
            width=110,
        )
        line = pmui.FlexBox(
            pmui.Row(self._field, sizing_mode="stretch_width", margin=0, min_width=220),
            pmui.Row(browse, self._submit, margin=0, sx={"gap": "10px"}),
            gap="12px",
            sizing_mode="stretch_width",
            margin=0,
        )
        return pmui.Column(
            line,
            pmui.FlexBox(
                pmui.Checkbox.from_param(
                    self.param.recursive, description="", size="small", margin=0
                ),
                pmui.Select.from_param(
                    self.param.mode, description="", size="small", width=210, margin=0
                ),
                pmui.Select.from_param(
                    self.param.follow_links, description="", size="small", width=210, margin=0
                ),
                pmui.TextInput.from_param(
                    self.param.exclude,
                    description="",
                    placeholder="proxies/, *.tmp.mp4",
                    size="small",
                    width=260,
                    margin=0,
                ),
                gap="24px",
                align_items="center",
                margin=(10, 0, 0, 0),
            ),
            Notice(
                text=self.param.notice,
                visible=self.param.notice.rx.bool(),
                margin=(8, 0, 0, 0),
            ),
            Notice(
                text=self.param.joined,
                tone="calm",
                visible=self.param.joined.rx.bool(),
                margin=(8, 0, 0, 0),
            ),
            self._dialog,
            sizing_mode="stretch_width",
            margin=0,
        )

    async def _on_submit(self, _event: object) -> None:
        await self.submit()

    async def _on_browse(self, _event: object) -> None:
        await self.picker.visit(self.path.strip())
        self._hub.post(lambda: self._dialog.param.update(open=True))

    async def _on_choose(self, _event: object) -> None:
        await self.choose()

    async def _on_close(self, _event: object) -> None:
        self._hub.post(lambda: self._dialog.param.update(open=False))

    def _on_typed(self, event: param.parameterized.Event) -> None:
        self.path = event.new
        if self.notice or self.joined:
            self._hub.post(lambda: self.param.update(notice="", joined=""))

    def _on_path(self, event: param.parameterized.Event) -> None:
        if self._field.value_input != event.new:
            self._field.param.update(value=event.new, value_input=event.new)

    def __panel__(self) -> Viewable:
        view: Viewable = self._view
        return view
