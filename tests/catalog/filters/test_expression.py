"""What expressions may say, and where they are told to be wrong."""

from __future__ import annotations

import json
import time
from typing import Any, cast

import pytest
from hypothesis import assume, given, strategies as st

from stoat_nb.catalog.catalog import Catalog
from stoat_nb.catalog.filters.expression import DEEPEST, LONGEST, parsed
from stoat_nb.catalog.filters.spelling import spelled
from stoat_nb.catalog.filters.tree import Compare
from stoat_nb.catalog.query import VideoQuery
from stoat_nb.errors import FilterError
from stoat_nb.media.video import Stream
from tests.catalog.looking import frame_of_page, frame_of_videos


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
    found = frame_of_videos(filled, VideoQuery(where=where))["name"]
    assert {name.removesuffix(".mp4") for name in found} == names


@pytest.mark.parametrize(
    ("where", "said"),
    [
        ("heigth > 1", "At character 1: There is no column 'heigth'. Did you mean 'height'?"),
        ("  fps > 1 and size > 2", "At character 15: There is no column 'size'"),
        ('title == "é" and nothing', "At character 18: There is no column 'nothing'"),
        ("height >", "The expression cannot be read"),
        ("height >> 3", "cannot be used here"),
        ("size_bytes > 20 Gx", "'20 Gx' has a unit that is not known. Write kB, MB"),
        ("height > 5 min", "'height' is in px"),
        ("size_bytes > 1h30", "'size_bytes' is in bytes"),
        ("fps > 3 GB", "'fps' is in frames/s"),
        ("  codec = null", "At character 11: 'None' cannot be used here; write 'codec is None'"),
        ("name like '%take%'", 'Write name.contains("take")'),
        ("name LIKE 'take%'", 'Write name.startswith("take")'),
        ("name not like '%take'", 'Write not name.endswith("take")'),
        ("has_cover && codec == 'h265'", "At character 14: 'h265' is called 'hevc' in the column"),
        ("codec in ['av1', 'x264']", "'x264' is called 'h264'"),
        ("container == 'MKV'", "'MKV' is called 'matroska' in the column 'container'"),
        ("duration_s > 1h30 && heigth > 1", "At character 22: There is no column 'heigth'"),
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
        ("codec.__class__", "There is no analysis 'codec'"),
        ("height > 2 ** 99", "cannot be used here"),
        ("height > 9 ** 65", "cannot be used here"),
        ("height > 1 / 0", "cannot be used here"),
        ("(" * 300, "too many nested parentheses"),
        ("not " * (DEEPEST + 2) + "faststart", "40 inside each other"),
        ("1+" * 1900 + "1 < height", "nested too deep"),
        ("x" * (LONGEST + 1), "4,097 characters. Write at most 4,096"),
        ("evil\n\x1b[31", "cannot be read"),
    ],
)
def test_what_cannot_be_meant_is_refused_with_its_place_and_a_remedy(where: str, said: str) -> None:
    with pytest.raises(FilterError) as refused:
        parsed(where)
    assert said in str(refused.value)
    assert str(refused.value).isprintable()


@pytest.mark.parametrize(
    ("typed", "meant"),
    [
        ("size_bytes > 20 GB", "size_bytes > 20_000_000_000"),
        ("size_bytes >= 1.5GiB", "size_bytes >= 1.5 * 1024 * 1024 * 1024"),
        ("size_bytes > 2 ** 30", "size_bytes > 1073741824"),
        ("bitrate < 4 Mbit/s", "bitrate < 4_000_000"),
        ("duration_s > 5 min", "duration_s > 300"),
        ("duration_s > 1h30", "duration_s > 5400"),
        ("duration_s > 1 h 30 min", "duration_s > 5400"),
        ("duration_s <= 1:02:03", "duration_s <= 3723"),
        ("90 s < duration_s < 2:00", "90 < duration_s < 120"),
        ("codec = 'av1'", "codec == 'av1'"),
        ("fps > 2.5e-3", "fps > 0.0025"),
        ("fps < 1E6", "fps < 1000000.0"),
        ("codec='av1'&&height>1080", "codec == 'av1' and height > 1080"),
        ("codec <> 'av1' || !has_cover", "codec != 'av1' or not has_cover"),
        ("codec IS NOT NULL AND has_cover = TRUE", "codec is not None and has_cover == True"),
        ("title == 'a = b && 5 min'", "title == 'a = b \\x26& 5 min'"),
        ("fps == 23.976", "fps == 24000 / 1001"),
        ("fps in [29.97, 59.94]", "fps in [30000 / 1001, 60000 / 1001]"),
        ("fps != 119.88", "fps != 120000 / 1001"),
    ],
)
def test_what_people_type_is_what_they_mean(typed: str, meant: str) -> None:
    assert parsed(typed) == parsed(meant)


def test_a_rate_that_ntsc_has_not_stays_as_it_is() -> None:
    for rate in (23.9, 24.0, 25.0, 24.976):
        assert cast("Compare", parsed(f"fps == {rate}")).value == rate


def test_times_may_be_told_from_now() -> None:
    before = time.time()
    node = cast("Compare", parsed("mtime > now - 30d"))
    assert isinstance(node.value, int)
    ago_s = time.time() - node.value / 1e9
    assert 30 * 86_400 <= ago_s + 1e-3 <= 30 * 86_400 + (time.time() - before) + 2e-3
    today = cast("Compare", parsed("created_at >= today")).value
    assert isinstance(today, int)
    assert today % (86_400 * 10**9) == 0


@given(st.text(max_size=40))
def test_text_in_quotes_is_never_changed(text: str) -> None:
    assume(text.encode("utf-8", "replace").decode() == text)
    for quoted in (repr(text), json.dumps(text)):
        told = spelled(f"title == {quoted}")
        assert told.source == f"title == {quoted}"
        assert told.places == [*range(len(told.source) + 1)]


@given(st.text("abz19 .&|=!<>'\"()[]mGBhd:%-", max_size=60))
def test_every_character_of_what_is_read_has_a_place_in_what_was_typed(typed: str) -> None:
    try:
        told = spelled(typed)
    except FilterError:
        return
    assert len(told.places) == len(told.source) + 1
    assert told.places == sorted(told.places)
    assert all(0 <= place <= len(typed) for place in told.places)


def test_text_may_hold_half_characters_and_nul(catalog: Catalog, filling: Any) -> None:
    filling.record(filling.ok(b"/videos/caf\xe9.mp4", filling.video(title="a\0b")))
    for where in ('name == "caf\udce9.mp4"', "title == 'a\0b'", r"title == 'a\x00b'"):
        assert len(frame_of_videos(catalog, VideoQuery(where=where))) == 1, where


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
        frame_of_page(catalog, VideoQuery(**wrong))


def test_as_many_values_as_a_facet_may_have_can_be_asked_for(filled: Catalog) -> None:
    values = [f"codec {at}" for at in range(999)]
    assert len(frame_of_videos(filled, VideoQuery(facets={"codec": [*values, "av1"]}))) == 1
    with pytest.raises(FilterError, match="no list of up to 1,000 values"):
        frame_of_videos(filled, VideoQuery(facets={"codec": [*values, "av1", "hevc"]}))


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
        assert len(frame_of_videos(filled, VideoQuery(ranges={"created_at": ends}))) == 1
    assert len(frame_of_videos(filled, VideoQuery(ranges={"height": (1920.0, 2160)}))) == 2
    assert len(frame_of_videos(filled, VideoQuery(ranges={"height": (None, None)}))) == 4
