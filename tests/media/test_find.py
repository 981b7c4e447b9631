"""The walk on real trees."""

from __future__ import annotations

import os
import socket
from collections.abc import Callable
from pathlib import Path

import pytest

from stoat_nb.media.extensions import VIDEO_EXTENSIONS
from stoat_nb.media.find import Listing, find_folders
from stoat_nb.media.rules import Rules


def walk(root: Path, *, hidden: bool = False, recursive: bool = True) -> list[Listing]:
    return list(
        find_folders(
            os.fsencode(root), Rules.of(VIDEO_EXTENSIONS, hidden=hidden, recursive=recursive)
        )
    )


def names(listings: list[Listing]) -> list[bytes]:
    return [found.name for listing in listings for found in listing.files]


def reasons(listings: list[Listing], root: Path) -> dict[str, str]:
    return {
        os.path.relpath(os.fsdecode(ignored.path), root): ignored.reason
        for listing in listings
        for ignored in listing.ignored
    }


def touch(root: Path, *paths: str) -> None:
    for path in paths:
        (root / path).parent.mkdir(parents=True, exist_ok=True)
        (root / path).write_bytes(b"x")


def test_each_folder_is_listed_once_and_in_the_order_of_names(tmp_path: Path) -> None:
    touch(tmp_path, "b/2.mp4", "b/1.mkv", "a/z/3.MOV", "a/y/4.webm", "a/readme.txt", "5.avi")
    listings = walk(tmp_path)
    root = os.fsencode(tmp_path)
    assert [listing.folder for listing in listings] == [
        root,
        root + b"/a",
        root + b"/a/y",
        root + b"/a/z",
        root + b"/b",
    ]
    assert names(listings) == [b"5.avi", b"4.webm", b"3.MOV", b"1.mkv", b"2.mp4"]


def test_a_found_file_carries_what_the_disk_says(tmp_path: Path) -> None:
    touch(tmp_path, "a.mp4")
    os.utime(tmp_path / "a.mp4", ns=(1, 1_234_567_890_123_456_789))
    [found] = walk(tmp_path)[0].files
    seen = (tmp_path / "a.mp4").stat()
    assert (found.folder, found.name) == (os.fsencode(tmp_path), b"a.mp4")
    assert (found.size_bytes, found.mtime_ns) == (1, 1_234_567_890_123_456_789)
    assert (found.inode, found.device) == (seen.st_ino, seen.st_dev)


def test_an_empty_file_is_found_too(tmp_path: Path) -> None:
    (tmp_path / "empty.mp4").touch()
    assert names(walk(tmp_path)) == [b"empty.mp4"]


def test_without_recursion_only_the_folder_itself_is_listed(tmp_path: Path) -> None:
    touch(tmp_path, "a.mp4", "inner/b.mp4")
    listings = walk(tmp_path, recursive=False)
    assert len(listings) == 1
    assert names(listings) == [b"a.mp4"]


def test_names_may_be_any_bytes(tmp_path: Path) -> None:
    odd = [b"\xff\xfe.mp4", b"new\nline.mp4", b"-rf.mkv", b"http:x.mp4", b" .mp4", b"%03d.mov"]
    for name in odd:
        (tmp_path / os.fsdecode(name)).write_bytes(b"x")
    (tmp_path / os.fsdecode(b"caf\xe9")).mkdir()
    (tmp_path / os.fsdecode(b"caf\xe9") / "in.mp4").write_bytes(b"x")
    listings = walk(tmp_path)
    assert sorted(names(listings)) == sorted([*odd, b"in.mp4"])
    assert listings[1].folder.endswith(b"/caf\xe9")


