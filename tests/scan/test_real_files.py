"""A scan of real files from many hands: each is accounted for, whatever it is."""

from __future__ import annotations

import csv
from pathlib import Path

from stoat_nb import Library


def test_every_real_file_is_a_row_or_a_failure_with_a_reason(
    media_oracle: Path, tmp_path: Path
) -> None:
    with (media_oracle / "MANIFEST.csv").open(newline="") as lines:
        sizes = {row["path"]: int(row["bytes"]) for row in csv.DictReader(lines)}
    with Library(tmp_path / "library.db") as library:
        report = library.scan(media_oracle / "files").result(timeout=300)
        videos, failures = library.videos(), library.failures()
    assert report.scanned == len(sizes) == 131
    assert report.new + report.failed == 131
    found = dict(zip(videos["relative_path"], videos["size_bytes"], strict=True))
    assert found == sizes
    failed = videos[videos["status"] == "failed"]
    assert sorted(failed["path"]) == sorted(failures["path"])
    assert failures["error"].str.strip().str.len().min() > 0
    assert failures["error_class"].notna().all()
    healthy = videos[videos["status"] == "ok"]
    assert healthy["container"].notna().all()
    assert (healthy["n_streams"] > 0).all()
