"""What expressions may say, and where they are told to be wrong."""

from __future__ import annotations

from typing import Any

import pytest

from stoat_nb.catalog.catalog import Catalog
from stoat_nb.catalog.filters.expression import DEEPEST, LONGEST, parsed
from stoat_nb.catalog.filters.tree import Compare
from stoat_nb.catalog.query import VideoQuery
from stoat_nb.errors import FilterError
from stoat_nb.media.video import Stream


@pytest.fixture
def filled(catalog: Catalog, filling: Any) -> Catalog:
    """Return a catalog of four videos that differ in what expressions ask for."""
    upright = Stream(
        idx=0, kind="video", codec="hevc", width=1080, height=1920, fps_num=24000, fps_den=1001
    )
    spoken = Stream(idx=1, kind="audio", codec="aac", language="eng")
    filling.record(
        filling.ok(
            b"/videos/2160.mp4",
            filling.video(Stream(idx=0, kind="video", codec="av1", width=3840, height=2160)),
        ),
        filling.ok(
            b"/videos/up.mp4",
            filling.video(upright, spoken, title="100% Sea", created_at="2024-05-01T12:00:00Z"),
        ),
        filling.ok(b"/videos/plain.mp4"),
        filling.bad(b"/videos/bad.mp4"),
    )
    return catalog


@pytest.mark.parametrize(
    ("where", "names"),
    [
        ("height >= 2160", {"2160"}),
        ("1080 < height < 2160", {"up"}),
        ("2160 <= height", {"2160"}),
        ("width < height", {"up"}),
        ("height > 1080.5", {"2160", "up"}),
        ("-1e300 < height <= 1e300", {"2160", "up", "plain"}),
        ('codec in ["hevc", "av1"]', {"2160", "up"}),
        ('codec not in ("hevc", "av1")', {"plain"}),
        ('codec in ["av1", None]', {"2160", "bad"}),
        ('codec not in ["av1", None]', {"up", "plain"}),
        ('codec != "av1"', {"up", "plain"}),
        ('not codec == "av1"', {"up", "plain", "bad"}),
        ("codec is None", {"bad"}),
        ("title is not None", {"up"}),
        ('title.contains("% S")', {"up"}),
        ('"Sea" in title', {"up"}),
        ('title.startswith("100") and title.endswith("Sea")', {"up"}),
        ('"eng" in audio_languages', {"up", "plain"}),
        ('"en-GB" in audio_languages', {"up", "plain"}),  # any of its codes names a language
        ('audio_language == "en"', {"up", "plain"}),
        ('"eng" not in audio_languages', {"2160"}),
        ("not audio_languages", {"2160", "bad"}),
        ("faststart", {"2160", "up", "plain"}),
        ("faststart == False", set()),
        ('created_at >= "2024-05"', {"up"}),
        ('created_at == "2024-05-01T14:00:00+02:00"', {"up"}),
        ('created_at >= "2025"', set()),
        ("year == 2024 and fps_class == 24 and resolution == '1080p'", {"up"}),
        ("duration_s > 2 * 60 or status == 'failed'", {"bad"}),
        ("size_bytes < 1_000_000", {"2160", "up", "plain"} | {"bad"}),
    ],
)
def test_an_expression_finds(filled: Catalog, where: str, names: set[str]) -> None:
    found = filled.videos(VideoQuery(where=where))["name"]
    assert {name.removesuffix(".mp4") for name in found} == names


@pytest.mark.parametrize(
    ("where", "said"),
    [
        ("heigth > 1", "At character 1: There is no column 'heigth'. Did you mean 'height'?"),
        ("  fps > 1 and size > 2", "At character 15: There is no column 'size'"),
        ('title == "é" and nothing', "At character 18: There is no column 'nothing'"),
        ("height >", "The expression cannot be read"),
        ("height = 3", "near character 8: invalid syntax"),
        ("height > None", "write 'height is None'"),
        ("height is 3", "At character 11: '3' cannot be used here; only None can follow 'is'"),
        ("height > 'x'", "'x' does not fit the column 'height'. Give a whole number"),
        ("height == 1.5", "'1.5' does not fit"),
        ("height == 99999999999999999999", "does not fit"),
        ("fps > 1e999", "'inf' does not fit the column 'fps'. Give a number"),
        ("created_at > 'soon'", "Give a date such as"),
        ("created_at > '1066'", "Give a date such as"),
        ("status == 'brken'", "'brken' is no status. Choose from: ok, failed"),
        ("resolution == '4K'", "Choose from: 4320p, 2160p"),
        ("codec", "'codec' is not yes or no: compare it"),
        ("faststart > True", "Compare it by == or != only"),
        ("audio_languages == 'eng'", 'Ask whether something is in it: "eng" in audio_languages'),
        ("codec in 'h264'", "write a list: codec in"),
        ("'a' in height", "Nothing can be in 'height'"),
        ("width > codec", "Compare columns of one kind"),
        ("1 < 2", "compare a column with a value"),
        ("has_cover & faststart", "write 'and' for '&'"),
        ("~has_cover", "write 'not' for '~'"),
        ("codec.lower() == 'x'", "compare a column with a value"),
        ("codec.strip('x')", "choose one of: contains, startswith, endswith"),
        ("codec.contains(3)", "is for a column of text and text in quotes"),
        ("__import__('os').system('true')", "cannot be used here"),
        ("(lambda: 1)()", "cannot be used here"),
        ("[x for x in y]", "cannot be used here"),
        ("f'{codec}' == codec", "cannot be used here"),
        ("codec.__class__", "cannot be used here"),
        ("height > 2 ** 99", "cannot be used here"),
        ("height > 1 / 0", "cannot be used here"),
        ("(" * 300, "too many nested parentheses"),
        ("not " * (DEEPEST + 2) + "faststart", "40 inside each other"),
        ("1+" * 1900 + "1 < height", "nested too deep"),
        ("x" * (LONGEST + 1), "4,097 characters. Write at most 4,096"),
        ("evil\n\x1b[31m", "cannot be read"),
    ],
)
def test_what_cannot_be_meant_is_refused_with_its_place_and_a_remedy(where: str, said: str) -> None:
    with pytest.raises(FilterError) as refused:
        parsed(where)
    assert said in str(refused.value)
    assert str(refused.value).isprintable()


