from __future__ import annotations

import shutil
from pathlib import Path
from typing import Any

import pytest

from stoat_nb.components.failure_bar import FailureBar
from stoat_nb.components.failure_list import FailureList
from stoat_nb.library import Library
from stoat_nb.media.demo_clips import make_samples


@pytest.fixture
def archive(tmp_path: Path) -> Path:
    make_samples(tmp_path / "archive")
    return tmp_path / "archive"


def counts(failures: FailureList) -> dict[str, int]:
    return {one["key"]: one["count"] for one in failures.bar.reasons}


def test_files_of_one_reason_are_shown_and_read_once_more_or_it_is_said_why_not(
    library: Library, archive: Path, seen: Any
) -> None:
    library.scan(archive).result(120)
    failures = FailureList(library)
    failures.param.watch(seen.note, "total")
    failures.bar.param.watch(seen.note, ["reasons", "busy", "chosen"])
    before = counts(failures)
    assert before == library.failures()["error_class"].value_counts().to_dict()
    assert sum(before.values()) > before["empty"] > 0
    (empty,) = archive.rglob("empty.mp4")
    shutil.copy(next(archive.rglob("beach walk.mp4")), empty)

    failures.bar._handle_msg({"reason": "empty"})
    seen.wait_for(lambda: failures.total == before["empty"])
    failures.bar._handle_msg({"retry": "empty"})

    # Its files can be read by now: all others are shown again.
    seen.wait_for(lambda: "empty" not in counts(failures) and not failures.bar.busy)
    seen.wait_for(lambda: failures.bar.chosen == "" and failures.total == sum(before.values()) - 1)
    (card,) = failures.cards.rows
    assert failures.cards.visible
    assert card["title"] == "Scan of failed files in archive"
    assert card["detail"].startswith("1 file: 1 updated")

    failures.bar.param.watch(seen.note, "problem")
    shutil.rmtree(archive)
    archive.touch()
    failures.bar._handle_msg({"retry": ""})
    seen.wait_for(lambda: "is not a folder" in failures.bar.problem)
    assert not failures.cards.visible


def test_what_no_button_can_have_sent_is_left_alone(library: Library) -> None:
    failures = FailureList(library)

    for wish in ({"retry": "empty"}, {"retry": 1}, {"reason": "no such"}, {"reason": None}, []):
        failures.bar._handle_msg(wish)

    assert library.job_states() == []
    assert not failures.bar.busy


def test_every_parameter_says_what_it_is_for() -> None:
    assert all(FailureBar.param[name].doc for name in set(FailureBar.param) - {"name"})
