"""Hostile inputs: each becomes a row, a failure with a class and a reason, or a counted skip."""

from __future__ import annotations

import ctypes
import importlib.util
import os
import re
import resource
import shutil
import socket
import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from types import ModuleType
from typing import NamedTuple

import apsw
import pytest
from hostile_tree import EITHER, FAILED, IGNORED, OK, HostileTree, make_hostile_tree

from stoat_nb import Library, ScanReport
from stoat_nb.media.failures import ERROR_CLASSES
from stoat_nb.settings import Settings

BADMEDIA = Path(__file__).parents[3] / "shared" / "tools" / "badmedia.py"
#: MiB that the scanning process may grow by, whatever it scans.
GROWTH_MB = 256
IN_OPEN = 0x20


class Row(NamedTuple):
    status: str
    error_class: str | None
    error: str | None


class Canary:
    """Notices whoever asks a loopback address, or opens what lies outside of the root."""

    def __init__(self) -> None:
        self.server = socket.socket()
        self.server.bind(("127.0.0.1", 0))
        self.server.listen()
        self.server.setblocking(False)
        self.url = f"http://127.0.0.1:{self.server.getsockname()[1]}"
        self._libc = ctypes.CDLL(None, use_errno=True)
        self._notices = self._libc.inotify_init1(os.O_NONBLOCK | os.O_CLOEXEC)

    def guard(self, folder: Path) -> None:
        assert self._libc.inotify_add_watch(self._notices, os.fsencode(folder), IN_OPEN) >= 0

    def is_silent(self) -> bool:
        return not self._is_asked() and not self._is_read()

    def _is_asked(self) -> bool:
        try:
            asking, _address = self.server.accept()
        except BlockingIOError:
            return False
        asking.close()
        return True

    def _is_read(self) -> bool:
        try:
            return bool(os.read(self._notices, 4096))
        except BlockingIOError:
            return False

    def close(self) -> None:
        self.server.close()
        os.close(self._notices)


def children() -> set[int]:
    """Return the processes that this one has started and that are still there."""
    listed = Path("/proc/self/task").glob("*/children")
    return {int(number) for path in listed for number in path.read_text().split()}


def rows_of(library: Library, root: Path) -> dict[bytes, Row]:
    """Return every row below the root, by the bytes of its path."""
    connection = apsw.Connection(str(library.path), flags=apsw.SQLITE_OPEN_READONLY)
    with closing(connection):
        found = connection.execute(
            "SELECT f.path, v.name, v.status, x.error_class, x.error FROM videos v "
            "JOIN folders f ON f.id = v.folder_id LEFT JOIN failures x ON x.video_id = v.id"
        ).fetchall()
    start = len(os.fsencode(root)) + 1
    return {
        (bytes(folder) + b"/" + bytes(name))[start:]: Row(*facts) for folder, name, *facts in found
    }


def accounts(report: ScanReport, rows: dict[bytes, Row]) -> None:
    """Check that every input was counted once, and that every failure says why."""
    assert report.scanned == report.new + report.failed == len(rows)
    failed = [row for row in rows.values() if row.status == FAILED]
    assert len(failed) == report.failed == len(report.errors)
    assert {row.error_class for row in failed} <= set(ERROR_CLASSES) - {"internal", "crash"}
    assert all(row.error for row in failed)
    assert {row.status for row in rows.values()} <= {OK, FAILED}


@contextmanager
def growing(path: Path, content: bytes) -> Iterator[None]:
    """Write to a file over and over while something else goes on."""
    stop = threading.Event()

    def write() -> None:
        while not stop.is_set():
            with path.open("wb", buffering=0) as file:
                for start in range(0, len(content), 1000):
                    file.write(content[start : start + 1000])

    writer = threading.Thread(target=write)
    writer.start()
    try:
        yield
    finally:
        stop.set()
        writer.join()


@pytest.fixture
def canary() -> Iterator[Canary]:
    if not sys.platform.startswith("linux"):
        pytest.skip("watches the disk with inotify")
    with closing(Canary()) as made:
        yield made


@pytest.fixture
def tree(canary: Canary, clips: Path, tmp_path: Path) -> HostileTree:
    return make_hostile_tree(tmp_path, clips, url=canary.url)


def test_the_canary_notices(canary: Canary, tmp_path: Path) -> None:
    secret = tmp_path / "outside" / "secret.ts"
    secret.parent.mkdir()
    secret.write_bytes(b"x")
    canary.guard(secret.parent)
    assert canary.is_silent()
    secret.read_bytes()
    assert not canary.is_silent()
    with socket.create_connection(canary.server.getsockname()):
        assert not canary.is_silent()


