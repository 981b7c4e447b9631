"""The page about reliability names only tests that are there."""

from __future__ import annotations

import re
from pathlib import Path


def test_every_test_that_the_page_names_exists(repository: Path) -> None:
    page = (repository / "docs" / "reliability.md").read_text("utf-8")
    named = set(re.findall(r"`(test_\w+)`", page))
    texts = [path.read_text("utf-8") for path in (repository / "tests").rglob("test_*.py")]
    defined = {name for text in texts for name in re.findall(r"def (test_\w+)", text)}
    assert named
    assert sorted(named - defined) == []


def test_every_promise_names_a_test(repository: Path) -> None:
    page = (repository / "docs" / "reliability.md").read_text("utf-8")
    promises = page.partition("## What is promised")[2].partition("\n## ")[0]
    rows = [line for line in promises.splitlines() if line.startswith("| ")][2:]
    assert rows
    assert [row for row in rows if "`test_" not in row and "the same three" not in row] == []
