"""Constant or variable, from tables of durations."""

from __future__ import annotations

import pytest

from stoat_nb.media.frame_rates import mode_of


@pytest.mark.parametrize(
    ("runs", "mode"),
    [
        (((300, 512),), "cfr"),
        (((299, 512), (1, 9000)), "cfr"),  # how long the last frame stays says nothing
        (((1, 33), (1, 33), (1, 34)) * 100, "cfr"),  # 30 a second in milliseconds
        (((24, 20), (1, 21), (37, 20)), "cfr"),
        (((1, 1), (1, 2), (3, 1)) * 60, "vfr"),  # 24 a second in thirtieths: it stutters
        (((1, 3), (1, 5), (1, 4)), "cfr"),  # four ticks to a frame are enough
        (((1, 29281), (6, 3000)), "vfr"),
        (((100, 16), (100, 33)), "vfr"),
        (((1, 512),), None),
        (((2, 512),), None),
        (((50, 0),), None),
        ((), None),
        (None, None),
    ],
)
def test_a_beat_is_even_or_not(runs: tuple[tuple[int, int], ...] | None, mode: str | None) -> None:
    assert mode_of(runs) == mode
