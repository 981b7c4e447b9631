from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from stoat_nb.catalog.catalog import Catalog
from stoat_nb.errors import FilterError


@pytest.fixture
def catalog(tmp_path: Path) -> Iterator[Catalog]:
    catalog = Catalog(tmp_path / "stoat.db")
    yield catalog
    catalog.close()


def test_a_view_is_kept_under_its_name_until_it_is_deleted(
    catalog: Catalog, tmp_path: Path
) -> None:
    catalog.views.save("large", {"facets": {"codec": ["hevc", None]}}, at=1.0)
    catalog.views.save(" 4K ", {"where": "height >= 2160"}, at=2.0)
    catalog.views.save("large", {"sort": "size_bytes"}, at=3.0)

    other = Catalog(tmp_path / "stoat.db")
    assert list(other.views.all().items()) == [
        ("4K", {"where": "height >= 2160"}),
        ("large", {"sort": "size_bytes"}),
    ]
    other.views.delete("4K")
    other.views.delete("never was")
    other.close()
    assert list(catalog.views.all()) == ["large"]


@pytest.mark.parametrize("name", ["", "  ", "x" * 81])
def test_a_name_that_says_nothing_or_too_much_is_refused(catalog: Catalog, name: str) -> None:
    with pytest.raises(FilterError, match="1 to 80 characters"):
        catalog.views.save(name, {}, at=1.0)


def test_a_name_may_be_of_any_characters(catalog: Catalog) -> None:
    names = ["'; DROP TABLE views; --", "<b>\n", "\ud800\0"]
    for name in names:
        catalog.views.save(name, {"search": name}, at=1.0)

    assert len(catalog.views.all()) == 3
