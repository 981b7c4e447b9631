"""What a worker sends is read as the standard library reads it, whatever reads it."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import example, given, strategies as st

from stoat_nb.engines import process

texts = st.text(st.characters(codec=None))  # halves of characters among them
scalars = st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | texts
values = st.recursive(
    scalars, lambda inner: st.lists(inner) | st.dictionaries(texts, inner), max_leaves=20
)
pieces = st.sampled_from(
    [
        *'[]{}",:\\é\x00\ufeff 10-',
        *("\\ud800", "\\u0000", "1e999", "-0.0", "9" * 30, "9" * 5000, "NaN", "Infinity", "null"),
    ]
)


def told(line: bytes) -> str:
    """Return what the standard library makes of a line, NaN and infinity refused."""
    try:
        return repr(json.loads(line, parse_constant=process._refuse_constant))
    except ValueError:
        return "refused"


def read(line: bytes) -> str:
    try:
        return repr(process._read(line))
    except ValueError:
        return "refused"


@given(values)
def test_every_value_comes_out_as_it_went_in(value: Any) -> None:
    line = json.dumps(value).encode("ascii")
    assert read(line) == told(line)


@given(st.lists(pieces).map("".join))
def test_what_is_no_json_is_refused(text: str) -> None:
    assert read(text.encode()) == told(text.encode())


@given(st.binary())
@example(b'"\xed\xa0\x80"')
@example("[1]".encode("utf-16"))
def test_any_bytes_are_read_alike(line: bytes) -> None:
    assert read(line) == told(line)


@pytest.mark.parametrize("text", ["\ud800", "a\udcff", "\udc00\ud800"])
def test_half_a_character_is_kept(text: str) -> None:
    assert process._read(json.dumps({"name": text}).encode("ascii")) == {"name": text}