def test_a_tree_of_hostile_inputs_is_scanned_to_the_end(
    tree: HostileTree, canary: Canary, clips: Path, tmp_path: Path
) -> None:
    good = (clips / "2024 Summer" / "beach walk.mp4").read_bytes()
    grows = tree.root / "special" / "grows.mp4"
    grows.write_bytes(good)
    tree.expected[b"special/grows.mp4"] = EITHER
    canary.guard(tree.secret.parent)
    others, before = children(), resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    with Library(tmp_path / "library.db") as library:
        with growing(grows, good):
            report = library.scan(tree.root).result(timeout=300)
        rows = rows_of(library, tree.root)
        assert not library.videos().empty
    assert children() <= others, "a worker outlived its library"
    assert canary.is_silent(), "something outside of the root was read or asked"
    assert resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before < GROWTH_MB << 10
    accounts(report, rows)
    wrong = [
        (name, becomes, rows.get(name))
        for name, becomes in tree.expected.items()
        if not _is_as_expected(becomes, rows.get(name))
    ]
    assert not wrong
    assert len(report.ignored) == list(tree.expected.values()).count(IGNORED)
    assert set(rows) == {name for name, becomes in tree.expected.items() if becomes != IGNORED}


def _is_as_expected(becomes: str, row: Row | None) -> bool:
    return (
        (row is None) if becomes == IGNORED else row is not None and becomes in (EITHER, row.status)
    )


_OPENED = re.compile(r'open(?:at2?)?\((\S+), "((?:[^"\\]|\\.)*)".*?= (-?\d+)')


def test_no_file_is_opened_but_below_the_root_and_no_address_is_asked(
    tree: HostileTree, tmp_path: Path
) -> None:
    if shutil.which("strace") is None:
        pytest.skip("needs strace")
    for name in ("names", "cuts", "flips", "bombs"):
        shutil.rmtree(tree.root / name)
    log = tmp_path / "calls"
    calls = "trace=open,openat,openat2,connect,bind,sendto,execve"
    command = [sys.executable, "-m", "stoat_nb.cli", "scan", str(tree.root)]
    traced = subprocess.run(
        ["strace", "-f", "-qq", "-s", "4096", "-e", calls, "-o", log, *command],
        env={**os.environ, "STOAT_LIBRARY": str(tmp_path / "l.db")},
        capture_output=True,
        check=False,
        timeout=300,
    )
    if not log.is_file() or b"PTRACE" in traced.stderr:
        pytest.skip("this machine does not let strace work")
    said = log.read_text(errors="replace")
    assert "openat2" in said, "nothing was traced"
    assert "AF_INET" not in said
    opened = {path for _at, path, fd in _OPENED.findall(said) if int(fd) >= 0}
    assert not {path for path in opened if path.endswith(tree.secret.name)}
    places = (sys.prefix, sys.base_prefix, "/usr", "/lib", "/etc", "/proc", "/sys", "/dev")
    own = (*places, str(tmp_path / "l.db"), str(tree.root), str(Path(__file__).parents[2]))
    strange = {path for path in opened if path.startswith("/") and not path.startswith(own)}
    assert strange <= {str(tmp_path)}, "the library's own folder, so that its file is found again"
    assert set(re.findall(r'execve\("([^"]*)"', said)) == {sys.executable}


@pytest.fixture
def badmedia(tmp_path: Path) -> Iterator[ModuleType]:
    """Give the builder of hostile inputs that is kept beside this checkout, and tidy up."""
    if not BADMEDIA.is_file():
        pytest.skip("needs badmedia.py")
    spec = importlib.util.spec_from_file_location("badmedia", BADMEDIA)
    assert spec is not None
    assert spec.loader is not None
    module = sys.modules["badmedia"] = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    yield module
    module.clean(str(tmp_path / "bad"))


@pytest.mark.slow
def test_every_input_of_a_foreign_builder_becomes_what_its_manifest_says(
    badmedia: ModuleType, canary: Canary, tmp_path: Path
) -> None:
    port = canary.url.rsplit(":", 1)[1]
    made = badmedia.build(str(tmp_path / "bad"), canary_port=int(port), fuzz=200, seed=5, deep=1500)
    canary.guard(Path(made.secret).parent)
    others = children()
    settings = Settings(extensions=frozenset(badmedia.SUFFIXES), probe_timeout_s=4)
    with Library(tmp_path / "library.db", settings=settings) as library:
        report = library.scan(os.fsdecode(made.tree)).result(timeout=300)
        rows = rows_of(library, Path(os.fsdecode(made.tree)))
    assert children() <= others
    assert canary.is_silent()
    accounts(report, rows)
    expected = {"readable": OK, "error": FAILED, "skipped": IGNORED, "survive": EITHER}
    left_out = {Path(one["path"]).name for one in report.ignored}
    wrong = [
        (entry.show, entry.expect, rows.get(entry.rel))
        for entry in made.entries
        if Path(entry.show).name not in left_out
        if not _is_as_expected(expected[entry.expect], rows.get(entry.rel))
    ]
    assert not wrong
    assert len(made.entries) > 350
