"""``stoat serve`` as people run it: a program of its own, on a port of its own."""

from __future__ import annotations

import os
import re
import signal
import subprocess
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import httpx
import pytest

from tests.ports import free_port

COMMAND = (sys.executable, "-m", "stoat_nb.cli")


@dataclass(frozen=True)
class Served:
    process: subprocess.Popen[str]
    address: str

    @property
    def port(self) -> int:
        return int(self.address.rpartition(":")[2])

    def stop(self, how: signal.Signals = signal.SIGINT) -> tuple[int, str, str]:
        self.process.send_signal(how)
        stdout, stderr = self.process.communicate(timeout=120)
        return self.process.returncode, stdout, stderr


@pytest.fixture(scope="session")
def environment(repository: Path, tmp_path_factory: pytest.TempPathFactory) -> dict[str, str]:
    return {
        "PATH": os.environ["PATH"],
        "HOME": str(tmp_path_factory.mktemp("home")),
        "PYTHONPATH": str(repository),
        "LANG": "C.UTF-8",
        "STOAT_PROBE_TIMEOUT_S": "120",  # readers give way to all else on a busy machine
    }


@contextmanager
def serving(
    environment: dict[str, str],
    folder: Path,
    *arguments: str | Path,
    command: Sequence[str] = COMMAND,
) -> Iterator[Served]:
    process = subprocess.Popen(
        [*command, *arguments],
        cwd=folder,
        env=environment,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    try:
        yield Served(process, announced(process))
    finally:
        if process.poll() is None:
            process.kill()
        process.communicate()


def announced(process: subprocess.Popen[str]) -> str:
    assert process.stdout is not None
    assert process.stderr is not None
    for line in process.stdout:
        if found := re.search(r"Stoat is at (http://\S+)", line):
            return found[1]
    raise AssertionError(process.stderr.read())


@contextmanager
def panel_serving(
    environment: dict[str, str], folder: Path, page: str, *arguments: str
) -> Iterator[str]:
    """Serve a page with ``panel serve``; yield the server's address once it answers."""
    (folder / "dashboard.py").write_text(page, encoding="utf-8")
    port = free_port()
    process = subprocess.Popen(
        [
            *(sys.executable, "-m", "panel", "serve", "dashboard.py"),
            *("--address", "127.0.0.1", "--port", str(port), *arguments),
        ],
        cwd=folder,
        env=environment,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    try:
        address = f"http://127.0.0.1:{port}"
        wait_for(process, address)
        yield address
    finally:
        process.kill()
        process.wait()


def wait_for(process: subprocess.Popen[bytes], address: str) -> None:
    # Retries are of the connection itself; each waits a little longer than the one before.
    transport = httpx.HTTPTransport(retries=8)
    with httpx.Client(transport=transport, timeout=60) as client:
        while process.poll() is None:
            try:
                client.get(f"{address}/favicon.ico")
            except httpx.ConnectError:
                continue
            return
    raise AssertionError(f"panel serve ended with {process.returncode}")
