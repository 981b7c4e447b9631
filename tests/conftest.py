"""What every test of the house is given, and what no test is: the developer's own settings."""

from __future__ import annotations

import os
import signal
from collections.abc import Iterator
from pathlib import Path

import hypothesis
import pytest

REPOSITORY = Path(__file__).resolve().parents[1]


def pytest_configure(config: pytest.Config) -> None:
    """Forget ``STOAT_*`` before anything reads it: a test that wants a setting sets it."""
    # A script that runs the tests in the background, or nohup, has them and what they start ignore
    # Ctrl-C and the end of a terminal.
    signal.signal(signal.SIGINT, signal.default_int_handler)
    signal.signal(signal.SIGHUP, signal.SIG_DFL)
    for name in [name for name in os.environ if name.startswith("STOAT_")]:
        if not name.startswith("STOAT_TEST_"):
            del os.environ[name]
    # Readers give way to all else: on a busy machine a file may take longer than a user waits.
    os.environ["STOAT_PROBE_TIMEOUT_S"] = "120"
    # The same examples in every run, and no failure because a machine is busy.
    hypothesis.settings.register_profile("steady", derandomize=True, deadline=None)
    hypothesis.settings.load_profile("steady")
    if where := os.environ.get("STOAT_TEST_COVERAGE"):
        measure_coverage(config, where)


def measure_coverage(config: pytest.Config, where: str) -> None:
    """Record which lines the tests of this process run; what it starts is not measured."""
    if config.getoption("numprocesses", None) and not hasattr(config, "workerinput"):
        return  # its workers run the tests
    from coverage import Coverage  # noqa: PLC0415 - slows a run that does not measure

    coverage = Coverage(data_file=where, data_suffix=True)
    coverage.start()
    config.add_cleanup(coverage.save)
    config.add_cleanup(coverage.stop)


@pytest.fixture(scope="session")
def anyio_backend() -> str:
    """Asynchronous tests run on asyncio, the loop that the queue runs on."""
    return "asyncio"


@pytest.fixture(autouse=True)
def same_priority() -> Iterator[None]:
    """See that no test turns its process into a real-time one, which starves the machine.

    An encoder may do so where the user may, as root may, and all later tests would inherit it.
    """
    before = os.sched_getscheduler(0)
    yield
    after = os.sched_getscheduler(0)
    if after != before:
        os.sched_setscheduler(0, before, os.sched_param(0))
    assert after == before, "the test left this thread with another scheduling policy"


@pytest.fixture(scope="session")
def repository() -> Path:
    """The root of the checkout."""
    return REPOSITORY


@pytest.fixture(scope="session")
def media_oracle() -> Path:
    """Real videos beside what two other tools say of them; tests of these skip where they are not.

    ``STOAT_TEST_MEDIA`` names the folder: ``MANIFEST.csv``, ``ffprobe.jsonl``, ``mediainfo.jsonl``
    and the videos themselves under ``files/``.
    """
    named = os.environ.get("STOAT_TEST_MEDIA")
    folder = Path(named) if named else REPOSITORY.parent / "shared" / "media"
    if not (folder / "MANIFEST.csv").is_file():
        if named:
            pytest.fail(f"STOAT_TEST_MEDIA is '{named}', which holds no MANIFEST.csv.")
        pytest.skip("no folder of real videos: set STOAT_TEST_MEDIA to run this")
    return folder
