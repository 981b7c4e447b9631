"""Groups, sidecar subtitles and hard links, through scans, moves and deletions."""

from __future__ import annotations

import os
import shutil
from pathlib import Path

import pandas as pd
import pytest

from stoat_nb import Library, ScanReport, words
from stoat_nb.settings import Settings


@pytest.fixture
def clip(clips: Path) -> Path:
    return next(path for path in sorted(clips.rglob("*.mp4")) if path.stat().st_size > 3000)


@pytest.fixture
def folder(clip: Path, tmp_path: Path) -> Path:
    top = tmp_path / "videos"
    top.mkdir()
    for name in ("GH010001.MP4", "GH020001.MP4", "GH030001.MP4", "film.mp4"):
        shutil.copy(clip, top / name)
    return top


def scan(library: Library, folder: Path, mode: str = "changed", **more: object) -> ScanReport:
    return library.scan(folder, mode=mode, **more).result(timeout=120)  # type: ignore[arg-type]


def groups(library: Library) -> list[tuple[str, int, str, str]]:
    frame = library.groups()
    return [
        (row.kind, row.n_parts, Path(row.first_path).name, Path(row.last_path).name)
        for row in frame.itertuples()
    ]


def parts(library: Library) -> dict[str, int]:
    frame = library.videos().dropna(subset=["group_id"])
    return {
        row.name: row.group_part for row in frame[["name", "group_part"]].itertuples(index=False)
    }


def external(library: Library) -> pd.DataFrame:
    frame = library.streams()
    return frame[frame["external"]]


def sidecars(library: Library) -> list[str]:
    return [Path(path).name for path in external(library)["external_path"]]


def test_chapters_of_one_recording_are_a_group_with_its_length_and_size(
    library: Library, folder: Path, clip: Path
) -> None:
    scan(library, folder)
    assert groups(library) == [("gopro", 3, "GH010001.MP4", "GH030001.MP4")]
    assert parts(library) == {"GH010001.MP4": 1, "GH020001.MP4": 2, "GH030001.MP4": 3}
    (row,) = library.groups().itertuples()
    videos = library.videos()
    assert row.size_bytes == 3 * clip.stat().st_size
    assert row.duration_s == pytest.approx(3 * videos["duration_s"].iloc[0])
    assert (row.first_part, row.last_part, row.folder) == (1, 3, str(folder))
    assert row.group_id == videos.set_index("name")["video_id"]["GH010001.MP4"]
    assert len(library.videos(f"group_id == {row.group_id}")) == 3


@pytest.mark.parametrize("mode", ["changed", "quick"])
def test_groups_follow_files_that_come_go_and_move(
    library: Library, folder: Path, tmp_path: Path, mode: str
) -> None:
    scan(library, folder)
    (folder / "GH010001.MP4").rename(tmp_path / "kept.MP4")
    scan(library, folder, mode)
    assert groups(library) == [("gopro", 2, "GH020001.MP4", "GH030001.MP4")]
    (folder / "GH020001.MP4").unlink()
    scan(library, folder, mode)
    assert groups(library) == []
    assert parts(library) == {}
    (folder / "moved").mkdir()
    shutil.copy(folder / "film.mp4", folder / "moved" / "GH020001.MP4")
    (folder / "GH030001.MP4").rename(folder / "moved" / "GH030001.MP4")
    scan(library, folder, mode)
    assert groups(library) == [("gopro", 2, "GH020001.MP4", "GH030001.MP4")]
    assert set(library.groups()["folder"]) == {str(folder / "moved")}


def test_parts_that_are_excluded_are_parts_of_nothing(library: Library, folder: Path) -> None:
    scan(library, folder)
    scan(library, folder, exclude=["GH02*"])
    assert groups(library) == []
    scan(library, folder)
    assert len(groups(library)) == 1


def test_a_new_part_joins_its_group(library: Library, folder: Path) -> None:
    scan(library, folder)
    shutil.copy(folder / "film.mp4", folder / "GH040001.MP4")
    scan(library, folder)
    assert groups(library) == [("gopro", 4, "GH010001.MP4", "GH040001.MP4")]


def test_groups_are_a_table_of_sql_and_of_exports(
    library: Library, folder: Path, tmp_path: Path
) -> None:
    scan(library, folder)
    assert library.sql("select kind, n_parts from groups").to_numpy().tolist() == [["gopro", 3]]
    library.export(tmp_path / "groups.csv", table="groups")
    assert pd.read_csv(tmp_path / "groups.csv")["n_parts"].tolist() == [3]


def test_a_disc_in_folders_is_one_group(library: Library, clips: Path, tmp_path: Path) -> None:
    disc = tmp_path / "videos" / "Film" / "VIDEO_TS"
    disc.mkdir(parents=True)
    source = next(clips.rglob("*.mpg"))
    for name in ("VIDEO_TS.VOB", "VTS_01_0.VOB", "VTS_01_1.VOB", "VTS_01_2.VOB"):
        shutil.copy(source, disc / name)
    streams = tmp_path / "videos" / "Blue" / "BDMV" / "STREAM"
    streams.mkdir(parents=True)
    for name in ("00001.m2ts", "00002.m2ts"):
        shutil.copy(next(clips.rglob("*.ts")), streams / name)
    scan(library, tmp_path / "videos")
    assert groups(library) == [
        ("bluray", 2, "00001.m2ts", "00002.m2ts"),
        ("dvd", 2, "VTS_01_1.VOB", "VTS_01_2.VOB"),
    ]


