"""The one table of columns, and what is held to it."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pandas as pd
import pytest

from stoat_nb.catalog.catalog import Catalog
from stoat_nb.catalog.columns import TABLES, Table, page

from .looking import frame_of_table

TABLE_LIST = list(TABLES.values())
PANDAS = {"list<string>": "list<item: string>[pyarrow]"}


def frame_of(catalog: Catalog, table: Table) -> pd.DataFrame:
    made = frame_of_table(catalog, table.name)
    assert isinstance(made, pd.DataFrame)
    return made


def test_the_page_about_columns_is_up_to_date(repository: Path) -> None:
    assert (repository / "docs" / "columns.md").read_text("utf-8") == page(), (
        "run: python -m stoat_nb.catalog.columns > docs/columns.md"
    )


@pytest.mark.parametrize("table", TABLE_LIST, ids=lambda table: table.name)
def test_every_column_has_a_name_of_its_own_and_says_what_it_is(table: Table) -> None:
    names = [column.name for column in table.columns]
    assert len(set(names)) == len(names)
    assert [column.name for column in table.columns if not (column.doc and column.basis)] == []
    assert [column.name for column in table.columns if not column.doc.endswith((".", "..."))] == []


@pytest.mark.parametrize("table", TABLE_LIST, ids=lambda table: table.name)
def test_an_empty_frame_has_every_column_with_its_dtype(catalog: Catalog, table: Table) -> None:
    frame = frame_of(catalog, table)
    assert len(frame) == 0
    assert {str(name): str(dtype) for name, dtype in frame.dtypes.items()} == {
        column.name: PANDAS.get(column.dtype, column.dtype) for column in table.columns
    }


def test_a_filled_frame_has_the_dtypes_of_an_empty_one(catalog: Catalog, filling: Any) -> None:
    empty = {table.name: frame_of(catalog, table).dtypes.astype(str) for table in TABLE_LIST}
    chapters = [filling.ok(b"/videos/GH0%d0001.MP4" % at) for at in (1, 2)]
    filling.record(filling.ok(), filling.bad(), *chapters)
    assert catalog.relate_some()
    for table in TABLE_LIST[:7]:
        filled = frame_of(catalog, table)
        assert len(filled) > 0
        pd.testing.assert_series_equal(filled.dtypes.astype(str), empty[table.name])
