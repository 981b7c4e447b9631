"""What the facets, sliders and plots of an explorer show: read from a library, said for a page."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import PurePosixPath
from typing import TYPE_CHECKING, Any

from stoat_nb import words
from stoat_nb.catalog.filters.axis import Axis
from stoat_nb.catalog.filters.facets import Facet
from stoat_nb.catalog.filters.histogram import Heatmap, Histogram
from stoat_nb.catalog.filters.sizes import FolderSize
from stoat_nb.catalog.query import VideoQuery
from stoat_nb.components import explorer_text as text
from stoat_nb.components.explorer_state import ExplorerState
from stoat_nb.names import shown

if TYPE_CHECKING:
    from stoat_nb.library import Library

#: The facets, in order; those that are True are open to begin with.
FACETS = {
    "resolution": True,
    "codec": True,
    "hdr": True,
    "audio_codec": True,
    "status": True,
    "integrity": True,
    "top_folder": True,
    "container": False,
    "fps_class": False,
    "fps_mode": False,
    "audio_languages": False,
    "subtitle_languages": False,
    "year": False,
    "camera_model": False,
}
#: The sliders, in order.
RANGES = ("duration_s", "size_bytes", "bitrate", "display_height", "fps", "created_at", "mtime")
BINS = 24
#: Fields of the map of cells, in each direction.
CELLS = 14
#: Folders that are drawn; the rest is one area.
MOST_AREAS = 30

Drawn = list[dict[str, Any]]


def groups(library: Library, state: ExplorerState) -> Drawn:
    """Return the facets with their counts; one that could choose nothing is left out."""
    return _groups(library.facets(state.query, tuple(FACETS)), state)


def _groups(found: Mapping[str, Facet], state: ExplorerState) -> Drawn:
    made = [_group(one, state.facets.get(one.column, ())) for one in found.values()]
    return [one for one in made if len(one["items"]) > 1 or any(i["chosen"] for i in one["items"])]


def _group(facet: Facet, chosen: Sequence[Any]) -> dict[str, Any]:
    counts = dict(facet.counts)
    if facet.n_unknown:
        counts[None] = facet.n_unknown
    # What was chosen stays there to be let go of, whatever else left nothing of it.
    for value in chosen:
        counts.setdefault(value, 0)
    return {
        "column": facet.column,
        "title": text.heading(facet.column),
        "open": FACETS[facet.column] or bool(chosen),
        "further": facet.n_further,
        "items": [
            {
                "key": text.key_of(value),
                "label": text.value_label(facet.column, value),
                "count": count,
                "chosen": value in chosen,
            }
            for value, count in counts.items()
        ],
    }


def ranges(library: Library, state: ExplorerState) -> Drawn:
    """Return the sliders; a column that has one value only needs none."""
    query = state.query
    found = [_histogram(library, query, column) for column in RANGES]
    return [
        _bins(one, state)
        for one in found
        if len(one.edges) > 2 or one.axis.column in state.ranges  # noqa: PLR2004 - two bins
        if one.edges
    ]


def _bins(histogram: Histogram, state: ExplorerState) -> dict[str, Any]:
    column = histogram.axis.column
    return {
        **_axis(histogram.axis, state),
        "title": text.heading(column),
        "counts": list(histogram.counts),
    }


def _axis(axis: Axis, state: ExplorerState) -> dict[str, Any]:
    low, high = state.ranges.get(axis.column, (None, None))
    return {
        "column": axis.column,
        "format": text.FORMATS.get(axis.column, "number"),
        "edges": list(axis.edges),
        # Where each bin ends for a filter, which includes its ends.
        "lasts": [axis.between(at, at)[1] for at in range(axis.n_bins)],
        "low": low,
        "high": high,
    }


def plots(library: Library, state: ExplorerState) -> Drawn:
    """Return the four plots."""
    query = state.query
    dated = _histogram(library, query, "created_at")
    if not dated.edges:
        dated = _histogram(library, query, "mtime")
    when = "Recorded" if dated.axis.column == "created_at" else "Last modified"
    lengths = _histogram(library, query, "duration_s")
    cells = library.heatmap(query, "bitrate", "display_height", CELLS)
    return [
        _bars("lengths", "Length", lengths, state),
        _bars("dates", when, dated, state),
        _cells(cells, state),
        _areas(library, query, state),
    ]


def _histogram(library: Library, query: VideoQuery, column: str) -> Histogram:
    return library.histogram(query, column, BINS)


def _bars(name: str, title: str, found: Histogram, state: ExplorerState) -> dict[str, Any]:
    unknown = f"{found.n_unknown:,} unknown" if found.n_unknown else ""
    return {
        **_bins(found, state),
        "name": name,
        "kind": "bars",
        "title": title,
        "note": unknown,
        "summary": _said(found, unknown),
    }


def _said(found: Histogram, unknown: str) -> str:
    """Return what a histogram shows, in words."""
    if not found.edges:
        return "Nothing is known."
    column, most = found.axis.column, max(found.counts)
    fullest = text.range_label(column, *found.axis.between(*[found.counts.index(most)] * 2))
    ends = text.range_label(column, found.edges[0], found.edges[-1])
    total = words.count(sum(found.counts), "video")
    return f"{total}, {ends}; most, {most:,}, are {fullest}. {unknown}"


def _cells(found: Heatmap, state: ExplorerState) -> dict[str, Any]:
    total = sum(map(sum, found.counts))
    return {
        "name": "cells",
        "kind": "cells",
        "title": "Height by bit rate",
        "note": f"{found.n_unknown:,} unknown" if found.n_unknown else "",
        "summary": f"{words.count(total, 'video')} by bit rate, to the right, and height, upward.",
        "x": _axis(found.x, state),
        "y": _axis(found.y, state),
        "counts": [list(row) for row in found.counts],
    }


def _areas(library: Library, query: VideoQuery, state: ExplorerState) -> dict[str, Any]:
    found = library.sizes_by_folder(query, state.below or None)
    drawn, rest = found[:MOST_AREAS], found[MOST_AREAS:]
    parts = [_area(one, state.below) for one in drawn]
    if rest:
        size, count = sum(one.total_bytes for one in rest), sum(one.n_videos for one in rest)
        label = words.count(len(rest), "smaller folder")
        parts.append({"key": "", "label": label, "bytes": size, "count": count})
    total = sum(one.total_bytes for one in found)
    return {
        "name": "folders",
        "kind": "tree",
        "title": "Size by folder",
        "note": f"{words.size(total)} in all" if found else "",
        "summary": f"{words.count(len(found), 'folder')}, {words.size(total)} in all.",
        "parts": parts,
        "here": shown(PurePosixPath(state.below).name or state.below),
        "up": _above(state.below, list(library.facets(VideoQuery(), ["root"])["root"].counts)),
    }


def _area(one: FolderSize, below: str) -> dict[str, Any]:
    is_here = one.folder.rstrip("/") == below.rstrip("/")
    return {
        "key": "" if is_here else one.folder,
        "label": "Files here" if is_here else shown(PurePosixPath(one.folder).name),
        "bytes": one.total_bytes,
        "count": one.n_videos,
    }


def _above(below: str, roots: Sequence[str]) -> str:
    """Return the folder to go up to; empty: all that was scanned."""
    parent = below.rstrip("/").rpartition("/")[0]
    is_top = below in roots or (len(roots) == 1 and parent == roots[0].rstrip("/"))
    return "" if is_top else parent
