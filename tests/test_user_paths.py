"""``~`` in a path: a home, or one sentence."""

from __future__ import annotations

import pwd
from collections.abc import Callable
from pathlib import Path

import pytest

from stoat_nb.cli.door import open_existing
from stoat_nb.errors import CatalogError, UnknownHome
from stoat_nb.library import Library
from stoat_nb.sharing import shared_library
from stoat_nb.user_paths import expand_path


def test_a_tilde_stands_for_the_home_of_a_user(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HOME", "/home/ann")
    assert expand_path("~/clips") == Path("/home/ann/clips")
    assert expand_path(Path("~root")) == Path(pwd.getpwnam("root").pw_dir)
    assert expand_path("clips/~old") == Path("clips/~old")


def test_where_no_home_is_known_the_sentence_says_what_to_set(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    def unknown(_: int) -> object:
        raise KeyError

    monkeypatch.delenv("HOME", raising=False)
    monkeypatch.setattr(pwd, "getpwuid", unknown)
    with pytest.raises(UnknownHome, match=r"this user is not known, so '~/clips'.* Set HOME"):
        expand_path("~/clips")


@pytest.mark.parametrize("open_at", [Library, shared_library, lambda p: open_existing(Path(p))])
def test_a_library_of_an_unknown_user_is_refused_in_one_sentence(
    open_at: Callable[[str], object],
) -> None:
    with pytest.raises(UnknownHome, match=r"user 'nobody-here' is not known.* Check the user"):
        open_at("~nobody-here/l.db")


@pytest.mark.parametrize("name", ["", ":memory:", Path(":memory:")])
@pytest.mark.parametrize("open_at", [Library, shared_library])
def test_what_names_no_file_is_refused_in_one_sentence(
    open_at: Callable[[str | Path], object],
    name: str | Path,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.chdir(tmp_path)
    with pytest.raises(CatalogError, match=r"names no file.* a temporary file"):
        open_at(name)
    assert list(tmp_path.iterdir()) == []
