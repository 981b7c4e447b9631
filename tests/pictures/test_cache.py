from __future__ import annotations

import os
from pathlib import Path

import pytest

from stoat_nb.pictures.cache import Kept, PictureCache

LIMIT = 1000


@pytest.fixture
def cache(tmp_path: Path) -> PictureCache:
    return PictureCache(tmp_path / "library.db.pictures", limit_bytes=LIMIT)


def key(number: int) -> str:
    return f"{number:032x}"


def put(cache: PictureCache, number: int, size: int = 100) -> None:
    """Keep a picture that was last wanted at that second of 1970."""
    cache.put(key(number), Kept(jpeg=bytes(size)))
    for path in cache.folder.rglob(f"*{key(number)[2:]}*"):
        os.utime(path, (number, number))


def kept(cache: PictureCache, count: int) -> list[int]:
    return [number for number in range(count) if cache.get(key(number)) is not None]


def test_what_was_kept_is_there_for_the_next_process(cache: PictureCache) -> None:
    cache.put(key(1), Kept(jpeg=b"a picture"))
    cache.put(key(2), Kept(why=("damaged", "It is cut off.")))
    other = PictureCache(cache.folder, limit_bytes=LIMIT)

    assert other.get(key(1)) == Kept(jpeg=b"a picture")
    assert other.get(key(2)) == Kept(why=("damaged", "It is cut off."))
    assert other.get(key(3)) is None


def test_nothing_is_made_before_the_first_picture_is_kept(cache: PictureCache) -> None:
    assert cache.get(key(1)) is None
    assert not cache.folder.exists()


def test_the_folder_never_holds_more_than_its_limit(cache: PictureCache) -> None:
    for number in range(40):
        put(cache, number)
        files = [path for path in cache.folder.rglob("*") if path.is_file()]
        assert sum(path.stat().st_size for path in files) <= LIMIT


def test_what_was_not_wanted_for_longest_goes_first(cache: PictureCache) -> None:
    for number in range(10):
        put(cache, number)
    assert cache.get(key(0)) is not None  # wanted just now
    put(cache, 10)

    assert kept(cache, 11) == [0, 3, 4, 5, 6, 7, 8, 9, 10]


def test_what_another_process_kept_counts_as_well(cache: PictureCache) -> None:
    for number in range(10):
        put(cache, number)
    put(PictureCache(cache.folder, limit_bytes=LIMIT), 10)

    assert 0 not in kept(cache, 11)


def test_a_picture_larger_than_all_there_may_be_is_not_kept(cache: PictureCache) -> None:
    put(cache, 1)
    put(cache, 2, size=LIMIT + 1)

    assert kept(cache, 3) == [1]


def test_a_damaged_reason_is_none(cache: PictureCache) -> None:
    cache.put(key(1), Kept(why=("damaged", "It is cut off.")))
    (path,) = (path for path in cache.folder.rglob("*") if path.is_file())
    path.write_bytes(b"[1, ")

    assert cache.get(key(1)) is None


def test_a_place_that_cannot_be_written_is_told_once_and_costs_nothing_else(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    (tmp_path / "file").write_bytes(b"")
    cache = PictureCache(tmp_path / "file" / "pictures", limit_bytes=LIMIT)
    put(cache, 1)
    put(cache, 2)

    assert cache.get(key(1)) is None
    assert len(caplog.records) == 1


def test_no_half_written_file_is_left(cache: PictureCache) -> None:
    put(cache, 1)
    put(cache, 1)

    assert [path.suffix for path in cache.folder.rglob("*") if path.is_file()] == [".jpg"]
