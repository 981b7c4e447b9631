"""Opening beneath a root, by the kernel's check and by our own."""

from __future__ import annotations

import errno
import os
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from stoat_nb.media import safe_open
from stoat_nb.media.safe_open import NotRegularError, opened_beneath


@pytest.fixture(params=["openat2", "part by part"], autouse=True)
def way(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> None:
    if request.param == "part by part":
        monkeypatch.setattr(safe_open, "has_openat2", lambda: False)
    elif not safe_open.has_openat2():
        pytest.skip("this kernel has no openat2")


@pytest.fixture
def root(tmp_path: Path) -> Iterator[Path]:
    root = tmp_path / "root"
    (root / "inner").mkdir(parents=True)
    (root / "inner" / "a.mp4").write_bytes(b"inside")
    (tmp_path / "secret.mp4").write_bytes(b"secret")
    before = len(list(Path("/proc/self/fd").iterdir()))
    yield root
    assert len(list(Path("/proc/self/fd").iterdir())) == before


def content(root: Path, relative: bytes) -> bytes:
    fd = opened_beneath(os.fsencode(root), relative)[0]
    try:
        return os.read(fd, 100)
    finally:
        os.close(fd)


def test_a_file_beneath_the_root_opens(root: Path) -> None:
    assert content(root, b"inner/a.mp4") == b"inside"


def test_the_descriptor_is_for_reading_and_not_inherited(root: Path) -> None:
    fd = opened_beneath(os.fsencode(root), b"inner/a.mp4")[0]
    with pytest.raises(OSError, match="Bad file descriptor"):
        os.write(fd, b"x")
    assert not os.get_inheritable(fd)
    os.close(fd)


@pytest.mark.parametrize(
    "relative",
    [
        b"../secret.mp4",
        b"inner/../../secret.mp4",
        b"/etc/hostname",
        b"inner/./a.mp4",
        b"inner//a.mp4",
        b"inner/a.mp4/",
        b"",
        b".",
        b"..",
        b"inner/a.mp4\0",
    ],
)
def test_a_path_that_is_not_plainly_beneath_is_refused(root: Path, relative: bytes) -> None:
    with pytest.raises(OSError, match="no plain path") as refused:
        content(root, relative)
    assert refused.value.errno == errno.EXDEV


def test_links_are_refused_wherever_they_stand(root: Path) -> None:
    (root / "file.mp4").symlink_to(root.parent / "secret.mp4")
    (root / "folder").symlink_to(root.parent)
    (root / "near.mp4").symlink_to("inner/a.mp4")
    for relative in (b"file.mp4", b"folder/secret.mp4", b"near.mp4"):
        with pytest.raises(OSError) as refused:  # noqa: PT011 - the number is what counts
            content(root, relative)
        assert refused.value.errno in (errno.ELOOP, errno.ENOTDIR)


def test_a_pipe_does_not_block_and_is_refused(root: Path) -> None:
    os.mkfifo(root / "pipe.mp4")
    with pytest.raises(NotRegularError):
        content(root, b"pipe.mp4")


def test_a_folder_is_refused(root: Path) -> None:
    with pytest.raises(NotRegularError):
        content(root, b"inner")


def test_a_missing_file_says_so(root: Path) -> None:
    with pytest.raises(FileNotFoundError):
        content(root, b"inner/b.mp4")


@pytest.mark.parametrize(("levels", "name"), [(40, b"n" * 250), (2100, b"d")])
def test_a_path_longer_than_the_kernel_takes_opens(
    deep: Callable[[int, bytes], Path], levels: int, name: bytes
) -> None:
    top = deep(levels, name)
    assert content(top, b"/".join([name] * levels + [b"end.mp4"])) == b"the end"
