"""What patterns leave out of a walk: gitignore's own rules, and what an enemy may write."""

from __future__ import annotations

import os
import subprocess
from pathlib import Path
from shutil import which
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings, strategies as st

from stoat_nb.media.exclude import LARGEST
from stoat_nb.media.extensions import VIDEO_EXTENSIONS
from stoat_nb.media.find import find_folders
from stoat_nb.media.left_out import LeftOut
from stoat_nb.media.listing import Listing
from stoat_nb.media.rules import Rules
from stoat_nb.patterns import BadPattern, compiled


def touch(root: Path, *paths: str) -> None:
    for path in paths:
        (root / path).parent.mkdir(parents=True, exist_ok=True)
        (root / path).write_bytes(b"x")


def walk(root: Path, *exclude: str, **rules: Any) -> list[Listing]:
    of = Rules.of(VIDEO_EXTENSIONS, exclude=exclude, **rules)
    return list(find_folders(os.fsencode(root), of))


def found(root: Path, *exclude: str, **rules: Any) -> set[str]:
    return {
        os.path.relpath(os.fsdecode(one.folder + b"/" + one.name), root)
        for listing in walk(root, *exclude, **rules)
        for one in listing.files
    }


def reasons(root: Path, *exclude: str) -> dict[str, str]:
    return {
        os.path.relpath(os.fsdecode(one.path), root): one.reason
        for listing in walk(root, *exclude)
        for one in listing.ignored
    }


def problems(root: Path) -> list[str]:
    return [one.error for listing in walk(root) for one in listing.problems]


def test_folders_and_files_that_match_are_left_out_with_their_reason(tmp_path: Path) -> None:
    touch(tmp_path, "film.mp4", "film.part.mp4", "proxies/a.mp4", "in/proxies/b/c.mp4", "in/d.mp4")
    assert found(tmp_path, "proxies/", "*.part.mp4") == {"film.mp4", "in/d.mp4"}
    assert reasons(tmp_path, "proxies/", "*.part.mp4") == {
        "film.part.mp4": "It is excluded by '*.part.mp4' of the scan's own patterns.",
        "proxies": "It is excluded by 'proxies/' of the scan's own patterns.",
        "in/proxies": "It is excluded by 'proxies/' of the scan's own patterns.",
    }


def test_a_file_of_patterns_counts_in_its_folder_and_below(tmp_path: Path) -> None:
    touch(tmp_path, "a.lrv", "in/b.lrv", "in/c.mp4", "in/deep/b.lrv", "other/c.lrv")
    (tmp_path / "in" / ".stoatignore").write_text("# small copies\n\n*.lrv\n/c.mp4\n")
    assert found(tmp_path) == {"a.lrv", "other/c.lrv"}
    assert reasons(tmp_path)["in/deep/b.lrv"] == (
        f"It is excluded by '*.lrv' in {tmp_path}/in/.stoatignore."
    )


def test_the_innermost_file_counts_and_the_scans_own_patterns_before_all(tmp_path: Path) -> None:
    touch(tmp_path, "in/a.mp4", "in/b.mp4", "c.mp4")
    (tmp_path / ".stoatignore").write_text("*.mp4\n")
    (tmp_path / "in" / ".stoatignore").write_text("!a.mp4\n")
    assert found(tmp_path) == {"in/a.mp4"}
    assert found(tmp_path, "!c.mp4", "a.mp4") == {"c.mp4"}
    assert found(tmp_path, "in/", "!a.mp4") == set()  # beneath an excluded folder nothing is


def test_the_same_is_left_out_whichever_folder_is_scanned(tmp_path: Path) -> None:
    touch(tmp_path, "2023/proxies/a.mp4", "2023/b.mp4")
    (tmp_path / ".stoatignore").write_text("/2023/proxies/\n")
    assert found(tmp_path) == {"2023/b.mp4"}
    assert found(tmp_path / "2023") == {"b.mp4"}
    assert found(tmp_path / "2023" / "proxies") == set()
    [listing] = walk(tmp_path / "2023" / "proxies")
    assert listing.ignored[0].reason.startswith("It is excluded by '/2023/proxies/'")


def test_files_of_patterns_outside_the_roots_do_not_count(tmp_path: Path) -> None:
    touch(tmp_path, "in/a.mp4")
    (tmp_path / ".stoatignore").write_text("*\n")
    assert found(tmp_path / "in", roots=(os.fsencode(tmp_path / "in"),)) == {"a.mp4"}
    assert found(tmp_path / "in") == set()


def test_names_that_are_no_unicode_can_be_left_out(tmp_path: Path) -> None:
    touch(tmp_path, os.fsdecode(b"caf\xe9.mp4"), "b.mp4")
    (tmp_path / ".stoatignore").write_bytes(b"\xef\xbb\xbfcaf\xe9.mp4\r\n")
    assert found(tmp_path) == {"b.mp4"}


