"""The pure function that engines run in their workers: one file in, one JPEG or the reason out."""

from __future__ import annotations

import base64
from collections.abc import Mapping
from typing import Any

from stoat_nb.media.failures import ProbeError
from stoat_nb.media.stat_guard import Place


def draw(item: Mapping[str, Any]) -> dict[str, Any]:
    """Draw one file.

    ``item`` names the file by ``root`` and ``relative`` (as ``os.fsdecode`` spells them), says what
    was catalogued (``size_bytes``, ``mtime_ns``, ``inode``), what is wanted (``kind``) and how many
    seconds it may take (``within_s``). The answer is JSON: ``{"jpeg": base64}`` or ``{"failure":
    {"error_class", "error"}}``.
    """
    from stoat_nb.media.pictures.drawing import drawn  # noqa: PLC0415 - libav is for workers alone

    try:
        jpeg = drawn(Place.of(item), str(item["kind"]), float(item["within_s"]))
    except ProbeError as error:
        return {"failure": {"error_class": error.error_class, "error": str(error)}}
    return {"jpeg": base64.b64encode(jpeg).decode("ascii")}
