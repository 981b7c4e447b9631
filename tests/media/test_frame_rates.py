"""What is a frame rate and what is not; constant or variable."""

from __future__ import annotations

from fractions import Fraction
from math import floor

import pytest
from hypothesis import given, strategies as st

from stoat_nb.media.frame_rates import credible, judged, measured, mode_of, snapped


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


_RATES = st.sampled_from(
    [Fraction(whole) for whole in (1, 5, 10, 12, 15, 16, 18, 24, 25, 30, 48, 50, 60, 100, 120, 240)]
    + [Fraction(whole * 1000, 1001) for whole in (12, 15, 24, 30, 48, 60, 120, 240)]
)
#: What containers round the length of a frame to: Matroska, ASF, AVI, and clocks of television.
_ROUNDINGS = st.sampled_from([Fraction(1, 10**9), Fraction(1, 10**7), Fraction(1, 10**6)])
_ANY = st.fractions(min_value=Fraction(1, 100), max_value=5000, max_denominator=100_000)


@given(rate=_RATES, tick=_ROUNDINGS, is_cut=st.booleans())
def test_a_rate_is_found_again_in_its_rounded_frame(
    rate: Fraction, tick: Fraction, *, is_cut: bool
) -> None:
    ticks = floor(1 / rate / tick) if is_cut else round(1 / rate / tick)
    assert snapped(1 / (ticks * tick), tick) == rate


@given(rate=_ANY, rounding=st.fractions(min_value=0, max_value=Fraction(1, 100)))
def test_no_rate_is_moved_beyond_its_rounding(rate: Fraction, rounding: Fraction) -> None:
    assert abs(1 / snapped(rate, rounding) - 1 / rate) <= rounding


@given(clock=st.sampled_from([1000, 12_800, 15_360, 30_000, 60_000, 90_000, 10**6, 10**9]))
def test_the_step_of_a_clock_is_no_rate(clock: int) -> None:
    assert credible(Fraction(clock), Fraction(1, clock)) is None
    assert judged([Fraction(clock), None, Fraction(25)], Fraction(1, clock)) == 25
    assert judged([Fraction(clock), None], Fraction(1, clock)) is None


@given(rate=_RATES)
def test_a_clock_that_ticks_once_a_frame_is_a_rate(rate: Fraction) -> None:
    assert credible(rate, 1 / rate) == rate


@given(rate=_RATES, first=st.integers(0, 10**6))
def test_an_even_beat_in_milliseconds_is_measured_as_it_was_meant(
    rate: Fraction, first: int
) -> None:
    tick, count = Fraction(1, 1000), 3000
    times = [round((first * tick + number / rate) / tick) for number in (0, count)]
    assert measured(count, times[1] - times[0], tick) == rate


def test_of_rates_in_doubt_the_stated_one_is_believed() -> None:
    tick, odd = Fraction(1, 1000), Fraction(100, 7)
    assert measured(10, 701, tick, odd) == odd
    assert measured(10, 720, tick, odd) == Fraction(10_000, 720)
