"""A folder of everything that should not be in a folder of videos, and what each is to become."""

from __future__ import annotations

import os
import random
import socket
import struct
import zlib
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path

from stoat_nb.media.budgeted_reader import BudgetedReader
from stoat_nb.media.isobmff.boxes import boxes

#: What may become of an input: a row with facts, a row with a reason, either, or a counted skip.
OK, FAILED, EITHER, IGNORED = "ok", "failed", "either", "ignored"

SEED = 20_261_121
_INSIDE = frozenset({b"moov", b"trak", b"mdia", b"minf", b"stbl", b"edts", b"dinf", b"udta"})

NAMES = (
    b"caf\xe9.mp4",
    b"\xff\xfe\xfd.mp4",
    b"two\nlines.mp4",
    b"\x1b]0;title\x07\x1b[2J.mp4",
    b"<img src=x onerror=alert(1)>.mp4",
    b"=cmd|' /C calc'!A0.mp4",
    b"--help.mp4",
    b"concat:a.ts|b.ts.mp4",
    b"http:x.mp4",
    b"fd:0.mp4",
    b"pipe:0.mp4",
    b"img%03d.mp4",
    b"*?[a-z].mp4",
    b"%2e%2e%2fetc.mp4",
    b"back\\slash.mp4",
    b"$(reboot);`reboot`.mp4",
    "clip\u202egpj.mp4".encode(),
    "e\u0301.mp4".encode(),
    "\u00e9.mp4".encode(),
    "line\u2028end.mp4".encode(),
    b" .mp4",
    b"n" * 251 + b".mp4",
)


@dataclass
class HostileTree:
    """The folder, what lies outside of it, and what is expected of every path below."""

    root: Path
    secret: Path  #: A video outside that many inputs point at.
    expected: dict[bytes, str] = field(default_factory=dict)

    def put(self, name: bytes | str, content: bytes, becomes: str) -> None:
        """Write a file and note what it is to become."""
        relative = os.fsencode(name)
        path = os.path.join(os.fsencode(self.root), relative)  # noqa: PTH118 - bytes
        os.makedirs(os.path.dirname(path), exist_ok=True)  # noqa: PTH103, PTH120 - bytes
        with open(path, "wb") as file:  # noqa: PTH123 - bytes
            file.write(content)
        self.expected[relative] = becomes

    def node(self, name: str, make: Callable[[Path], object], becomes: str = IGNORED) -> None:
        """Make something that is no ordinary file."""
        path = self.root / name
        path.parent.mkdir(exist_ok=True)
        make(path)
        self.expected[os.fsencode(name)] = becomes


def make_hostile_tree(folder: Path, clips: Path, *, url: str) -> HostileTree:
    """Make the tree in ``folder``; ``url`` is an address that nobody may ask."""
    secret = folder / "outside" / "secret.ts"
    secret.parent.mkdir(parents=True)
    good = (clips / "2024 Summer" / "beach walk.mp4").read_bytes()
    secret.write_bytes((clips / "Tapes" / "evening news.ts").read_bytes())
    tree = HostileTree(folder / "tree", secret)
    for name in NAMES:
        tree.put(b"names/" + name, good, OK)
    _specials(tree, good)
    for name, text in _playlists(url, secret):
        for ending in ("mp4", "ts", "mkv"):
            tree.put(f"lists/{name}.{ending}", text.encode(), FAILED)
    for name, content in _bombs():
        tree.put(f"bombs/{name}", content, EITHER)
    _cuts(tree, good)
    _flips(tree, clips)
    return tree


