"""Dates and places as files write them: read right, or not at all."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given, strategies as st

from stoat_nb.media.origin.clues import DATE_BASES, Clues, origin_facts
from stoat_nb.media.origin.mdpm import clues_in as mdpm_clues
from stoat_nb.media.origin.moments import Moment, offset_of, parsed, since, zone_of
from stoat_nb.media.origin.movie import header_dates
from stoat_nb.media.origin.packs import clues_in as dv_clues
from stoat_nb.media.origin.places import iso6709

EPOCH_1904 = datetime(1904, 1, 1)  # noqa: DTZ001 - as moments have it
DATES = st.datetimes(datetime(1905, 1, 1), datetime(2024, 1, 1))  # noqa: DTZ001 - the same


@pytest.mark.parametrize(
    ("written", "text", "zone"),
    [
        ("2019-07-12T18:30:00+0200", "2019-07-12T16:30:00Z", "+02:00"),  # Apple
        ("2012-05-09T14:46:38-04:00", "2012-05-09T18:46:38Z", "-04:00"),
        ("2011-11-11T11:11:11.500000Z", "2011-11-11T11:11:11.500000Z", "UTC"),  # FFmpeg
        ("2016-05-31 17:01:35", "2016-05-31T17:01:35", "local"),
        ("2014:12:31 23:59:59", "2014-12-31T23:59:59", "local"),  # Exif
        ("Sat Mar 20 14:53:48 2010", "2010-03-20T14:53:48", "local"),  # C
        ("SAT MAR  6 04:53:48 2010\n\0", "2010-03-06T04:53:48", "local"),
        ("2001/ 1/27  1:42PM", "2001-01-27T13:42:00", "local"),  # Casio QV-3EX
        ("2005/11/28/ 09:19", "2005-11-28T09:19:00", "local"),  # Casio EX-Z30
        ("2002-12-16  15:35:01\0\0", "2002-12-16T15:35:01", "local"),  # Konica KD500Z
        ("2013/2/6 10:30:40+0200", "2013-02-06T08:30:40Z", "+02:00"),  # ClipWrap
        ("Fri, 20 Sep 2013 10:49:09 +0100", "2013-09-20T09:49:09Z", "+01:00"),  # flvmeta
        ("2018-03-28T12:34:56+09", "2018-03-28T03:34:56Z", "+09:00"),
    ],
)
def test_dates_are_read_as_cameras_and_programs_write_them(
    written: str, text: str, zone: str
) -> None:
    moment = parsed(written)
    assert moment is not None
    assert (moment.text, moment.zone, moment.is_possible) == (text, zone, True)


@pytest.mark.parametrize(
    "written",
    [
        "",
        "2008",
        "2008-01",
        "2011-11-11",
        "yesterday",
        "2011-13-01T00:00:00",
        "0000:00:00 00:00:00",
        "2011-11-11T25:00:00Z",
        "2011-11-11T11:11:11+99:99:99",
        "\uff12\uff10\uff11\uff11-11-11 11:11:11",
        "1" * 1000,
    ],
)
def test_what_is_no_date_with_its_time_is_none(written: str) -> None:
    assert parsed(written) is None


def test_a_day_is_enough_where_a_tag_is_about_days() -> None:
    moment = parsed("1957-10-04", is_day_enough=True)
    assert moment is not None
    assert moment.text == "1957-10-04T00:00:00"


@given(DATES, st.integers(-14 * 60, 14 * 60))
def test_a_zone_is_kept_and_the_moment_is_the_same_in_utc(wall: datetime, minutes: int) -> None:
    zone = zone_of(minutes)
    moment = parsed(wall.isoformat() + zone)
    assert moment == Moment(wall, zone)
    assert datetime.fromisoformat(moment.text) == (wall - timedelta(minutes=minutes)).replace(
        tzinfo=UTC
    )
    assert offset_of(zone) == timedelta(minutes=minutes)


@given(st.text(max_size=80))
def test_any_text_is_a_date_or_none(text: str) -> None:
    moment = parsed(text, is_day_enough=True)
    assert moment is None or isinstance(moment.is_possible, bool)


@pytest.mark.parametrize(
    "wall",
    [
        "0001-01-01T00:00:00",
        "1601-01-01T00:00:00",
        "1601-01-01T00:00:07",
        "1900-01-01T00:00:00",
        "1904-01-01T00:00:00",
        "1904-01-01T00:03:12",
        "1970-01-01T00:00:00",
        "1980-01-01T00:00:00",
        "2001-01-01T00:00:00",
        "2036-02-06T06:28:15",
        "2097-05-05T10:00:00",
        "9999-12-31T23:59:59",
    ],
)
def test_no_date_is_better_than_a_clock_that_was_never_set(wall: str) -> None:
    clues = Clues()
    clues.date("movie_header", Moment(datetime.fromisoformat(wall), "UTC"))
    assert origin_facts(clues)["created_at"] is None


def test_the_first_second_of_1970_is_none_in_any_zone() -> None:
    moment = parsed("1970-01-01T01:00:00+0100")
    assert moment is not None
    assert not moment.is_possible


@given(st.permutations(DATE_BASES), st.integers(1, len(DATE_BASES)))
def test_the_most_trusted_date_counts_whatever_the_order_of_clues(
    order: list[str], count: int
) -> None:
    clues = Clues()
    for basis in order[:count]:
        clues.date(basis, Moment(datetime(2015, 5, 5, DATE_BASES.index(basis)), "UTC"))  # noqa: DTZ001
    facts = origin_facts(clues)
    assert facts["created_basis"] == min(order[:count], key=DATE_BASES.index)
    assert facts["created_at"][11:13] == f"{DATE_BASES.index(facts['created_basis']):02d}"


@pytest.mark.parametrize(
    ("movie", "tracks", "text"),
    [
        (1451692800, [], "1950-01-01T00:00:00Z"),  # set by hand: it is a whole hour
        (1086400000, [3516595750], "1938-06-05T01:46:40Z"),  # tracks count from 1904
        (1950000001, [], "1965-10-16T10:40:01Z"),  # from 1970 it would be a day to come
        (1400000001, [], None),  # 1948 by the standard, 2014 from 1970
        (3516595750, [], "2015-06-08T08:09:10Z"),
        (0, [0, 3516595750], "2015-06-08T08:09:10Z"),
        (0xFFFFFFFF, [0xFFFFFFFF], None),
        (1 << 60, [], None),
    ],
)
def test_headers_count_from_1904(movie: int, tracks: list[int], text: str | None) -> None:
    clues = Clues()
    header_dates(clues, movie, tracks)
    assert origin_facts(clues)["created_at"] == text


@given(DATES)
def test_a_header_s_date_is_read_back_where_its_tracks_agree(when: datetime) -> None:
    seconds = int((when - EPOCH_1904).total_seconds())
    clues = Clues()
    header_dates(clues, seconds, [3516595750])
    dated = clues.dates.get("movie_header")
    expected = since(EPOCH_1904, seconds=seconds)
    assert expected is not None
    assert dated == (expected if expected.is_possible else None)


@pytest.mark.parametrize(
    ("text", "point"),
    [
        ("+48.8789+002.3376+048.928/", (48.8789, 2.3376)),  # Apple
        ("+37.5002+127.0362/", (37.5002, 127.0362)),  # Android
        ("+51.5932-0.2431/", (51.5932, -0.2431)),  # a writer without leading zeros
        ("-3352-07037.5/", (-33.866667, -70.625)),  # degrees and minutes
        ("+354612.5+1394500/", (35.770139, 139.75)),  # seconds too
        ("+12.3456-098.7654+010.500/CRSWGS_84/", (12.3456, -98.7654)),
        ("-90+000/", (-90.0, 0.0)),
        ("+00.0000+000.0000/", None),  # no fix
        ("+91+000/", None),
        ("+48.8789+181/", None),
        ("+4870+00233/", None),  # no hour has 70 minutes
        ("48.8789, 2.3376", None),
        ("", None),
    ],
)
def test_places_are_read_in_degrees(text: str, point: tuple[float, float] | None) -> None:
    found = iso6709(text)
    assert (found and tuple(found)) == point


@given(st.floats(-90, 90), st.floats(-180, 180))
def test_a_place_is_read_back(lat: float, lon: float) -> None:
    found = iso6709(f"{lat:+08.4f}{lon:+09.4f}/")
    if found:
        assert found == pytest.approx((lat, lon), abs=1e-4)
    else:
        assert abs(lat) < 1e-4
        assert abs(lon) < 1e-4


@given(st.text(max_size=40), st.binary(max_size=400))
def test_nonsense_is_no_place_and_no_packs(text: str, data: bytes) -> None:
    iso6709(text)
    dv_clues(data)
    mark = bytes.fromhex("17ee8c60f84d11d98cd60800200c9a66") + b"MDPM"
    assert mdpm_clues(data) is None or mark in data
    assert mdpm_clues(mark + data) is not None


@pytest.mark.parametrize(
    ("text", "timecode", "drop_frame"),
    [
        ("01:02:03:04", "01:02:03:04", False),
        ("01:02:03;04", "01:02:03;04", True),
        ("00:59:59.29", "00:59:59;29", True),  # the mark of some editors
        ("10:00:00:00\0", "10:00:00:00", False),
        ("25:00:00:00", None, None),
        ("00:61:00:00", None, None),
        ("1:2:3", None, None),
    ],
)
def test_time_codes_are_written_one_way(
    text: str, timecode: str | None, drop_frame: bool | None
) -> None:
    facts = origin_facts(Clues(texts={"timecode": text}))
    assert (facts["timecode"], facts["drop_frame"]) == (timecode, drop_frame)
