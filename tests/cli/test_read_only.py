"""Commands that look work on a library that this user may only read; those that change say so."""

from __future__ import annotations

import os
import shutil
import subprocess
from pathlib import Path

import pytest

from stoat_nb.library import Library

from .conftest import COMMAND

LOOKS = (("videos", "--where", "height > 0", "--format", "csv"), ("jobs", "--json"), ("failures",))
NOBODY = 65534
#: Root, but without the right to do what only others may.
AS_ANOTHER = ("setpriv", "--bounding-set", "-dac_override,-dac_read_search,-fowner")
AS_READ_ONLY = (
    "unshare",
    "--mount",
    "sh",
    "-c",
    'mount --bind "$0" "$0" && mount -o remount,ro,bind "$0" && exec "$@"',
)


@pytest.fixture
def place(tmp_path: Path, full: Path) -> Path:
    """A library in a folder of its own."""
    folder = tmp_path / "place"
    folder.mkdir()
    shutil.copy(full, folder / "library.db")
    return folder / "library.db"


@pytest.fixture(params=["another user's", "on a read-only disk"])
def prefix(request: pytest.FixtureRequest, place: Path) -> list[str]:
    """What to run a command by, so that it may not write there."""
    if os.geteuid() != 0:
        pytest.skip("only root can become somebody who may not write")
    if request.param == "another user's":
        for one in (place.parent, *place.parent.iterdir()):
            os.chown(one, NOBODY, NOBODY)
        return [*AS_ANOTHER]
    prefix = [*AS_READ_ONLY, str(place.parent)]
    if subprocess.run([*prefix, "true"], capture_output=True, check=False).returncode:
        pytest.skip("nothing may be mounted here")
    return prefix


def stoat(
    prefix: list[str], environment: dict[str, str], *arguments: str | Path
) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [*prefix, *COMMAND, "--library", *arguments],
        env=environment,
        capture_output=True,
        text=True,
        check=False,
    )


@pytest.mark.parametrize("is_open", [False, True], ids=["closed", "open elsewhere"])
def test_every_command_that_looks_shows_the_same_as_to_its_owner(
    place: Path, prefix: list[str], environment: dict[str, str], *, is_open: bool
) -> None:
    told = {look: stoat([], environment, place, *look) for look in LOOKS}
    owner = Library(place, take="none") if is_open else None
    for one in place.parent.iterdir():
        os.chown(one, place.stat().st_uid, place.stat().st_gid)
    before = sorted(one.name for one in place.parent.iterdir())
    for look in LOOKS:
        ran = stoat(prefix, environment, place, *look)
        assert (ran.returncode, ran.stdout) == (0, told[look].stdout), ran.stderr
        assert ran.stderr == told[look].stderr
    assert sorted(one.name for one in place.parent.iterdir()) == before
    if owner is not None:
        owner.close()


def test_a_command_that_changes_something_is_refused_in_one_sentence(
    place: Path, prefix: list[str], environment: dict[str, str], clips: Path
) -> None:
    with Library(place, take="none") as library:
        job_id = library.job_states(limit=1)[0].job_id
    for one in place.parent.iterdir():
        os.chown(one, place.stat().st_uid, place.stat().st_gid)
    for change in (("retry", job_id), ("scan", str(clips))):
        ran = stoat(prefix, environment, place, *change)
        assert ran.returncode != 0
        assert "Traceback" not in ran.stderr
        assert ("for reading only" in ran.stderr) or ("cannot be written" in ran.stderr), ran.stderr