def test_subtitle_files_are_streams_that_follow_their_files(library: Library, folder: Path) -> None:
    for name in ("film.de.srt", "film.en.forced.ass", "else.srt"):
        (folder / name).write_text("1")
    report = scan(library, folder)
    assert report.other_endings == ()
    found = external(library)
    assert sidecars(library) == ["film.de.srt", "film.en.forced.ass"]
    assert found["kind"].astype(str).tolist() == ["subtitle", "subtitle"]
    assert found["codec"].astype(str).tolist() == ["subrip", "ass"]
    assert found["language"].astype(str).tolist() == ["deu", "eng"]
    assert found["is_forced"].tolist() == [False, True]
    row = library.videos().set_index("name").loc["film.mp4"]
    assert (row["n_subtitle"], row["n_subtitle_external"]) == (0, 2)
    assert list(row["external_subtitle_languages"]) == ["deu", "eng"]
    assert list(row["subtitle_languages"]) == []
    assert len(library.videos('"ger" in external_subtitle_languages')) == 1


@pytest.mark.parametrize("mode", ["changed", "quick"])
def test_subtitle_files_come_and_go_without_the_video_being_read(
    library: Library, folder: Path, mode: str
) -> None:
    scan(library, folder)
    (folder / "film.fr.srt").write_text("1")
    report = scan(library, folder, mode)
    assert (report.skipped, report.updated) == (4, 0)
    assert sidecars(library) == ["film.fr.srt"]
    (folder / "film.fr.srt").rename(folder / "film.it.srt")
    scan(library, folder, mode)
    assert sidecars(library) == ["film.it.srt"]
    assert list(
        library.videos().set_index("name").loc["film.mp4"]["external_subtitle_languages"]
    ) == ["ita"]
    (folder / "film.it.srt").unlink()
    assert scan(library, folder, mode).skipped == 4
    assert sidecars(library) == []
    assert library.videos()["n_subtitle_external"].sum() == 0


def test_subtitle_files_stay_when_their_video_is_read_again(library: Library, folder: Path) -> None:
    (folder / "film.de.srt").write_text("1")
    scan(library, folder)
    os.utime(folder / "film.mp4", (1, 1))
    assert scan(library, folder).updated == 1
    scan(library, folder, mode="full")
    assert sidecars(library) == ["film.de.srt"]


def test_subtitle_files_move_with_their_video(library: Library, folder: Path) -> None:
    (folder / "film.de.srt").write_text("1")
    scan(library, folder)
    (folder / "in").mkdir()
    for name in ("film.mp4", "film.de.srt"):
        (folder / name).rename(folder / "in" / name)
    assert scan(library, folder).moved == 1
    (path,) = external(library)["external_path"]
    assert path == str(folder / "in" / "film.de.srt")


def test_a_flat_scan_finds_subtitle_files_too(library: Library, folder: Path) -> None:
    (folder / "film.de.srt").write_text("1")
    scan(library, folder, recursive=False)
    assert sidecars(library) == ["film.de.srt"]


def report_of(library: Library) -> str:
    return b"".join(library.export_stream("html")).decode()


def test_a_file_of_several_names_counts_its_bytes_once(
    tmp_path: Path, folder: Path, clip: Path
) -> None:
    (folder / "more").mkdir()
    os.link(folder / "film.mp4", folder / "again.mp4")
    os.link(folder / "film.mp4", folder / "more" / "film.mp4")
    (folder / "more" / "link.mp4").symlink_to(folder / "film.mp4")
    size = clip.stat().st_size
    with Library(
        tmp_path / "l.db", settings=Settings(follow_links="files", probe_timeout_s=120)
    ) as library:
        scan(library, folder)
        assert library.summary().n_ok == 7
        assert library.summary().total_bytes == 4 * size
        assert len(library.videos()) == 7
        sizes = library.sizes_by_folder()
        assert sum(one.total_bytes for one in sizes) == 4 * size
        assert sum(one.n_videos for one in sizes) == 7
        assert f">{words.size(4 * size)}<" in report_of(library)
        (folder / "film.mp4").unlink()
        scan(library, folder)
        assert library.summary().total_bytes == 4 * size
        assert [one.total_bytes for one in library.growth()] == [4 * size, 4 * size]
        assert f">{words.size(4 * size)}<" in report_of(library)


def test_copies_of_one_size_are_not_one_file(library: Library, folder: Path, clip: Path) -> None:
    for name in ("a.mp4", "b.mp4"):
        shutil.copy2(clip, folder / name)
    scan(library, folder)
    assert library.summary().total_bytes == 6 * clip.stat().st_size
