from __future__ import annotations

import pytest

from stoat_nb import words
from stoat_nb.names import shown


@pytest.mark.parametrize(
    ("number", "said"), [(0, "0 files"), (1, "1 file"), (2, "2 files"), (1234, "1,234 files")]
)
def test_counts_read_as_people_say_them(number: int, said: str) -> None:
    assert words.count(number, "file") == said


@pytest.mark.parametrize(
    ("seconds", "said"),
    [(0.04, "0.0 s"), (2.13, "2.1 s"), (42.4, "42 s"), (200, "3 min 20 s"), (7500, "2 h 5 min")],
)
def test_what_something_took_grows_coarser_with_its_length(seconds: float, said: str) -> None:
    assert words.took(seconds) == said


@pytest.mark.parametrize(
    ("seconds", "said"),
    [
        (1, "a few seconds left"),
        (28, "about 30 s left"),
        (50, "about 1 min left"),
        (130, "about 2 min left"),
        (5400, "about 1.5 h left"),
        (7200, "about 2 h left"),
        (90_000, "about 25 hours left"),
    ],
)
def test_an_estimate_is_no_finer_than_it_can_be_known(seconds: float, said: str) -> None:
    assert words.left(seconds) == said


@pytest.mark.parametrize(
    ("rate", "said"), [(1234.4, "1,234/s"), (56.2, "56/s"), (1.53, "1.5/s"), (0.2, "12/min")]
)
def test_a_slow_rate_is_told_by_the_minute(rate: float, said: str) -> None:
    assert words.pace(rate) == said


@pytest.mark.parametrize(
    ("n_bytes", "said"),
    [
        (0, "0 B"),
        (999, "999 B"),
        (1000, "1.0 kB"),
        (999_600, "1.0 MB"),
        (53_800_000, "53.8 MB"),
        (538_000_000, "538 MB"),
        (1_700_000_000, "1.7 GB"),
        (4_200_000_000_000_000, "4.2 PB"),
        (42_000_000_000_000_000_000, "42,000 PB"),
    ],
)
def test_sizes_have_three_digits_at_most_below_the_largest_unit(n_bytes: int, said: str) -> None:
    assert words.size(n_bytes) == said


@pytest.mark.parametrize(
    ("seconds", "said"),
    [
        (None, "\N{EN DASH}"),
        (0, "0 s"),
        (0.44, "0.4 s"),
        (9.94, "9.9 s"),
        (9.99, "10 s"),
        (10, "0:10"),
        (59.6, "1:00"),
        (3599.4, "59:59"),
        (3599.6, "1:00:00"),
        (3725, "1:02:05"),
    ],
)
def test_a_length_is_as_fine_as_it_is_short(seconds: float | None, said: str) -> None:
    assert words.length(seconds) == said


@pytest.mark.parametrize(
    ("seconds", "said"),
    [(45, "45 s"), (192, "3 min 12 s"), (11_520, "3 h 12 min"), (367_200, "4 d 6 h")],
)
def test_the_length_of_many_videos_is_told_in_two_units(seconds: float, said: str) -> None:
    assert words.total_length(seconds) == said


@pytest.mark.parametrize(
    ("name", "said"),
    [
        ("\N{MAN}\u200d\N{WOMAN}\u200d\N{GIRL}.mp4", "\N{MAN}\u200d\N{WOMAN}\u200d\N{GIRL}.mp4"),
        (
            "\u0645\u06cc\u200c\u062e\u0648\u0627\u0647\u0645",
            "\u0645\u06cc\u200c\u062e\u0648\u0627\u0647\u0645",
        ),
        ("in\u200dvoice.mp4", r"in\u200dvoice.mp4"),
        ("\N{MAN}\u200d.mp4", "\N{MAN}" + r"\u200d.mp4"),
        ("\N{MAN}\u202egpj.mp4", "\N{MAN}" + r"\u202egpj.mp4"),
    ],
)
def test_a_name_shows_what_joins_its_letters_and_nothing_that_hides(name: str, said: str) -> None:
    assert shown(name) == said
