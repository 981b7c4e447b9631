"""Subtitle files beside a video: whose they are, and what their names say."""

from __future__ import annotations

import pytest
from hypothesis import given, strategies as st

from stoat_nb.media.sidecars import beside, stream_of


@pytest.mark.parametrize(
    ("name", "told"),
    [
        ("film.srt", ("subrip", None, None, False)),
        ("film.de.srt", ("subrip", "deu", None, False)),
        ("film.ger.forced.srt", ("subrip", "deu", None, True)),
        ("film.forced.de.srt", ("subrip", "deu", None, True)),
        ("film.pt-BR.ass", ("ass", "por", None, False)),
        ("film.EN.SSA", ("ass", "eng", None, False)),
        ("film.en.Director's cut.vtt", ("webvtt", "eng", "Director's cut", False)),
        ("film.2019.sup", ("hdmv_pgs_subtitle", None, "2019", False)),
        ("film.idx", ("dvd_subtitle", None, None, False)),
        ("film.sub", (None, None, None, False)),
        ("film.qqz.srt", ("subrip", None, "qqz", False)),
    ],
)
def test_a_name_tells_codec_language_and_role_and_no_more(
    name: str, told: tuple[str | None, str | None, str | None, bool]
) -> None:
    stream = stream_of("film.mkv", name, 3)
    assert (stream.codec, stream.language, stream.title, stream.is_forced) == told
    assert (stream.idx, stream.kind) == (3, "subtitle")


def test_words_of_roles_are_told_apart_from_languages() -> None:
    assert stream_of("f.mp4", "f.hi.srt", 0).language == "hin"
    both = stream_of("f.mp4", "f.en.hi.srt", 0)
    assert (both.language, both.is_sdh) == ("eng", True)
    assert stream_of("f.mp4", "f.en.sdh.srt", 0).is_sdh
    assert stream_of("f.mp4", "f.de.cc.srt", 0).is_sdh
    assert stream_of("f.mp4", "f.de.default.srt", 0).is_default
    assert stream_of("f.mp4", "f.commentary.en.srt", 0).is_commentary
    assert stream_of("f.mp4", "f.pt-BR.srt", 0).language_bcp47 == "pt-BR"


def test_each_video_has_the_files_whose_names_begin_with_its_own() -> None:
    found = beside(
        ["film.mp4", "film.mkv", "film.part2.mp4", "other.avi"],
        ["film.srt", "film.de.srt", "FILM.fr.srt", "film.part2.de.srt", "films.srt", "film2.srt"],
    )
    both = ["FILM.fr.srt", "film.de.srt", "film.srt"]
    assert found == {"film.mp4": both, "film.mkv": both, "film.part2.mp4": ["film.part2.de.srt"]}


def test_an_index_and_its_pictures_are_one_subtitle() -> None:
    assert beside(["f.mp4"], ["f.idx", "f.sub", "f.de.sub"]) == {"f.mp4": ["f.de.sub", "f.idx"]}
    assert beside(["f.mp4"], ["f.idx"]) == {}


@given(st.text(max_size=20), st.text(max_size=20))
def test_any_name_is_told_or_left(stem: str, words: str) -> None:
    video, sidecar = f"{stem}.mp4", f"{stem}{words}.srt"
    for name in beside([video], [sidecar]).get(video, ()):
        assert stream_of(video, name, 0).codec == "subrip"
