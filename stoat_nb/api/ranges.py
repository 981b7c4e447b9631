"""A part of an open file as an answer: what RFC 9110 calls a range."""

from __future__ import annotations

import asyncio
import os
import re
from collections.abc import AsyncIterator, Mapping

from starlette.responses import StreamingResponse
from starlette.types import Receive, Scope, Send

CHUNK = 1 << 18

_ONE_RANGE = re.compile(r"(?i:bytes)=(\d{0,19})-(\d{0,19})")


class Unsatisfiable(ValueError):
    """The range begins behind the end."""


def wanted_part(header: str | None, size: int) -> range | None:
    """Return the bytes a ``Range`` header asks for; None: all, as if it had not been there.

    That is the answer to whatever is not one range of bytes: several, another unit, nonsense.

    Examples
    --------
    >>> wanted_part("bytes=-5", 100)
    range(95, 100)
    """
    match = _ONE_RANGE.fullmatch((header or "").replace(" ", ""))
    if match is None or match.group(1) == match.group(2) == "":
        return None
    first, last = match.groups()
    if first and last and int(last) < int(first):
        return None
    if first:
        part = range(int(first), min(int(last) + 1, size) if last else size)
    else:
        part = range(max(0, size - int(last)), size)
    if part.start >= size or (not first and last.strip("0") == ""):
        raise Unsatisfiable
    return part


class FileAnswer(StreamingResponse):
    """The bytes of an open file, or a part; the descriptor is closed whatever happens."""

    def __init__(
        self, fd: int, part: range, *, status_code: int, headers: Mapping[str, str]
    ) -> None:
        self._fd = fd
        super().__init__(_bytes_of(fd, part), status_code=status_code, headers=dict(headers))

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Send it, and close the file even if nobody takes a byte."""
        try:
            await super().__call__(scope, receive, send)
        finally:
            os.close(self._fd)


async def _bytes_of(fd: int, part: range) -> AsyncIterator[bytes]:
    at = part.start
    while at < part.stop:
        chunk = await asyncio.to_thread(os.pread, fd, min(CHUNK, part.stop - at), at)
        if not chunk:
            return  # it was cut off meanwhile: the connection ends short of what was announced
        at += len(chunk)
        yield chunk