def test_text_may_hold_half_characters_and_nul(catalog: Catalog, filling: Any) -> None:
    filling.record(filling.ok(b"/videos/caf\xe9.mp4", filling.video(title="a\0b")))
    for where in ('name == "caf\udce9.mp4"', "title == 'a\0b'", r"title == 'a\x00b'"):
        assert len(catalog.videos(VideoQuery(where=where))) == 1, where


@pytest.mark.parametrize(
    ("wrong", "said"),
    [
        ({"facets": {"codecs": ("h264",)}}, "Did you mean 'codec'"),
        ({"facets": {"codec": "h264"}}, "is no list of up to 1,000 values"),
        ({"facets": {"height": ("tall",)}}, "'tall' does not fit the column 'height'"),
        ({"ranges": {"codec": (1, 2)}}, "'codec' has no range"),
        ({"ranges": {"fps": (float("nan"), None)}}, "'nan' does not fit the column 'fps'"),
        ({"ranges": {"mtime": (1e300, None)}}, "Give a date"),
        ({"search": "x" * 1001}, "Look for at most 1,000"),
    ],
)
def test_wrong_facets_and_ranges_are_refused(
    catalog: Catalog, wrong: dict[str, Any], said: str
) -> None:
    with pytest.raises(FilterError, match=said):
        catalog.page(VideoQuery(**wrong))


def test_as_many_values_as_a_facet_may_have_can_be_asked_for(filled: Catalog) -> None:
    values = [f"codec {at}" for at in range(999)]
    assert len(filled.videos(VideoQuery(facets={"codec": [*values, "av1"]}))) == 1
    with pytest.raises(FilterError, match="no list of up to 1,000 values"):
        filled.videos(VideoQuery(facets={"codec": [*values, "av1", "hevc"]}))


@pytest.mark.parametrize(
    ("written", "meant"),
    [
        (f"< {2**63 - 1}", ("<", 2**63 - 1)),
        (f"< {2**63}", ("<=", 2**63 - 1)),
        (f"> {2**63}", (">", 2**63 - 1)),
        (f">= -{2**63}", (">=", -(2**63))),
        (f"<= -{2**63 + 1}", ("<", -(2**63))),
        ("< 1.5", ("<=", 1)),
        ("> 1.5", (">=", 2)),
    ],
)
def test_whole_numbers_are_compared_with_whole_numbers_of_64_bits(
    written: str, meant: tuple[str, int]
) -> None:
    told = parsed(f"size_bytes {written}")
    assert isinstance(told, Compare)
    assert (told.operator, told.value) == meant


def test_moments_are_those_that_64_bits_of_nanoseconds_can_tell() -> None:
    for year in (1678, 2261):
        assert isinstance(parsed(f'created_at < "{year}-12-31"'), Compare)
    for year in (1677, 2262):
        with pytest.raises(FilterError, match="does not fit the column 'created_at'"):
            parsed(f'created_at < "{year}-01-01"')


def test_ranges_include_their_ends_in_any_way_of_writing_a_time(filled: Catalog) -> None:
    for ends in (("2024-05-01T12:00:00Z",) * 2, (1714564800, 1714564800.0)):
        assert len(filled.videos(VideoQuery(ranges={"created_at": ends}))) == 1
    assert len(filled.videos(VideoQuery(ranges={"height": (1920.0, 2160)}))) == 2
    assert len(filled.videos(VideoQuery(ranges={"height": (None, None)}))) == 4
