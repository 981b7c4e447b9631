"""Functions by name: which can travel, and where the other process finds them."""

from __future__ import annotations

import operator
import os
import sys
from pathlib import Path

import deeds
import pytest

import stoat_nb
from stoat_nb.engines.reference import refer_to


class Holder:
    @staticmethod
    def inside(_item: object) -> None:
        return None


def test_a_function_is_called_by_module_and_name() -> None:
    assert refer_to(deeds.echo).name == "deeds:echo"
    assert refer_to(Holder.inside).name == f"{__name__}:Holder.inside"
    assert refer_to(len).name == "builtins:len"


def test_a_function_that_only_this_process_has_is_refused() -> None:
    def local(_item: object) -> None:
        return None

    for function in (local, lambda _item: None, operator.itemgetter("x"), Holder().inside.__call__):
        with pytest.raises(ValueError, match=r"Move it from the notebook or script into a \.py"):
            refer_to(function)


def test_a_function_of_the_main_module_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(deeds.echo, "__module__", "__main__")
    monkeypatch.setattr(sys.modules["__main__"], "echo", deeds.echo, raising=False)
    with pytest.raises(ValueError, match="has to be a function of a module"):
        refer_to(deeds.echo)


def test_the_import_path_leads_to_the_function_and_to_this_package() -> None:
    path = refer_to(deeds.echo).import_path
    assert str(Path(__file__).parent) in path
    assert str(Path(stoat_nb.__file__).parents[1]) in path


def test_the_import_path_never_holds_the_current_folder_as_such(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setattr(sys, "path", ["", "some/folder", *sys.path])
    monkeypatch.chdir(tmp_path)
    path = refer_to(deeds.echo).import_path
    assert all(os.path.isabs(entry) for entry in path)  # noqa: PTH117
    assert str(tmp_path) not in path


def test_folders_that_only_the_current_folder_led_to_come_first(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    home = str(Path(deeds.__file__).parent)
    monkeypatch.setattr(sys, "path", ["", *(entry for entry in sys.path if entry != home)])
    assert home in refer_to(deeds.echo).import_path[:2]
