"""Values that no video has are answered with the nearest; completions say what there is."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from stoat_nb.catalog.filters.fields import FIELDS, STATUSES
from stoat_nb.catalog.filters.hints import FEW, OPERATORS
from stoat_nb.catalog.query import VideoQuery
from stoat_nb.errors import FilterError
from stoat_nb.library import Library
from stoat_nb.media.demo_clips import make_samples


@pytest.fixture(scope="module")
def library(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Library]:
    folder = tmp_path_factory.mktemp("hints")
    make_samples(folder / "clips")
    with Library(folder / "library.db") as opened:
        opened.scan(folder / "clips").result(120)
        yield opened


@pytest.mark.parametrize(
    ("where", "said"),
    [
        ("codec == 'hvec'", "No video has the codec 'hvec'. Did you mean 'hevc'?"),
        ("codec == 'H264'", "No video has the codec 'H264'. Did you mean 'h264'?"),
        ("height > 100 and codec in ['hevc', 'prorse']", "Did you mean 'prores'?"),
        ("codec == 'hevc' or container == 'matroksa'", "Did you mean 'matroska'?"),
        ("'zza' in audio_languages", "No video has the audio_languages 'zza'. There are: "),
        ("codec == 'zzz'", "There are: h264, mpeg4"),
        ("codec == 'x\x1b[31m'", "'x\\x1b[31m'"),
    ],
)
def test_a_value_that_no_video_has_is_answered_with_those_that_there_are(
    library: Library, where: str, said: str
) -> None:
    hint = library.hint(where)
    assert hint is not None
    assert said in hint
    assert "\x1b" not in hint


@pytest.mark.parametrize(
    "where",
    [
        "",
        "codec == 'hevc'",
        "codec != 'zzz'",
        "not codec == 'zzz'",
        "codec not in ['zzz']",
        "codec.contains('zzz')",
        "codec is None",
        "name == 'zzz'",
        "height == 7",
        "status == 'offline'",
    ],
)
def test_nothing_is_said_where_no_value_was_mistyped(library: Library, where: str) -> None:
    assert library.hint(where) is None


def test_a_hint_is_given_for_facets_and_a_wrong_filter_is_refused(library: Library) -> None:
    hint = library.hint(query=VideoQuery(facets={"container": ("mp5",)}))
    assert hint == "No video has the container 'mp5'. Did you mean 'mp4'?"
    with pytest.raises(FilterError):
        library.hint("codek == 'hevc'")


def test_completions_are_the_columns_with_operators_and_the_values_that_there_are(
    library: Library,
) -> None:
    told = library.completions()
    frame = library.videos()
    assert [*told] == [*FIELDS]
    for name in FEW:
        assert set(told[name].values) == set(frame[name].explode().dropna())
    assert told["status"].values == STATUSES
    assert (told["size_bytes"].unit, told["size_bytes"].values) == ("bytes", ())
    assert told["resolution"].values[0] == "4320p"
    for name, one in told.items():
        assert one.operators == OPERATORS[FIELDS[name].kind]
        assert one.doc


@pytest.mark.parametrize("name", ["codec", "size_bytes", "has_cover", "audio_languages", "mtime"])
def test_every_operator_that_is_offered_is_taken(library: Library, name: str) -> None:
    one = library.completions()[name]
    value = {"text": "'h264'", "list": "'eng'", "flag": "True", "moment": "'2026-01-01'"}
    given = value.get(one.kind, "7")
    for operator in one.operators:
        if operator.startswith("."):
            where = f"{name}{operator[:-1]}{given})"
        elif operator.endswith("None"):
            where = f"{name} {operator}"
        elif one.kind == "list":
            where = f"{given} {operator} {name}"
        else:
            where = f"{name} {operator} {f'[{given}]' if operator.endswith('in') else given}"
        assert len(library.videos(where)) <= len(library.videos())
