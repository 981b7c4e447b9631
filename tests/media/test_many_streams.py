"""Files with more streams than are read: what is left out is said."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from stoat_nb.media.probe import probe

PROGRAMS, EACH = 12, 100
MPEG_AUDIO = 3


def crc(data: bytes) -> bytes:
    """Return the check sum of ISO/IEC 13818-1, annex A."""
    rest = 0xFFFFFFFF
    for byte in data:
        rest ^= byte << 24
        for _ in range(8):
            rest = (rest << 1 ^ 0x04C11DB7 if rest >> 31 else rest << 1) & 0xFFFFFFFF
    return rest.to_bytes(4, "big")


def section(table: int, number: int, body: bytes) -> bytes:
    size = 5 + len(body) + 4
    head = bytes([table, 0xB0 | size >> 8, size & 0xFF, number >> 8, number & 0xFF, 0xC1, 0, 0])
    return head + body + crc(head + body)


def packets(pid: int, content: bytes) -> Iterator[bytes]:
    content = b"\0" + content
    for count, at in enumerate(range(0, len(content), 184)):
        first = 0x40 if at == 0 else 0
        head = bytes([0x47, first | pid >> 8, pid & 0xFF, 0x10 | count & 0xF])
        yield head + content[at : at + 184].ljust(184, b"\xff")


@pytest.fixture
def broadcast(tmp_path: Path) -> Path:
    """Write a transport stream whose tables list more streams than FFmpeg makes of one file."""
    tables = {0x20 + number: 0x100 + number * EACH for number in range(PROGRAMS)}
    listed = b"".join(bytes([0, pid - 0x1F, 0xE0, pid]) for pid in tables)
    parts = [*packets(0, section(0, 1, listed))]
    for pid, first in tables.items():
        streams = b"".join(
            bytes([MPEG_AUDIO, 0xE0 | one >> 8, one & 0xFF, 0xF0, 0])
            for one in range(first, first + EACH)
        )
        parts += packets(pid, section(2, pid - 0x1F, b"\xff\xff\xf0\0" + streams))
    path = tmp_path / "broadcast.ts"
    path.write_bytes(b"".join(parts) * 3)
    return path


@pytest.mark.parametrize("packets", [False, True], ids=["scan", "verify"])
def test_streams_that_are_left_out_are_said(
    broadcast: Path, item: Callable[[Path], dict[str, Any]], packets: bool
) -> None:
    video = probe({**item(broadcast), "packets": packets})["video"]
    assert len(video["streams"]) == 1000 < PROGRAMS * EACH
    assert "Streams beyond 1,000 are left out." in video["integrity_reason"]
