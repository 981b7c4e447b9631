"""docs/exports.md is held to what exports are."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from stoat_nb.catalog.columns import TABLES
from stoat_nb.catalog.exports import figures, report, workbook
from stoat_nb.catalog.exports.formats import FORMATS


@pytest.fixture
def page(repository: Path) -> str:
    return (repository / "docs" / "exports.md").read_text(encoding="utf-8")


def test_the_page_tells_each_format_and_where_its_manifest_is(page: str) -> None:
    rows = re.findall(r"^\| `([\w-]+)` \| .* \| (.*) \|$", page, re.MULTILINE)
    assert {name: "beside" not in manifest for name, manifest in rows} == {
        name: known.has_manifest for name, known in FORMATS.items()
    }


def test_the_page_tells_the_limits_there_are(page: str) -> None:
    for limit in (
        workbook.XLSX_ROWS,
        workbook.XLSX_TEXT,
        report.REPORT_ROWS,
        figures.MOST_FAILURES,
    ):
        assert f"{limit:,}" in page


def test_the_page_names_the_tables_there_are(page: str) -> None:
    assert re.search(rf"^Tables are {_listed(list(TABLES))}; ", page, re.MULTILINE)


def _listed(names: list[str]) -> str:
    marked = [f"`{name}`" for name in names]
    return f"{', '.join(marked[:-1])} and {marked[-1]}"
