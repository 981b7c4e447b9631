"""The routes that show a video: its pictures, and the file itself, part by part."""

from __future__ import annotations

import asyncio
import os
from typing import Annotated, Any

from fastapi import APIRouter, Header, Path, Query, Response

from stoat_nb.api.ranges import FileAnswer, Unsatisfiable, wanted_part
from stoat_nb.api.shapes import BYTES, refused
from stoat_nb.errors import FileUnavailable
from stoat_nb.library import Library
from stoat_nb.media.pictures.kinds import POSTER, SHEET
from stoat_nb.media.playable import MEDIA_TYPES, UNKNOWN_TYPE

_LARGEST = 2**63 - 1
_LONGEST_HEADER = 1000

_Id = Annotated[int, Path(ge=1, le=_LARGEST)]
_Text = Annotated[str | None, Header(max_length=_LONGEST_HEADER)]

_SAFE = {
    "X-Content-Type-Options": "nosniff",
    # Whatever a file turns out to be: no script in it runs, and it loads nothing.
    "Content-Security-Policy": "sandbox; default-src 'none'",
}
_PICTURE = {**_SAFE, "Cache-Control": "private, max-age=300"}
_FILE = {**_SAFE, "Cache-Control": "private, no-cache", "Accept-Ranges": "bytes"}


_PICTURES: dict[int | str, dict[str, Any]] = {
    200: {"description": "The picture", "content": {"image/jpeg": BYTES}},
    304: {"description": "The same as you have"},
}
_KINDS = dict.fromkeys(sorted({*MEDIA_TYPES.values(), UNKNOWN_TYPE}), BYTES)
_PARTS: dict[int | str, dict[str, Any]] = {
    200: {"description": "The whole file", "content": _KINDS},
    206: {"description": "The part that Range asks for", "content": _KINDS},
    416: {"description": "The part begins behind the end", "content": _KINDS},
}


class MediaRoutes:
    """The pictures and bytes of the videos of one library."""

    def __init__(self, library: Library) -> None:
        self._library = library

    def add_to(self, router: APIRouter) -> None:
        """Put the routes in place."""
        for name, answer, answers in (
            ("poster.jpg", self.get_poster, _PICTURES),
            ("contact-sheet.jpg", self.get_contact_sheet, _PICTURES),
            ("stream", self.get_stream, _PARTS),
        ):
            router.add_api_route(
                f"/videos/{{video_id}}/{name}",
                answer,
                methods=["GET"],
                response_class=Response,
                responses={**answers, **refused(404, 422)},
            )

    async def get_poster(self, video_id: _Id, if_none_match: _Text = None) -> Response:
        """Show one picture that stands for a video; the answer waits until it is drawn."""
        return await self._picture(video_id, POSTER, if_none_match)

    async def get_contact_sheet(self, video_id: _Id, if_none_match: _Text = None) -> Response:
        """Show pictures from all over a video on one sheet; the answer waits until it is drawn."""
        return await self._picture(video_id, SHEET, if_none_match)

    def get_stream(
        self,
        video_id: _Id,
        tag: Annotated[str | None, Query(max_length=64)] = None,
        range_header: Annotated[
            str | None, Header(alias="Range", max_length=_LONGEST_HEADER)
        ] = None,
        if_range: _Text = None,
    ) -> Response:
        """Send the file of a video, or the part that a Range header asks for."""
        fd, known = self._library.open_video(video_id)
        mark = known.tag
        if tag is not None and tag != mark:
            os.close(fd)
            raise FileUnavailable(video_id, "It is another one than was asked for.")
        headers = {
            **_FILE,
            "ETag": f'"{mark}"',
            "Content-Type": MEDIA_TYPES.get(known.container or "", UNKNOWN_TYPE),
        }
        is_same = if_range is None or if_range.strip() == headers["ETag"]
        return _part_of(fd, known.place.size_bytes, range_header if is_same else None, headers)

    async def _picture(self, video_id: int, kind: str, if_none_match: str | None) -> Response:
        wanted = await asyncio.to_thread(self._library.picture, video_id, kind)
        picture = await asyncio.wrap_future(wanted)
        headers = {**_PICTURE, "ETag": f'"{picture.etag}"'}
        if _is_among(picture.etag, if_none_match):
            return Response(status_code=304, headers=headers)
        return Response(picture.jpeg, media_type="image/jpeg", headers=headers)


def _part_of(fd: int, size: int, header: str | None, headers: dict[str, str]) -> Response:
    try:
        part = wanted_part(header, size)
    except Unsatisfiable:
        os.close(fd)
        return Response(status_code=416, headers={**headers, "Content-Range": f"bytes */{size}"})
    if part is None:
        whole = {**headers, "Content-Length": str(size)}
        return FileAnswer(fd, range(size), status_code=200, headers=whole)
    told = {
        "Content-Range": f"bytes {part.start}-{part.stop - 1}/{size}",
        "Content-Length": str(len(part)),
    }
    return FileAnswer(fd, part, status_code=206, headers={**headers, **told})


def _is_among(etag: str, header: str | None) -> bool:
    marks = {mark.strip().removeprefix("W/") for mark in (header or "").split(",")}
    return "*" in marks or f'"{etag}"' in marks
