"""Constant or variable: what a container's table of durations says of the frame rate."""

from __future__ import annotations

CONSTANT, VARIABLE = "cfr", "vfr"
CONTAINER = "container"

_FEWEST = 2
_FINE = 4  # ticks to a frame


def mode_of(runs: tuple[tuple[int, int], ...] | None) -> str | None:
    """Return ``cfr`` where every frame comes within one tick of an even beat, else ``vfr``.

    Rounding to ticks makes even a steady beat alternate between two durations; only a drift shows
    that there is no beat. The last frame's duration is left out, since nothing comes after it.
    """
    steps = _without_last(runs or ())
    frames = sum(count for count, _ in steps)
    if frames < _FEWEST:
        return None
    total = sum(count * ticks for count, ticks in steps)
    if not total:
        return None
    if total < frames * _FINE and len({ticks for _, ticks in steps}) > 1:
        return VARIABLE  # ticks so coarse that rounding to them is itself a stutter
    seen = elapsed = 0
    for count, ticks in steps:
        seen, elapsed = seen + count, elapsed + count * ticks
        if abs(elapsed * frames - seen * total) > frames:
            return VARIABLE
    return CONSTANT


def _without_last(runs: tuple[tuple[int, int], ...]) -> list[tuple[int, int]]:
    kept = [run for run in runs if run[0]]
    if kept:
        count, ticks = kept.pop()
        if count > 1:
            kept.append((count - 1, ticks))
    return kept
