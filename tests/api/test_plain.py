"""Values become JSON that any client can read."""

from __future__ import annotations

import json
import math
from datetime import UTC, datetime

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, strategies as st

from stoat_nb.api.plain import dumps, exact, plain, rows

ANYTHING = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(),
    lambda parts: st.lists(parts) | st.dictionaries(st.text(), parts),
    max_leaves=10,
)


@given(ANYTHING)
def test_any_value_can_be_sent(value: object) -> None:
    json.loads(dumps(value), parse_constant=pytest.fail)


@given(ANYTHING)
def test_no_exact_number_is_one_that_javascript_would_round(value: object) -> None:
    def read(text: str) -> int:
        assert int(float(text)) == int(text)
        return int(text)

    json.loads(dumps(exact(plain(value))), parse_int=read)


@pytest.mark.parametrize(
    ("value", "sent"),
    [
        (math.nan, None),
        (-math.inf, None),
        (pd.NA, None),
        (pd.NaT, None),
        (np.float64("nan"), None),
        (np.int64(7), 7),
        (np.bool_(True), True),
        (np.array([1.5, np.nan]), [1.5, None]),
        (pd.Timestamp("2026-01-02", tz="UTC"), "2026-01-02T00:00:00+00:00"),
        (datetime(2026, 1, 2, tzinfo=UTC), "2026-01-02T00:00:00+00:00"),
        ({"a": (1, {2})}, {"a": [1, [2]]}),
        ("\ud800<b>", "\ud800<b>"),
    ],
)
def test_what_json_does_not_know_becomes_what_it_knows(value: object, sent: object) -> None:
    assert plain(value) == sent
    assert json.loads(dumps(value)) == sent


def test_typed_rows_become_plain_rows() -> None:
    frame = pd.DataFrame(
        {
            "n": pd.array([1, None], dtype="Int64"),
            "x": pd.array([0.5, None], dtype="Float64"),
            "yes": pd.array([True, None], dtype="boolean"),
            "word": pd.Categorical(["a", None]),
            "when": pd.to_datetime(["2026-01-02", None], utc=True),
        }
    )
    assert rows(frame) == [
        {"n": 1, "x": 0.5, "yes": True, "word": "a", "when": "2026-01-02T00:00:00+00:00"},
        {"n": None, "x": None, "yes": None, "word": None, "when": None},
    ]
    assert rows(frame.head(0)) == []
