"""Pages of teletext in a transport stream are one stream of subtitles, in all their languages."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from stoat_nb.media.video import Outcome

from .test_picture_facts import section

PID, PMT = 0x172, 0x1000
SUBTITLES, INDEX, IMPAIRED = 2, 3, 5  # kinds of pages (ETSI EN 300 468, 6.2.43)
Page = tuple[bytes, int, int]


def with_teletext(clip: bytes, pages: list[Page]) -> bytes:
    """List a stream of private data in the PMT, whose descriptor names pages of teletext."""
    told = b"".join(code + bytes([kind << 3, page]) for code, kind, page in pages)
    descriptor = bytes([0x56, len(told)]) + told
    entry = bytes([6, 0xE0 | PID >> 8, PID & 255, 0xF0, len(descriptor)]) + descriptor
    found, pmts = b"", 0
    for at in range(0, len(clip), 188):
        packet = clip[at : at + 188]
        if int.from_bytes(packet[1:3], "big") & 0x1FFF == PMT:
            size = int.from_bytes(packet[6:8], "big") & 0xFFF
            packet, pmts = section(PMT, pmts, 2, packet[13 : 8 + size - 4] + entry), pmts + 1
        found += packet
    return found


@pytest.mark.parametrize(
    ("pages", "languages"),
    [
        ([(b"deu", SUBTITLES, 0x50)], ("deu",)),
        ([(b"ger", INDEX, 0), (b"ger", SUBTITLES, 0x50), (b"fre", IMPAIRED, 0x51)], ("deu", "fra")),
        ([(b"und", SUBTITLES, 0x88)], None),
    ],
)
def test_pages_of_teletext_are_subtitles(
    tmp_path: Path,
    archive: Path,
    read: Callable[..., Outcome],
    pages: list[Page],
    languages: tuple[str, ...] | None,
) -> None:
    path = tmp_path / "teletext.ts"
    path.write_bytes(with_teletext((archive / "Tapes/evening news.ts").read_bytes(), pages))
    video = read(path).video
    assert video is not None
    (stream,) = [one for one in video.streams if one.kind == "subtitle"]
    assert (stream.codec, stream.id, stream.languages) == ("dvb_teletext", PID, languages)