def test_hidden_and_system_folders_are_left_out_with_their_reason(tmp_path: Path) -> None:
    touch(
        tmp_path,
        ".git/a.mp4",
        "$RECYCLE.BIN/b.mp4",
        "System Volume Information/c.mp4",
        "lost+found/d.mp4",
        "@eaDir/e.mp4",
        "#recycle/f.mp4",
        "__MACOSX/g.mp4",
        "Holiday.fcpbundle/h.mp4",
        ".i.mp4",
        "._j.mp4",
    )
    listings = walk(tmp_path)
    assert names(listings) == [b"h.mp4"]
    told = reasons(listings, tmp_path)
    assert set(told) == {
        *(".git", "$RECYCLE.BIN", "System Volume Information", "lost+found", "@eaDir"),
        *("#recycle", "__MACOSX", ".i.mp4", "._j.mp4"),
    }
    assert told[".git"] == "The folder is hidden."
    assert told["@eaDir"] == "The folder is the index of a Synology NAS."
    assert "AppleDouble" in told["._j.mp4"]


def test_hidden_folders_are_entered_when_asked(tmp_path: Path) -> None:
    touch(tmp_path, ".private/a.mp4", "@eaDir/b.mp4", ".c.mp4")
    listings = walk(tmp_path, hidden=True)
    assert sorted(names(listings)) == [b".c.mp4", b"a.mp4", b"b.mp4"]
    assert reasons(listings, tmp_path) == {}


def test_links_are_not_followed_and_loops_end(tmp_path: Path) -> None:
    touch(tmp_path, "outside/secret.mp4", "root/real.mp4")
    root = tmp_path / "root"
    (root / "loop").symlink_to(root)
    (root / "away").symlink_to(tmp_path / "outside")
    (root / "linked.mp4").symlink_to(root / "real.mp4")
    (root / "dangling.mp4").symlink_to(root / "nothing")
    (root / "self").symlink_to(root / "self")
    listings = walk(root)
    assert names(listings) == [b"real.mp4"]
    told = reasons(listings, root)
    assert set(told) == {"loop", "away", "linked.mp4", "dangling.mp4"}
    assert told["loop"] == "The folder is a link; links to folders are not followed."


def test_the_root_itself_may_be_a_link(tmp_path: Path) -> None:
    touch(tmp_path, "real/a.mp4")
    (tmp_path / "link").symlink_to(tmp_path / "real")
    assert names(walk(tmp_path / "link")) == [b"a.mp4"]