def _specials(tree: HostileTree, good: bytes) -> None:
    tree.node("special/pipe.mp4", os.mkfifo)
    tree.node("special/socket.mp4", _bind)
    tree.node("special/out.ts", lambda path: path.symlink_to(tree.secret))
    tree.node("special/folder out", lambda path: path.symlink_to(tree.secret.parent))
    tree.node("special/zero.mp4", lambda path: path.symlink_to("/dev/zero"))
    tree.node("special/environment.mp4", lambda path: path.symlink_to("/proc/self/environ"))
    tree.node("special/dangling.mp4", lambda path: path.symlink_to("nowhere"))
    tree.node("special/loop.mp4", lambda path: path.symlink_to("loop.mp4"))
    tree.put("special/folder.mp4/inside.mp4", good, OK)
    tree.put("special/forbidden.mp4", good, OK if os.geteuid() == 0 else FAILED)
    (tree.root / "special" / "forbidden.mp4").chmod(0)
    for ending in ("mp4", "ts", "mkv", "avi", "mpg", "flv"):
        tree.put(f"special/hole.{ending}", b"", FAILED)
        os.truncate(tree.root / "special" / f"hole.{ending}", 4 << 30)
    tree.put("special/long tail.mp4", good, OK)
    os.truncate(tree.root / "special" / "long tail.mp4", 4 << 30)
    tree.put("special/empty.mp4", b"", FAILED)
    tree.put("special/text.mp4", b"hello world\n" * 99, FAILED)
    tree.put("special/database.mp4", b"SQLite format 3\0" + bytes(4080), FAILED)
    tree.put("special/noise.mp4", _chance().randbytes(1 << 16), FAILED)


def _chance() -> random.Random:
    return random.Random(SEED)  # noqa: S311 - the same tree each time


def _bind(path: Path) -> None:
    with socket.socket(socket.AF_UNIX) as made:
        here = os.open(path.parent, os.O_RDONLY)
        try:  # a socket's whole path may be no longer than 107 bytes
            made.bind(f"/proc/self/fd/{here}/{path.name}")
        finally:
            os.close(here)


def _playlists(url: str, secret: Path) -> Iterator[tuple[str, str]]:
    port = url.rsplit(":", 1)[1]
    for name, target in {
        "http": f"{url}/a.ts",
        "absolute": str(secret),
        "relative": "../../outside/secret.ts",
        "joined": f"concat:{secret}|{secret}",
        "file": f"file://{secret}",
    }.items():
        yield f"hls {name}", f"#EXTM3U\n#EXT-X-TARGETDURATION:9\n#EXTINF:9,\n{target}\n"
        yield f"concat {name}", f"ffconcat version 1.0\nfile '{target}'\n"
    yield "hls key", f'#EXTM3U\n#EXT-X-KEY:METHOD=AES-128,URI="{url}/k"\n#EXTINF:9,\na.ts\n'
    yield "master", f"#EXTM3U\n#EXT-X-STREAM-INF:BANDWIDTH=1\n{url}/b.m3u8\n"
    body = f"<BaseURL>{url}/c.mp4</BaseURL>"
    dash = 'xmlns="urn:mpeg:dash:schema:mpd:2011" type="static"'
    kind = '<Period><AdaptationSet mimeType="video/mp4"><Representation id="1" bandwidth="1">'
    yield "dash", f'<?xml version="1.0"?><MPD {dash}>{kind}{body}'
    entity = f'<!DOCTYPE MPD [<!ENTITY x SYSTEM "file://{secret}">]>'
    yield "entity", f'<?xml version="1.0"?>{entity}<MPD>&x;</MPD>'
    yield "rtsp", f"RTSPtext\nrtsp://127.0.0.1:{port}/d\n"
    yield "asx", f'<asx version="3.0"><entry><ref href="{url}/e"/></entry></asx>'
    session = "v=0\no=- 0 0 IN IP4 127.0.0.1\ns=x\nc=IN IP4 127.0.0.1\nt=0 0\n"
    yield "session", f"{session}m=video {port} RTP/AVP 96\na=rtpmap:96 H264/90000\n"


def _box(kind: bytes, *parts: bytes) -> bytes:
    body = b"".join(parts)
    return struct.pack(">I", len(body) + 8) + kind + body


_TYPE = _box(b"ftyp", b"isom\0\0\2\0isommp41")


