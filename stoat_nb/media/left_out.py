"""Why a file is none of those that a walk finds, though it is there."""

from __future__ import annotations

import os
from collections.abc import Iterable

from stoat_nb.media.exclude import IGNORE_FILE, Exclusion, below, read_lines
from stoat_nb.media.listing import Problem
from stoat_nb.media.rules import Rules
from stoat_nb.media.safe_open import open_root


def outer(root: bytes, rules: Rules) -> tuple[Exclusion, str | None, tuple[Problem, ...]]:
    """Return the patterns that count in a root, why it is itself left out, and what is wrong.

    The folders above it count too, as far as they may be scanned: so the same is left out whichever
    folder is scanned.
    """
    exclusion, problems, reason = Exclusion(), list[Problem](), None
    for folder, inner in _above(root, rules):
        exclusion, faults = _with_file(folder, exclusion)
        problems += faults
        reason = reason or exclusion.reason(inner, is_folder=True)
    return exclusion.with_scan(root, rules.exclude), reason, tuple(problems)


class LeftOut:
    """Tells of known files beneath a root whether the rules leave them out. Blocking."""

    def __init__(self, root: bytes, rules: Rules) -> None:
        self._root, self._rules = root.rstrip(b"/") or b"/", rules
        self._outer, self._reason, _problems = outer(self._root, rules)

    def among(self, folder: bytes, names: Iterable[bytes]) -> list[bytes]:
        """Return those names that are files in a folder and that a walk leaves out."""
        paths = {name: below(folder, name) for name in names}
        there = {name: path for name, path in paths.items() if os.path.isfile(path)}  # noqa: PTH113 - bytes
        if not there:
            return []
        exclusion, is_out = self._of_folder(folder)
        return [name for name, path in there.items() if is_out or self._is_out(path, exclusion)]

    def has(self, folder: bytes) -> bool:
        """Whether a walk does not come to a folder."""
        return self._of_folder(folder)[1]

    def _of_folder(self, folder: bytes) -> tuple[Exclusion, bool]:
        """Return the patterns that count in a folder, and whether all of it is left out."""
        if self._reason is not None:
            return self._outer, True
        here, exclusion = self._root, _with_file(self._root, self._outer)[0]
        parts = folder[len(self._root) :].strip(b"/").split(b"/")
        for part in filter(None, parts):
            here = below(here, part)
            if (
                self._rules.unwanted_folder(part)
                or exclusion.reason(here, is_folder=True)
                or (self._rules.follow_links != "all" and os.path.islink(here))  # noqa: PTH114 - bytes
            ):
                return exclusion, True
            exclusion = _with_file(here, exclusion)[0]
        return exclusion, False

    def _is_out(self, path: bytes, exclusion: Exclusion) -> bool:
        name, rules = path.rpartition(b"/")[2], self._rules
        return bool(
            not rules.is_video(name)
            or rules.unwanted_file(name)
            or exclusion.reason(path, is_folder=False)
            or (rules.follow_links == "none" and os.path.islink(path))  # noqa: PTH114 - bytes
        )


def _above(root: bytes, rules: Rules) -> list[tuple[bytes, bytes]]:
    """Return the folders above a root, outermost first, each with the next one further in."""
    found, inner = [], root
    while inner != b"/":
        folder = os.path.dirname(inner)  # noqa: PTH120 - bytes
        if not rules.allows(folder):
            break
        found.append((folder, inner))
        inner = folder
    return found[::-1]


def _with_file(folder: bytes, exclusion: Exclusion) -> tuple[Exclusion, list[Problem]]:
    """Return the patterns that count in a folder, given those that count in the one above."""
    path = below(folder, IGNORE_FILE)
    if not os.path.lexists(path):
        return exclusion, []
    try:
        fd = open_root(folder)
    except OSError as error:
        return exclusion, [Problem(path=folder, error=f"{error.strerror}.")]
    try:
        lines, faults = read_lines(fd)
    finally:
        os.close(fd)
    problems = [Problem(path=path, error=fault) for fault in faults]
    return exclusion.with_file(folder, lines), problems