def test_pipes_and_sockets_are_never_candidates(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe.mp4")
    with socket.socket(socket.AF_UNIX) as end:
        here = os.open(tmp_path, os.O_RDONLY)
        end.bind(f"/proc/self/fd/{here}/socket.mp4")  # a socket's address is short
        os.close(here)
        listings = walk(tmp_path)
    assert names(listings) == []
    assert reasons(listings, tmp_path) == {
        "pipe.mp4": "It is a named pipe, not a file.",
        "socket.mp4": "It is a socket, not a file.",
    }


def test_folders_called_like_videos_are_entered(tmp_path: Path) -> None:
    touch(tmp_path, "film.mp4/inside.mp4")
    assert names(walk(tmp_path)) == [b"inside.mp4"]


@pytest.mark.parametrize(("levels", "name"), [(30, b"n" * 250), (2100, b"d")])
def test_a_tree_deeper_than_any_path_may_be_is_walked_to_its_end(
    deep: Callable[[int, bytes], Path], levels: int, name: bytes
) -> None:
    listings = walk(deep(levels, name))
    assert len(listings) == levels + 1
    assert all(listing.readable for listing in listings)
    assert names(listings) == [b"end.mp4"]
    assert listings[-1].folder.endswith(b"/" + b"/".join([name] * levels))


def test_a_deep_walk_holds_few_descriptors(deep: Callable[[int, bytes], Path]) -> None:
    top = deep(200, b"d")
    before = len(list(Path("/proc/self/fd").iterdir()))
    most = 0
    for _ in find_folders(os.fsencode(top), Rules.of(VIDEO_EXTENSIONS)):
        most = max(most, len(list(Path("/proc/self/fd").iterdir())))
    assert most <= before + 2  # the root, and the folder whose inner ones are visited
    assert len(list(Path("/proc/self/fd").iterdir())) == before


def test_a_comb_of_folders_is_listed_in_order(tmp_path: Path) -> None:
    teeth = ["", "a/", "a/a/", "a/a/a/"]
    touch(tmp_path, *(f"{tooth}{folder}/x.mp4" for tooth in teeth for folder in "abc"))
    listings = walk(tmp_path)
    found = [listing.folder[len(os.fsencode(tmp_path)) :] for listing in listings if listing.files]
    assert found == [
        *(b"/a", b"/a/a", b"/a/a/a", b"/a/a/a/a", b"/a/a/a/b", b"/a/a/a/c"),
        *(b"/a/a/b", b"/a/a/c", b"/a/b", b"/a/c", b"/b", b"/c"),
    ]


def test_a_root_that_is_not_there_is_an_unreadable_listing(tmp_path: Path) -> None:
    [listing] = walk(tmp_path / "unplugged")
    assert not listing.readable
    assert [problem.error for problem in listing.problems] == ["No such file or directory."]


def test_a_folder_that_vanishes_during_the_walk_costs_only_itself(tmp_path: Path) -> None:
    touch(tmp_path, "a/1.mp4", "b/2.mp4", "c/3.mp4")
    listings = []
    for listing in find_folders(os.fsencode(tmp_path), Rules.of(VIDEO_EXTENSIONS)):
        listings.append(listing)
        if listing.folder.endswith(b"/a"):
            (tmp_path / "b").rename(tmp_path / "moved")
    assert names(listings) == [b"1.mp4", b"3.mp4"]
    [gone] = [listing for listing in listings if not listing.readable]
    assert gone.folder.endswith(b"/b")


def test_a_folder_swapped_for_a_link_is_not_entered(tmp_path: Path) -> None:
    touch(tmp_path, "outside/secret.mp4", "root/a/1.mp4", "root/b/2.mp4")
    listings = []
    for listing in find_folders(os.fsencode(tmp_path / "root"), Rules.of(VIDEO_EXTENSIONS)):
        listings.append(listing)
        if listing.folder.endswith(b"/a"):
            (tmp_path / "root/b").rename(tmp_path / "kept")
            (tmp_path / "root/b").symlink_to(tmp_path / "outside")
    assert names(listings) == [b"1.mp4"]
    assert [listing.readable for listing in listings] == [True, True, False]


@pytest.mark.skipif(os.geteuid() == 0, reason="root may read every folder")
def test_a_folder_that_may_not_be_read_is_a_problem_and_not_empty(tmp_path: Path) -> None:
    touch(tmp_path, "locked/1.mp4", "open/2.mp4")
    (tmp_path / "locked").chmod(0)
    listings = walk(tmp_path)
    (tmp_path / "locked").chmod(0o700)
    assert names(listings) == [b"2.mp4"]
    [locked] = [listing for listing in listings if not listing.readable]
    assert locked.problems[0].error == "Permission denied."


@pytest.mark.parametrize("ending", ["Mp4", ".mp4"])
def test_only_the_given_endings_count_in_any_case(tmp_path: Path, ending: str) -> None:
    touch(tmp_path, "a.MP4", "b.mkv", "c", "mp4", "d.mp4.part")
    [listing] = find_folders(os.fsencode(tmp_path), Rules.of({ending}))
    assert [found.name for found in listing.files] == [b"a.MP4"]


def test_the_endings_are_plain_lower_case_words() -> None:
    assert all(word == word.lower().strip(".") for word in VIDEO_EXTENSIONS)
    assert {"mp4", "mov", "mkv", "webm", "avi", "ts", "mxf", "m4a", "mka"} <= VIDEO_EXTENSIONS
    assert not {"txt", "jpg", "gif", "swf", "dat", "m3u8"} & VIDEO_EXTENSIONS
