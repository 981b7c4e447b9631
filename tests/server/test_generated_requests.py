"""Requests that schemathesis makes of the OpenAPI document: each answer is one that it names."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from pathlib import Path

import httpx
import pytest

from stoat_nb.media.demo_clips import make_samples

from .conftest import serving

#: Requests of each of the two servers; a patient run asks for more by $STOAT_TEST_REQUESTS.
REQUESTS = int(os.environ.get("STOAT_TEST_REQUESTS", "1000"))
#: Those that schemathesis always makes, of the edges of each parameter.
_ALWAYS = 900


#: The limit of a whole body, 413, comes before any schema; else those that schemathesis expects.
_CONFIG = """[checks.negative_data_rejection]
expected-statuses = [400, 401, 403, 404, 405, 406, 409, 413, 415, 422, 428, 429, "5xx"]
"""


@pytest.mark.slow
@pytest.mark.parametrize("has_roots", [False, True])
def test_every_answer_is_as_openapi_says(
    environment: dict[str, str], repository: Path, tmp_path: Path, *, has_roots: bool
) -> None:
    clips = tmp_path / "clips"
    make_samples(clips)
    (tmp_path / "schemathesis.toml").write_text(_CONFIG)
    roots = {"STOAT_ROOTS": str(clips)} if has_roots else {}
    with (
        serving({**environment, **roots}, tmp_path, "serve", "--port", "0") as served,
        httpx.Client(base_url=served.address, timeout=60) as client,
    ):
        n_operations = sum(map(len, client.get("/openapi.json").json()["paths"].values()))
        # Some have few different requests.
        most = max(1, (REQUESTS - _ALWAYS) * 5 // (4 * n_operations))
        run = subprocess.run(
            [
                *(sys.executable, "-m", "schemathesis.cli", "run", "--no-color"),
                *("--checks", "all", "--seed", "12", "--generation-database", "none"),
                *("--request-timeout", "120"),
                *("--phases", "examples,coverage,fuzzing", "--max-examples", str(most)),
                *("--continue-on-failure", f"{served.address}/openapi.json"),
            ],
            cwd=tmp_path,
            env={
                **environment,
                "PYTHONPATH": f"{repository}:{Path(__file__).parent}",
                "SCHEMATHESIS_HOOKS": "generated_requests",
                "STOAT_TEST_FOLDER": str(clips),
            },
            capture_output=True,
            text=True,
            check=False,
        )
        jobs = client.get("/api/v1/jobs", params={"limit": 500}).json()["items"]
        videos = client.get("/api/v1/videos").json()["total"]
        code, _, stderr = served.stop()
    assert run.returncode == 0, run.stdout
    made = re.search(r"(\d+) generated, (\d+) passed", run.stdout)
    assert made is not None, run.stdout
    assert int(made[2]) == int(made[1]) >= REQUESTS
    assert "complete" in {job["status"] for job in jobs}
    assert videos > 0
    assert (code, stderr) == (0, "")
