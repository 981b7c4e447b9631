"""A file that replaces another: what it takes over from it, and what it says."""

from __future__ import annotations

import os
from contextlib import suppress
from pathlib import Path

import pytest

from stoat_nb.catalog.exports.partial_file import PartialFile

STRANGE_GROUP = 12345


@pytest.fixture
def target(tmp_path: Path) -> Path:
    target = tmp_path / "out.csv"
    target.write_text("old")
    return target


def replace(target: Path) -> None:
    with PartialFile(target) as part:
        part.file.write(b"new")
        part.sync()
        part.put()
    assert target.read_text() == "new"


@pytest.mark.parametrize("mode", [0o600, 0o664])
def test_a_file_that_is_replaced_keeps_its_mode_its_group_and_its_attributes(
    target: Path, mode: int
) -> None:
    target.chmod(mode)
    group = os.getgroups()[-1] if os.getuid() else STRANGE_GROUP
    os.chown(target, -1, group)
    with suppress(OSError):  # not every file system has them
        os.setxattr(target, "user.note", b"kept")
    attributes = os.listxattr(target)
    replace(target)
    found = target.stat()
    assert (found.st_mode & 0o777, found.st_gid) == (mode, group)
    assert os.listxattr(target) == attributes


@pytest.mark.skipif(os.getuid() != 0, reason="only root can give a file to a strange group")
def test_another_group_does_not_get_the_rights_of_one_that_cannot_be_given(
    target: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    target.chmod(0o664)
    os.chown(target, -1, STRANGE_GROUP)

    def refuse(*_given: object) -> None:  # as the system does to whoever is not in that group
        raise PermissionError

    monkeypatch.setattr(os, "fchown", refuse)
    replace(target)
    assert target.stat().st_gid == os.getgid()
    assert target.stat().st_mode & 0o777 == 0o644


def test_what_is_written_is_never_more_readable_than_what_it_replaces(target: Path) -> None:
    target.chmod(0o600)
    with PartialFile(target) as part:
        assert os.fstat(part.file.fileno()).st_mode & 0o777 == 0o600


def test_hard_links_keep_the_old_content_and_that_is_said(target: Path) -> None:
    other = target.with_name("other.csv")
    os.link(target, other)
    with pytest.warns(UserWarning, match=r"1 other name \(hard links\) of the old one keeps"):
        replace(target)
    assert other.read_text() == "old"
