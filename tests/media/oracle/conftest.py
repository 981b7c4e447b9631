"""What we say of the real files, asked once for all who compare."""

from __future__ import annotations

import json
import os
from pathlib import Path

import pytest

from stoat_nb.media.extensions import VIDEO_EXTENSIONS
from stoat_nb.media.find import find_folders
from stoat_nb.media.outcome import outcome
from stoat_nb.media.probe import probe
from stoat_nb.media.rules import Rules
from stoat_nb.media.video import Outcome


@pytest.fixture(scope="session")
def told(media_oracle: Path) -> dict[str, Outcome]:
    """What we say of each file, by its path beneath the folder."""
    root = os.fsencode(media_oracle / "files")
    listings = list(find_folders(root, Rules.of(VIDEO_EXTENSIONS)))
    assert all(listing.readable and not listing.problems for listing in listings)
    answers = {}
    for found in (found for listing in listings for found in listing.files):
        relative = os.fsdecode((found.folder + b"/" + found.name)[len(root) + 1 :])
        item = {
            "root": os.fsdecode(root),
            "relative": relative,
            "size_bytes": found.size_bytes,
            "mtime_ns": found.mtime_ns,
        }
        answers[relative] = outcome(found, json.loads(json.dumps(probe(item))))
    return answers