def test_lines_that_are_no_patterns_are_told_and_the_others_count(tmp_path: Path) -> None:
    touch(tmp_path, "a.mp4", "b.mp4")
    (tmp_path / ".stoatignore").write_text("[z-a]\na.mp4\n!\n" + "*a" * 9 + "\n" + "x" * 2000)
    assert found(tmp_path) == {"b.mp4"}
    assert problems(tmp_path) == [
        "Line 1 is passed over: '[z-a]' is not a pattern of gitignore's syntax.",
        "Line 3 is passed over: '!' is not a pattern of gitignore's syntax.",
        (
            "Line 4 is passed over: '*a*a*a*a*a*a*a*a*a' is not a pattern: "
            "a name in it has more than 3 stars."
        ),
        (
            f"Line 5 is passed over: '{'x' * 100}' is not a pattern: "
            "it has more than 1,000 characters."
        ),
    ]


@pytest.mark.parametrize(
    ("make", "said"),
    [
        (os.mkfifo, None),
        (lambda path: path.mkdir(), None),
        (lambda path: path.symlink_to("/dev/zero"), None),
        (lambda path: path.write_bytes(b"a\n" * LARGEST), "It has more than 65,536 bytes"),
        (lambda path: path.write_bytes(b"a\0b"), "it holds the end of a line or a NUL"),
    ],
)
def test_no_file_of_patterns_stops_a_walk(tmp_path: Path, make: Any, said: str | None) -> None:
    touch(tmp_path, "a.mp4")
    make(tmp_path / ".stoatignore")
    assert found(tmp_path) == {"a.mp4"}
    told = problems(tmp_path)
    assert told == [] if said is None else said in told[0]


@pytest.mark.parametrize("line", ["*a*a*b", "**/*a*a*b", "?*a?*a?*b", "[a]*[a]*[a]*b", "**/a/**/b"])
def test_no_pattern_that_is_taken_needs_long_for_any_name(line: str) -> None:
    """Held against the longest names there are, so that it would take minutes if it could."""
    spec = compiled([line])
    for name in ("a" * 255, "a/" * 2000 + "a"):
        assert not spec.match_file(name)


@pytest.mark.parametrize("line", ["*a*a*a*a*b", "**/a/**/a/**/b", "a\nb", "[z-a]", "!", "a\\"])
def test_what_is_no_pattern_is_refused_with_the_line(line: str) -> None:
    with pytest.raises(BadPattern, match="is not a pattern"):
        compiled([line])


def test_folders_with_a_file_of_patterns_are_never_the_same_by_their_times(tmp_path: Path) -> None:
    touch(tmp_path, "in/a.mp4", "out/a.mp4")
    (tmp_path / "in" / ".stoatignore").write_text("b\n")
    for folder in (tmp_path / "in", tmp_path / "out", tmp_path):
        os.utime(folder, (1, 1))
    rules = {listing.folder: (listing.rules, listing.stamp) for listing in walk(tmp_path)}
    at, inside, beside = (os.fsencode(tmp_path / name) for name in ("", "in", "out"))
    assert rules[inside][1] is None
    assert rules[at][0] == rules[beside][0] != rules[inside][0]


_NAMES = st.sampled_from(["a", "b", "ab", "a.mp4", "b.mp4", "ab.mp4"])
_PARTS = st.sampled_from(["a", "b", "*", "a*", "*b", "?", "[ab]", "[!a]*", "**", "*.mp4", "a.mp4"])
_LINES = st.lists(
    st.builds(
        lambda no, top, parts, end: no + top + "/".join(parts) + end,
        st.sampled_from(["", "", "!"]),
        st.sampled_from(["", "/"]),
        st.lists(_PARTS, min_size=1, max_size=3),
        st.sampled_from(["", "/"]),
    ),
    max_size=4,
)


@pytest.mark.skipif(which("git") is None, reason="needs git, whose rules they are")
@given(
    paths=st.sets(st.lists(_NAMES, min_size=1, max_size=3).map("/".join), min_size=1, max_size=6),
    outer=_LINES,
    inner=_LINES,
)
@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.too_slow])
def test_what_is_left_out_is_what_git_ignores(
    tmp_path_factory: pytest.TempPathFactory, paths: set[str], outer: list[str], inner: list[str]
) -> None:
    root = tmp_path_factory.mktemp("tree")
    for path in sorted(paths, key=len, reverse=True):
        if not (root / path).exists() and not any(one.is_file() for one in (root / path).parents):
            touch(root, path)
    (root / ".stoatignore").write_text("\n".join(outer))
    if (root / "a").is_dir():
        (root / "a" / ".stoatignore").write_text("\n".join(inner))
    git = ["git", "-c", "core.excludesFile=/dev/null", "-C", str(root)]
    subprocess.run([*git, "init", "-q"], check=True)
    asked = ["ls-files", "-z", "--others", "--exclude-per-directory=.stoatignore"]
    told = subprocess.run([*git, *asked], check=True, capture_output=True).stdout
    kept = {os.fsdecode(path) for path in told.split(b"\0") if path.endswith(b".mp4")}
    try:
        for line in (*outer, *inner):
            compiled([line])
    except BadPattern:
        return
    assert found(root) == kept
    rules = Rules.of(VIDEO_EXTENSIONS)
    left_out = LeftOut(os.fsencode(root), rules)
    everything = {str(path.relative_to(root)) for path in root.rglob("*.mp4") if path.is_file()}
    assert kept == {
        path
        for path in everything
        if not left_out.among(os.fsencode((root / path).parent), [os.fsencode(Path(path).name)])
    }
