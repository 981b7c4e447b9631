"""The library at a glance."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping

from stoat_nb.catalog.filters.sizes import bytes_by_folder
from stoat_nb.catalog.query import Summary, VideoQuery, condition
from stoat_nb.catalog.read_model.engine import Ask

_SUMMARY = (
    "SELECT status, codec, container, display_width, display_height, "
    "count(*), coalesce(sum(duration_s), 0) FROM v GROUP BY 1, 2, 3, 4, 5"
)
_PRESENT = condition(VideoQuery(facets={"status": ("ok", "failed")}))


def summarize(ask: Ask) -> Summary:
    """Count everything."""
    counts: Counter[str] = Counter()
    codecs: Counter[str] = Counter()
    containers: Counter[str] = Counter()
    resolutions: Counter[str] = Counter()
    length = 0.0
    for status, codec, container, width, height, count, seconds in ask(_SUMMARY):
        counts[status] += count
        if status != "ok":
            continue
        length += seconds
        codecs[codec] += count
        containers[container] += count
        resolutions[f"{width}x{height}" if width else ""] += count
    return Summary(
        n_videos=counts.total(),
        n_ok=counts["ok"],
        n_failed=counts["failed"],
        n_missing=counts["missing"] + counts["offline"],
        n_excluded=counts["excluded"],
        total_bytes=sum(n_bytes for _, _, n_bytes, _ in bytes_by_folder(ask, _PRESENT)),
        total_duration_s=length,
        codecs=_by_frequency(codecs),
        containers=_by_frequency(containers),
        resolutions=_by_frequency(resolutions),
    )


def _by_frequency(counts: Mapping[str | None, int] | Mapping[str, int]) -> dict[str, int]:
    known = [(name, count) for name, count in counts.items() if name]
    return dict(sorted(known, key=lambda one: (-one[1], one[0])))
