from __future__ import annotations

import re
from urllib.parse import unquote

import pytest
from hypothesis import given, strategies as st

from stoat_nb.components.address import address, read
from stoat_nb.components.explorer_state import START, ExplorerState
from stoat_nb.errors import FilterError


def test_what_is_usual_leaves_the_address_empty() -> None:
    assert address(ExplorerState()) == ""


def test_a_view_comes_back_from_its_address() -> None:
    state = ExplorerState()
    state.narrow(
        search="a&b=c <img> é",
        where='name.contains("x") and fps > 1',
        below="/disk 1/\N{SNOWMAN}",
        facets={"codec": ("h264", None), "interlaced": (True,), "channels": (2,)},
        ranges={"size_bytes": (1.5, None)},
        sort="size_bytes",
        descending=True,
        columns=["name", "hdr"],
    )
    state.page = 4

    other = ExplorerState()
    read(other, address(state))

    assert other.view() == state.view()
    assert other.page == 4


def test_an_address_reads_like_what_it_shows() -> None:
    state = ExplorerState()
    state.narrow(
        facets={"codec": ("hevc", "h264", None), "interlaced": (False,), "title": ("", '"so" it')},
        ranges={"height": (1080, None), "fps": (None, 29.97), "duration_s": (1.5, 60)},
        sort="size_bytes",
        descending=True,
        columns=["name", "hdr"],
    )
    assert unquote(address(state)) == (
        '?codec=hevc&codec=h264&codec=&interlaced=false&title=""&title="\\"so\\"+it"'
        "&height=1080..&fps=..29.97&duration_s=1.5..60&sort=-size_bytes&columns=name,hdr"
    )


@given(search=st.text(max_size=40), values=st.lists(st.text(max_size=20), max_size=3))
def test_any_text_survives_the_way(search: str, values: list[str]) -> None:
    state = ExplorerState()
    state.narrow(search=search, facets={"title": tuple(values)} if values else {})

    other = ExplorerState()
    read(other, address(state))

    assert other.view() == state.view()


@pytest.mark.parametrize(
    ("said", "why"),
    [
        ("?codek=h264", "'codek' 'h264'"),
        ("?interlaced=maybe", "'interlaced' 'maybe'"),
        ("?channels=two", "'channels' 'two'"),
        ("?channels=%222%22", "'channels' '\"2\"'"),
        ("?size_bytes=a..2", "'size_bytes' 'a..2'"),
        ("?size_bytes=1..nan", "'size_bytes' '1..nan'"),
        ("?title=%22never ends", "'title'"),
        ("?where=__import__('os')", "only"),
        ("?sort=nothing", "nothing"),
        ("?columns=nothing", "nothing"),
        ("?columns=", "columns"),
        ("?page=x", "'page' 'x'"),
        (f"?channels={'[' * 100_000}", "'channels'"),
        ("?%ff&&==", "'\N{REPLACEMENT CHARACTER}'"),
    ],
)
def test_an_address_that_is_no_view_is_refused_and_leaves_all_as_it_is(said: str, why: str) -> None:
    state = ExplorerState()

    with pytest.raises(FilterError, match=re.escape(why)):
        read(state, said)

    assert state.view() == START
    assert state.page == 0
