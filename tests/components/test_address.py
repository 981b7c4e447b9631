from __future__ import annotations

import pytest
from hypothesis import given, strategies as st

from stoat_nb.components.address import address, read
from stoat_nb.components.explorer_state import START, ExplorerState


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


@given(search=st.text(max_size=40), values=st.lists(st.text(max_size=20), max_size=3))
def test_any_text_survives_the_way(search: str, values: list[str]) -> None:
    state = ExplorerState()
    state.narrow(search=search, facets={"title": tuple(values)} if values else {})

    other = ExplorerState()
    read(other, address(state))

    assert other.view() == state.view()


@pytest.mark.parametrize(
    "said",
    [
        "?facets=1",
        "?facets={",
        '?facets={"codec":"h264"}',
        '?facets={"codek":["h264"]}',
        '?facets={"codec":[{}]}',
        '?ranges={"size_bytes":[1]}',
        '?ranges={"size_bytes":["a",2]}',
        '?ranges={"size_bytes":[true,NaN]}',
        "?where=__import__('os')",
        "?sort=nothing",
        "?descending=2",
        "?columns=[]",
        '?columns=["nothing"]',
        "?columns=[1]",
        "?page=x",
        f"?facets={'[' * 100_000}",
        "?%ff&&==",
    ],
)
def test_an_address_that_is_no_view_leaves_all_as_it_is(said: str) -> None:
    state = ExplorerState()

    read(state, said)

    assert state.view() == START
    assert state.page == 0
