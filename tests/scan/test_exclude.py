"""What becomes of videos that a scan leaves out: they are there, and are not looked at."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from stoat_nb import Library, ScanReport
from stoat_nb.errors import BadArgument, SettingError
from stoat_nb.settings import Settings


@pytest.fixture
def folder(clips: Path, tmp_path: Path) -> Path:
    clip = next(path for path in sorted(clips.rglob("*.mp4")) if path.stat().st_size > 3000)
    top = tmp_path / "videos"
    for name in ("film.mp4", "film.lrv", "proxies/film.mp4", "proxies/deep/film.mp4"):
        (top / name).parent.mkdir(parents=True, exist_ok=True)
        shutil.copy(clip, top / name)
    return top


def scan(library: Library, folder: Path, *exclude: str, mode: str = "changed") -> ScanReport:
    return library.scan(folder, exclude=exclude, mode=mode).result(timeout=120)  # type: ignore[arg-type]


def statuses(library: Library, folder: Path) -> dict[str, str]:
    frame = library.videos()
    return {
        str(Path(path).relative_to(folder)): status
        for path, status in zip(frame["path"], frame["status"].astype(str), strict=True)
    }


OUT = {"proxies/film.mp4": "excluded", "proxies/deep/film.mp4": "excluded"}
OK = dict.fromkeys(("film.mp4", "film.lrv", "proxies/film.mp4", "proxies/deep/film.mp4"), "ok")


@pytest.mark.parametrize("mode", ["changed", "quick", "full"])
def test_known_videos_that_are_left_out_are_excluded_until_they_are_found_again(
    library: Library, folder: Path, mode: str
) -> None:
    scan(library, folder)
    assert statuses(library, folder) == OK
    before = library.videos()[["video_id", "path", "codec", "first_seen"]]
    report = scan(library, folder, "proxies/", mode=mode)
    assert (report.scanned, report.excluded, report.removed) == (2, 2, 0)
    assert str(report).endswith("2 excluded")
    assert statuses(library, folder) == OK | OUT
    again = scan(library, folder, mode=mode)
    assert statuses(library, folder) == OK
    assert again.returned == (2 if mode != "full" else 0)
    assert library.videos()[["video_id", "path", "codec", "first_seen"]].equals(before)


def test_excluded_videos_count_in_no_total_and_their_history_says_so(
    library: Library, folder: Path
) -> None:
    first = scan(library, folder)
    second = scan(library, folder, "proxies/")
    summary = library.summary()
    assert (summary.n_ok, summary.n_excluded, summary.n_missing) == (2, 2, 0)
    assert summary.total_bytes == sum(
        path.stat().st_size for path in folder.iterdir() if path.is_file()
    )
    changes = library.diff(first.scan_id, second.scan_id)["change"].astype(str).tolist()
    assert changes == ["excluded", "excluded"]
    third = scan(library, folder)
    assert set(library.diff(second.scan_id, third.scan_id)["change"].astype(str)) == {"returned"}


def test_what_is_excluded_can_be_forgotten(library: Library, folder: Path) -> None:
    scan(library, folder)
    scan(library, folder, "proxies/")
    assert library.forget() == 2
    assert statuses(library, folder) == {"film.mp4": "ok", "film.lrv": "ok"}
    assert scan(library, folder).new == 2


def test_a_pattern_for_everything_empties_no_library(library: Library, folder: Path) -> None:
    scan(library, folder)
    report = scan(library, folder, "*")
    assert (report.excluded, report.offline, report.removed) == (4, 0, 0)
    assert report.notes == (
        "No videos were found. Left out: 3 files or folders excluded by patterns.",
    )
    assert scan(library, folder).returned == 4


@pytest.mark.parametrize(
    ("before", "after", "out"),
    [
        ({"extensions": {"mp4", "lrv"}}, {"extensions": {"mp4"}}, {"film.lrv"}),
        ({"hidden": True}, {"hidden": False}, {".hidden/film.mp4"}),
        ({}, {"exclude": ["/proxies/deep"]}, {"proxies/deep/film.mp4"}),
    ],
)
def test_videos_that_other_rules_leave_out_are_excluded_too(
    tmp_path: Path, folder: Path, before: dict[str, object], after: dict[str, object], out: set[str]
) -> None:
    shutil.copytree(folder / "proxies" / "deep", folder / ".hidden")
    for rules in (before, after):
        with Library(
            tmp_path / "library.db", settings=Settings(**rules, probe_timeout_s=120)
        ) as library:  # type: ignore[arg-type]
            library.scan(folder).result(timeout=120)
            found = statuses(library, folder)
    assert {path for path, status in found.items() if status == "excluded"} == out
    assert "missing" not in found.values()


def test_a_file_of_patterns_that_is_rewritten_counts_in_a_quick_scan(
    library: Library, folder: Path
) -> None:
    patterns = folder / ".stoatignore"
    patterns.write_text("nothing\n")
    scan(library, folder)
    patterns.write_text("proxies/\n")
    assert scan(library, folder, mode="quick").excluded == 2
    patterns.write_text("deep/\n")
    assert scan(library, folder, mode="quick").returned == 1
    patterns.unlink()
    assert scan(library, folder, mode="quick").returned == 1
    assert statuses(library, folder) == OK


def test_files_that_are_gone_are_missing_whether_or_not_a_pattern_names_them(
    library: Library, folder: Path
) -> None:
    scan(library, folder)
    shutil.rmtree(folder / "proxies" / "deep")
    report = scan(library, folder, "proxies/")
    assert (report.excluded, report.removed) == (1, 1)
    assert statuses(library, folder)["proxies/deep/film.mp4"] == "missing"


def test_scans_that_leave_out_different_things_are_not_one_scan(
    tmp_path: Path, folder: Path
) -> None:
    with Library(tmp_path / "library.db", take="none") as library:
        plain = library.scan(folder)
        assert library.scan(folder).joined
        for different in ({"exclude": ["proxies/"]}, {"exclude": ["x"]}, {"follow_links": "files"}):
            job = library.scan(folder, **different)  # type: ignore[arg-type]
            assert not job.joined
            assert library.scan(folder, **different).id == job.id  # type: ignore[arg-type]
        assert library.scan(folder).id == plain.id


def test_what_is_no_pattern_is_refused_when_it_is_asked_for(library: Library, folder: Path) -> None:
    with pytest.raises(BadArgument, match=r"'\[z-a\]' is not a pattern of gitignore's syntax"):
        library.scan(folder, exclude=["[z-a]"])
    with pytest.raises(BadArgument, match="exclude is 'proxies/', which is not a list of patterns"):
        library.scan(folder, exclude="proxies/")
    with pytest.raises(BadArgument, match="follow_links is 'some', which is not"):
        library.scan(folder, follow_links="some")  # type: ignore[arg-type]
    with pytest.raises(SettingError, match="exclude is '!', which is not a list of patterns"):
        Settings(exclude=["!"])  # type: ignore[arg-type]


def test_patterns_of_the_environment_stand_between_commas_or_on_lines() -> None:
    read = Settings.from_environment(
        {"STOAT_EXCLUDE": "proxies/, *.part.mp4\n!a", "STOAT_FOLLOW_LINKS": "Files"}
    )
    assert read.exclude == ("proxies/", "*.part.mp4", "!a")
    assert read.follow_links == "files"
    assert Settings(exclude=["a,b"]).exclude == ("a,b",)  # type: ignore[arg-type]
    assert Settings(exclude="a,b").exclude == ("a", "b")  # type: ignore[arg-type]
