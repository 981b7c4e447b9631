"""The quick hash: the same for the same bytes wherever they lie, another for others."""

from __future__ import annotations

import hashlib
import os
from collections.abc import Callable
from pathlib import Path

import pytest

from stoat_nb.media.probe import probe, probe_many
from stoat_nb.media.quick_hash import END_BYTES, quick_hash


def hash_of(path: Path) -> str:
    fd = os.open(path, os.O_RDONLY)
    try:
        return quick_hash(fd, path.stat().st_size)
    finally:
        os.close(fd)


@pytest.mark.parametrize("size", [0, 1, 2 * END_BYTES - 1, 2 * END_BYTES, 2 * END_BYTES + 1, 10**6])
def test_it_is_blake2b_of_the_size_and_the_two_ends(tmp_path: Path, size: int) -> None:
    content = bytes(range(256)) * (size // 256 + 1)
    path = tmp_path / "clip.mp4"
    path.write_bytes(content[:size])
    ends = (
        content[:size]
        if size <= 2 * END_BYTES
        else content[:END_BYTES] + content[:size][-END_BYTES:]
    )
    expected = hashlib.blake2b(size.to_bytes(8, "big") + ends, digest_size=16).hexdigest()
    assert hash_of(path) == expected


def test_a_byte_at_either_end_and_the_size_make_another(tmp_path: Path) -> None:
    content = bytes(100_000)
    files = {
        "as it is": content,
        "first byte": b"x" + content[1:],
        "last byte": content[:-1] + b"x",
        "longer": content + b"\0",
    }
    hashes = set()
    for name, data in files.items():
        path = tmp_path / name
        path.write_bytes(data)
        hashes.add(hash_of(path))
    assert len(hashes) == len(files)


def test_every_way_of_reading_a_file_tells_it(
    archive: Path, item: Callable[[Path], dict[str, object]]
) -> None:
    proven = archive / "2024 Summer" / "beach walk.mp4"
    for_libav = archive / "Tapes" / "evening news.ts"
    assert probe(item(proven))["video"]["quick_hash"] == hash_of(proven)
    assert probe(item(for_libav))["video"]["quick_hash"] == hash_of(for_libav)
    seen = proven.stat()
    batch = [(str(proven.parent), proven.name, seen.st_size, seen.st_mtime_ns)]
    [answer] = probe_many({"files": batch, "within_s": 60})
    assert answer is not None
    assert answer["video"]["quick_hash"] == hash_of(proven)
