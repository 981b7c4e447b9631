"""How much of a track's pictures is shown, for which eye, and on what: boxes of sample entries.

Clean aperture: ISO/IEC 14496-12, 12.1.4. Stereo and projection: Spherical Video V2 (st3d, sv3d) and
V1 (a uuid of the track), and Apple's vexu.
"""

from __future__ import annotations

import re
import struct
from typing import Any

from stoat_nb.media.budgeted_reader import BudgetedReader, MemoryReader
from stoat_nb.media.isobmff.boxes import boxes
from stoat_nb.media.isobmff.tracks import VISUAL, Track

_STEREO = {1: "top_bottom", 2: "side_by_side", 4: "side_by_side"}
_PROJECTIONS = {
    b"equi": "equirectangular",
    b"hequ": "half_equirectangular",
    b"cbmp": "cubemap",
    b"mshp": "mesh",
    b"fish": "fisheye",
    b"rect": "rectangular",
}
_TELLING = (b"clap", b"st3d", b"sv3d", b"vexu")
_BOTH_EYES = 3
_V1 = bytes.fromhex("ffcc8263f8554a938814587a02521fdd")
_V1_STEREO = {"top-bottom": "top_bottom", "left-right": "side_by_side"}
_LONGEST = 4096


def view_facts(reader: BudgetedReader, track: Track) -> dict[str, Any]:
    """Return what a video track says of how its pictures are seen; nothing where it does not."""
    found: dict[str, Any] = {}
    entry = track.sample_entry[VISUAL:]
    for kind, body in _boxes(entry) if any(map(entry.count, _TELLING)) else ():
        if kind == b"clap" and len(body) >= 16:  # noqa: PLR2004 - two fractions
            found |= _clean_aperture(body)
        elif kind == b"st3d" and len(body) > 4:  # noqa: PLR2004 - version and flags
            found["stereo_mode"] = _STEREO.get(body[4])
        elif kind in _TELLING:
            found |= _sphere(body)
    for box in track.trak.all(b"uuid"):
        body = reader.at(box.body, min(box.end - box.body, _LONGEST))
        if body[:16] == _V1:
            found |= _first_version(body[16:].decode("utf-8", "replace"))
    return found


def _boxes(body: bytes) -> list[tuple[bytes, bytes]]:
    found = boxes(MemoryReader(body), 0, len(body))
    return [(box.kind, body[box.body : box.end]) for box in found]


def _clean_aperture(body: bytes) -> dict[str, Any]:
    across, across_of, down, down_of = struct.unpack_from(">4I", body)
    if not (across and across_of and down and down_of):
        return {}
    return {"visible_width": round(across / across_of), "visible_height": round(down / down_of)}


def _sphere(body: bytes) -> dict[str, Any]:
    """Read boxes in boxes: what pictures are projected on, and whether there are two eyes."""
    found: dict[str, Any] = {}
    for kind, inner in _boxes(body):
        if kind in (b"proj", b"eyes"):
            found |= _sphere(inner)
        elif kind == b"prji":
            found["projection"] = _PROJECTIONS.get(inner[4:8])
        elif kind == b"stri" and inner[4:5] and inner[4] & _BOTH_EYES == _BOTH_EYES:
            found["stereo_mode"] = "multiview"
        elif kind in _PROJECTIONS:
            found["projection"] = _PROJECTIONS[kind]
    return found


def _first_version(text: str) -> dict[str, Any]:
    said = {name: word.lower() for name, word in re.findall(r"<GSpherical:(\w+)>([\w-]+)</", text)}
    projection = said.get("ProjectionType")
    return {
        "projection": projection if projection in _PROJECTIONS.values() else None,
        "stereo_mode": _V1_STEREO.get(said.get("StereoMode", "")),
    }