def _bombs() -> Iterator[tuple[str, bytes]]:
    """Yield small files that ask for a great deal."""
    nested = b""
    for _ in range(20_000):
        nested = _box(b"moov", nested)
    yield "nested.mp4", _TYPE + nested
    yield "many boxes.mp4", _TYPE + _box(b"free") * 100_000
    yield "many tracks.mp4", _TYPE + _box(b"moov", _box(b"trak") * 20_000)
    yield "giant box.mp4", _TYPE + struct.pack(">I4sQ", 1, b"moov", 1 << 62)
    yield "box to the end.mp4", _TYPE + b"\0\0\0\0moov" + bytes(64)
    for count in (1 << 24, 1 << 31, (1 << 32) - 1):
        sizes = _box(b"stsz", struct.pack(">III", 0, 1, count))
        table = _box(b"stbl", sizes, _box(b"stts", struct.pack(">IIII", 0, 1, count, 1)))
        media = _box(b"mdia", _box(b"minf", table))
        yield f"{count} samples.mp4", _TYPE + _box(b"moov", _box(b"trak", media) * 16)
    packed = zlib.compress(_box(b"moov", bytes(32 << 20)), 9)
    told = _box(b"cmvd", struct.pack(">I", 1 << 31), packed)
    header = _box(b"moov", _box(b"cmov", _box(b"dcom", b"zlib"), told))
    yield "packed header.mov", _box(b"ftyp", b"qt  \0\0\0\0qt  ") + header
    ebml = b"\x1a\x45\xdf\xa3\x8b\x42\x82\x88matroska"
    endless = b"\x01" + b"\xff" * 7
    yield "endless.mkv", ebml + b"\x18\x53\x80\x67" + endless + b"\x16\x54\xae\x6b" + endless
    yield "giant.mkv", ebml + b"\x18\x53\x80\x67\x01" + b"\x7f" * 7 + bytes(99)
    yield "many elements.mkv", ebml + b"\x18\x53\x80\x67" + endless + b"\xec\x80" * 100_000
    deep = b"\x10\x43\xa7\x70" + endless + (b"\x45\xb9" + endless + b"\xb6" + endless) * 20_000
    yield "deep chapters.mkv", ebml + b"\x18\x53\x80\x67" + endless + deep


def _cuts(tree: HostileTree, good: bytes) -> None:
    """Cut a film at the start, within and at the end of each of its boxes."""
    source = tree.root.parent / "outside" / "whole.mp4"
    source.write_bytes(good)
    fd = os.open(source, os.O_RDONLY)
    try:
        ends = sorted(set(_edges(BudgetedReader(fd, len(good)), 0, len(good))))
    finally:
        os.close(fd)
    for end in ends[:-1]:
        tree.put(f"cuts/{end:07d}.mp4", good[:end], EITHER if end else FAILED)


def _edges(reader: BudgetedReader, start: int, end: int) -> Iterator[int]:
    for box in boxes(reader, start, end):
        yield from (box.start, box.start + 4, box.body, min(box.end, reader.size))
        if box.kind in _INSIDE:
            yield from _edges(reader, box.body, box.end)


def _flips(tree: HostileTree, clips: Path) -> None:
    """Damage every clip: single bits all over it, bytes in its header, a part overwritten."""
    chance = _chance()
    paths = [path for path in sorted(clips.rglob("*")) if path.is_file() and path.stat().st_size]
    for number, path in enumerate(paths):
        for turn, damage in enumerate((_bits, _bits, _head, _numbers, _numbers, _part)):
            content = bytearray(path.read_bytes())
            damage(chance, content)
            tree.put(f"flips/{number:02d}-{turn}{path.suffix}", bytes(content), EITHER)


def _bits(chance: random.Random, content: bytearray) -> None:
    for _ in range(chance.choice((1, 10, 100))):
        content[chance.randrange(len(content))] ^= 1 << chance.randrange(8)


def _head(chance: random.Random, content: bytearray) -> None:
    for _ in range(chance.choice((1, 5, 25))):
        content[chance.randrange(min(len(content), 2048))] = chance.choice((0, 127, 128, 255))


def _numbers(chance: random.Random, content: bytearray) -> None:
    for _ in range(4):
        most = chance.choice((0, 1, 0x7FFFFFFF, 0x80000000, 0xFFFFFFFF))
        struct.pack_into(">I", content, chance.randrange(len(content) - 4), most)


def _part(chance: random.Random, content: bytearray) -> None:
    start = chance.randrange(len(content))
    content[start : start + 4096] = chance.randbytes(4096)[: len(content) - start]
