"""Links as a choice: none is followed, those to files, or all; never out of the roots."""

from __future__ import annotations

import os
import shutil
from pathlib import Path

import pytest

from stoat_nb import Library, ScanReport
from stoat_nb.media.rules import FollowLinks
from stoat_nb.settings import Settings


@pytest.fixture
def clip(clips: Path) -> Path:
    return next(path for path in sorted(clips.rglob("*.mp4")) if path.stat().st_size > 3000)


@pytest.fixture
def annex(clip: Path, tmp_path: Path) -> Path:
    """Return a folder as git-annex has them: names are links to contents in a hidden folder."""
    folder = tmp_path / "films"
    for number in (1, 2, 3):
        content = folder / ".annex" / f"SHA256-{number}"
        content.parent.mkdir(parents=True, exist_ok=True)
        shutil.copy(clip, content)
        (folder / f"film{number}.mp4").symlink_to(f".annex/SHA256-{number}")
    return folder


def scan(library: Library, folder: Path, links: FollowLinks, mode: str = "changed") -> ScanReport:
    return library.scan(folder, follow_links=links, mode=mode).result(timeout=120)  # type: ignore[arg-type]


def statuses(library: Library, folder: Path) -> dict[str, str]:
    frame = library.videos()
    return {
        os.path.relpath(path, folder): status
        for path, status in zip(frame["path"], frame["status"].astype(str), strict=True)
    }


def test_a_folder_of_links_alone_says_that_none_was_followed(library: Library, annex: Path) -> None:
    report = library.scan(annex).result(timeout=120)
    assert report.scanned == 0
    assert report.notes == (
        (
            "No videos were found. Left out: 3 links not followed (--follow-links follows them); "
            "1 hidden or system entry (see the 'hidden' setting)."
        ),
    )


@pytest.mark.parametrize("links", ["files", "all"])
def test_links_to_files_are_read_by_their_own_names(
    library: Library, annex: Path, clip: Path, links: FollowLinks
) -> None:
    report = scan(library, annex, links)
    assert (report.new, report.failed) == (3, 0)
    frame = library.videos()
    assert sorted(frame["name"]) == ["film1.mp4", "film2.mp4", "film3.mp4"]
    assert set(frame["size_bytes"]) == {clip.stat().st_size}
    assert set(frame["codec"].astype(str)) == {"av1"}
    again = scan(library, annex, links)
    assert (again.skipped, again.new, again.updated) == (3, 0, 0)
    assert scan(library, annex, links, mode="quick").skipped == 3


def test_a_link_that_leads_elsewhere_now_is_read_again(
    library: Library, annex: Path, clips: Path
) -> None:
    scan(library, annex, "files")
    (annex / "film1.mp4").unlink()
    (annex / "film1.mp4").symlink_to(next(clips.rglob("*.webm")))
    (annex / "film2.mp4").unlink()
    (annex / "film2.mp4").symlink_to(annex / "nothing")
    report = scan(library, annex, "files")
    assert (report.updated, report.skipped, report.removed) == (1, 1, 1)
    assert statuses(library, annex)["film2.mp4"] == "missing"
    assert "The link leads nowhere." in {one["reason"] for one in report.ignored}


def test_links_that_are_followed_no_more_are_excluded_and_not_missing(
    library: Library, annex: Path
) -> None:
    scan(library, annex, "files")
    report = scan(library, annex, "none")
    assert (report.excluded, report.removed, report.offline) == (3, 0, 0)
    assert set(statuses(library, annex).values()) == {"excluded"}
    assert scan(library, annex, "files").returned == 3


def test_a_second_link_to_a_file_is_a_second_name_and_no_move(
    library: Library, annex: Path
) -> None:
    scan(library, annex, "files")
    (annex / "also.mp4").symlink_to(".annex/SHA256-1")
    report = scan(library, annex, "files")
    assert (report.new, report.moved, report.skipped) == (1, 0, 3)
    assert set(statuses(library, annex).values()) == {"ok"}


def test_folders_that_links_lead_to_are_entered_once_and_loops_end(
    library: Library, clip: Path, tmp_path: Path
) -> None:
    films, away = tmp_path / "films", tmp_path / "away"
    for made in (films / "in", away / "deep"):
        made.mkdir(parents=True)
    for copy in (films / "in" / "a.mp4", away / "b.mp4", away / "deep" / "c.mp4"):
        shutil.copy(clip, copy)
    (films / "self").symlink_to(".")
    (films / "in" / "up").symlink_to("..")
    (films / "z").symlink_to(away)
    (films / "y").symlink_to(away)
    (away / "deep" / "back").symlink_to(films)
    (away / "deep" / "twin").symlink_to(away)
    report = scan(library, films, "all")
    assert set(statuses(library, films)) == {"in/a.mp4", "y/b.mp4", "y/deep/c.mp4"}
    assert {Path(one["path"]).name for one in report.ignored} == {
        *("self", "up", "z", "back", "twin")
    }
    assert "is scanned where it is, or by another link" in report.ignored[0]["reason"]
    for mode in ("changed", "quick", "full"):
        again = scan(library, films, "all", mode)
        assert (again.scanned, again.failed, again.removed) == (3, 0, 0)
    assert scan(library, films, "none").excluded == 2
    assert set(statuses(library, films).values()) == {"ok", "excluded"}


def test_no_link_is_followed_out_of_the_roots(clip: Path, tmp_path: Path) -> None:
    secret, films = tmp_path / "secret", tmp_path / "films"
    for folder in (secret, films / "in"):
        folder.mkdir(parents=True)
    shutil.copy(clip, secret / "s.mp4")
    shutil.copy(clip, films / "in" / "a.mp4")
    (films / "file.mp4").symlink_to(secret / "s.mp4")
    (films / "folder").symlink_to(secret)
    (films / "hop.mp4").symlink_to(tmp_path / "films" / "folder" / "s.mp4")
    (films / "inside.mp4").symlink_to("in/a.mp4")
    allowed = Settings(roots=(films,), follow_links="all", probe_timeout_s=120)
    with Library(tmp_path / "library.db", settings=allowed) as library:
        report = library.scan(films).result(timeout=120)
        assert set(statuses(library, films)) == {"in/a.mp4", "inside.mp4"}
        outside = [one["path"] for one in report.ignored if "out of the folders" in one["reason"]]
        assert {Path(path).name for path in outside} == {"file.mp4", "folder", "hop.mp4"}


def test_links_that_are_followed_are_hidden_or_excluded_as_files_are(
    clip: Path, tmp_path: Path
) -> None:
    films = tmp_path / "films"
    (films / "real").mkdir(parents=True)
    shutil.copy(clip, films / "real" / "a.mp4")
    (tmp_path / "away").mkdir()
    shutil.copy(clip, tmp_path / "away" / "b.mp4")
    for name, target in (
        (".hidden.mp4", "real/a.mp4"),
        ("old.mp4", "real/a.mp4"),
        (".more", "../away"),
        ("old", "../away"),
    ):
        (films / name).symlink_to(target)
    kept = Settings(follow_links="all", exclude=("old*",), probe_timeout_s=120)
    with Library(tmp_path / "library.db", settings=kept) as library:
        library.scan(films).result(timeout=120)
        assert set(statuses(library, films)) == {"real/a.mp4"}
