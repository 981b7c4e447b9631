"""docs/filters.md is held to what expressions can say."""

from __future__ import annotations

import ast
import re
from pathlib import Path

import pytest

from stoat_nb.catalog.derived_columns import DERIVED, RESOLUTIONS
from stoat_nb.catalog.filters.expression import METHODS, parsed
from stoat_nb.catalog.filters.spelling import spelled
from stoat_nb.library import Library


@pytest.fixture
def page(repository: Path) -> str:
    return (repository / "docs" / "filters.md").read_text(encoding="utf-8")


def examples(page: str) -> list[str]:
    table = page.partition("| write |")[2].partition("\n\n")[0]
    return re.findall(r"^\| `(.+?)` \|", table, re.MULTILINE)


def test_every_example_on_the_page_can_be_read(page: str) -> None:
    assert len(examples(page)) > 20
    for example in examples(page):
        parsed(example)


def test_every_operator_and_method_has_its_example(page: str) -> None:
    trees = [ast.parse(spelled(example).source) for example in examples(page)]
    used = {type(node) for tree in trees for node in ast.walk(tree)}
    assert used >= {*ast.cmpop.__subclasses__(), ast.And, ast.Or, ast.Not, ast.List}
    for method in METHODS:
        assert f".{method}(" in page


def test_every_derived_column_is_told_as_the_code_tells_it(page: str) -> None:
    for field in DERIVED:
        assert f"| `{field.name}` | {field.doc} |" in page
    assert all(name in page for name, _, _ in RESOLUTIONS)


def test_every_method_the_page_names_is_there(page: str) -> None:
    for name in re.findall(r"library\.(\w+)\(", page):
        assert callable(getattr(Library, name))
