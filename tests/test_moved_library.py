"""A library whose file is moved while jobs run in it."""

from __future__ import annotations

import subprocess
import sys
import threading
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from stoat_nb.errors import CatalogMoved
from stoat_nb.jobs.context import JobContext
from stoat_nb.library import Library


def test_a_job_that_runs_while_the_file_is_moved_is_never_called_complete(tmp_path: Path) -> None:
    begun, go_on = threading.Event(), threading.Event()

    async def handler(context: JobContext) -> str:
        begun.set()
        await context.in_thread(go_on.wait)
        return "done"

    path = tmp_path / "folder" / "library.db"
    path.parent.mkdir()
    library = Library(path)
    library.register_handler("wait", handler)
    job = library.submit("wait", {})
    with ThreadPoolExecutor(1) as threads:
        result = threads.submit(job.result, timeout=60)
        assert begun.wait(60)
        path.parent.rename(tmp_path / "elsewhere")
        go_on.set()
        assert isinstance(result.exception(), CatalogMoved)
    for ask in (job.wait, library.videos, library.jobs, lambda: library.scan(tmp_path)):
        with pytest.raises(CatalogMoved, match="was moved or deleted"):
            ask()
    with pytest.raises(CatalogMoved, match="open it again"):
        library.close()
    library.close()
    with Library(tmp_path / "elsewhere" / path.name) as moved:
        assert not moved.job(job.id).state.is_final


def test_a_program_that_ends_after_the_file_was_moved_says_so_without_a_traceback(
    tmp_path: Path,
) -> None:
    code = (
        "import sys\nfrom pathlib import Path\nfrom stoat_nb import Library\n"
        "path = Path(sys.argv[1])\nlibrary = Library(path)\n"
        "path.rename(path.with_name('elsewhere.db'))\n"
    )
    said = subprocess.run(
        [sys.executable, "-c", code, str(tmp_path / "library.db")],
        capture_output=True,
        text=True,
        check=True,
    )
    assert "Traceback" not in said.stderr
