"""``stoat show``: single files, for people and for programs."""

from __future__ import annotations

import json
from pathlib import Path

from .conftest import Run


def test_the_facts_of_files_are_printed_and_bad_ones_are_named(run: Run, clips: Path) -> None:
    good, bad = clips / "2023 Alps" / "summit.mkv", clips / "Downloads" / "empty.mp4"
    ran = run("show", good, bad, "nowhere.mp4")
    assert ran.returncode == 2
    head, about, *streams = ran.stdout.splitlines()
    assert head == str(good)
    assert about.strip().startswith("matroska, ")
    assert [line.split()[1] for line in streams] == ["video,", "audio,", "audio,"]
    assert ran.stderr.splitlines() == [
        f"stoat: '{bad}' cannot be read: The file is empty (0 bytes).",
        "stoat: 'nowhere.mp4' cannot be read: No such file or directory.",
    ]


def test_json_is_one_object_per_file_also_of_bad_ones(run: Run, clips: Path) -> None:
    good, bad = clips / "2023 Alps" / "summit.mkv", clips / "Downloads" / "empty.mp4"
    ran = run("show", "--json", "--verify", good, bad)
    facts, failure = map(json.loads, ran.stdout.splitlines())
    assert (facts["codec"], facts["integrity_level"]) == ("h264", "packets")
    assert failure == {"path": str(bad), "error": "The file is empty (0 bytes)."}
    assert (ran.returncode, ran.stderr) == (2, "")
    assert run("show", good).returncode == 0


def test_names_do_not_steer_a_terminal(run: Run, clips: Path, tmp_path: Path) -> None:
    odd = tmp_path / "a\x1b[31m\n.mkv"
    odd.write_bytes((clips / "2023 Alps" / "summit.mkv").read_bytes())
    ran = run("show", odd)
    assert ran.returncode == 0
    assert "\x1b" not in ran.stdout
