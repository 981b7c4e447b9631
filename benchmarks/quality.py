"""Which damaged files does Stoat notice, and which good ones does it suspect? By mode, in one run.

Clips of noise and a tone are made in many containers and damaged in seeded places: cut, a hole of
4 KiB of zeros, zeros for the last 30 %, eight bits flipped, 5 KB appended. Each is read as a scan
does and as ``verify`` does. "Noticed" means truncated, suspect, or refused with a reason;
"unknown" means that Stoat says it does not know; "complete" of a damaged file is a false statement,
and so is anything but complete or unknown of a good one. What was appended takes nothing away.

``docs/quality.md`` holds what it prints.

Run it with ``python benchmarks/quality.py [--seeds 12] [--seconds 6]``.
"""

from __future__ import annotations

import argparse
import io
import os
import random
import tempfile
from collections import Counter
from collections.abc import Callable, Iterable
from concurrent.futures import ThreadPoolExecutor
from fractions import Fraction
from pathlib import Path
from typing import Any, NamedTuple

import av
import numpy as np

from stoat_nb.media.probe import probe

HOLE, APPENDED, FLIPS = 4096, 5000, 8
RATE, SIZE = 25, (320, 180)
FAST = {"movflags": "faststart"}
PIECES = {"movflags": "frag_keyframe+empty_moov+default_base_moof"}
SCAN, VERIFY = "scan", "verify"


class Kind(NamedTuple):
    """A container as PyAV writes it."""

    name: str
    suffix: str
    codec: str
    sound: str | None
    options: dict[str, str] = {}  # noqa: RUF012 - read only


KINDS = (
    Kind("MP4, index last", "mp4", "libx264", "aac"),
    Kind("MP4, index first, HEVC", "mp4", "libx265", "aac", FAST),
    Kind("MP4 in fragments", "mp4", "libx264", "aac", PIECES),
    Kind("QuickTime, ProRes", "mov", "prores_ks", "pcm_s16le"),
    Kind("3GP", "3gp", "mpeg4", "aac"),
    Kind("Matroska", "mkv", "libx264", "aac"),
    Kind("WebM", "webm", "libvpx-vp9", "libopus"),
    Kind("AVI", "avi", "mpeg4", "libmp3lame"),
    Kind("MXF", "mxf", "mpeg2video", "pcm_s16le"),
    Kind("FLV", "flv", "libx264", "aac"),
    Kind("Windows Media", "wmv", "wmv2", None),
    Kind("Ogg", "ogv", "libvpx", "libopus"),
    Kind("MPEG-TS", "ts", "libx264", "aac"),
    Kind("Blu-ray's MPEG-TS", "m2ts", "libx264", "ac3"),
    Kind("MPEG-PS", "mpg", "mpeg2video", "mp2"),
    Kind("bare H.264", "h264", "libx264", None),
)


def cut(content: bytes, rng: random.Random) -> bytes:
    """Keep a part of the file, between 10 and 99 %."""
    return content[: int(len(content) * rng.uniform(0.10, 0.99))]


def hole(content: bytes, rng: random.Random) -> bytes:
    """Leave a hole of zeros somewhere in the middle."""
    start = int(len(content) * rng.uniform(0.10, 0.85))
    return content[:start] + bytes(HOLE) + content[start + HOLE :]


def zero_tail(content: bytes, _rng: random.Random) -> bytes:
    """Put zeros in place of the last 30 %."""
    kept = len(content) * 7 // 10
    return content[:kept] + bytes(len(content) - kept)


def flipped(content: bytes, rng: random.Random) -> bytes:
    """Flip single bits in the middle."""
    changed = bytearray(content)
    for _ in range(FLIPS):
        changed[int(len(content) * rng.uniform(0.10, 0.90))] ^= 1 << rng.randrange(8)
    return bytes(changed)


def appended(content: bytes, rng: random.Random) -> bytes:
    """Write something else behind the end."""
    return content + rng.randbytes(APPENDED)


def whole(content: bytes, _rng: random.Random) -> bytes:
    """Leave the file as it is."""
    return content


DAMAGES: dict[str, Callable[[bytes, random.Random], bytes]] = {
    "cut": cut,
    "hole of 4 KiB": hole,
    "last 30 % zeros": zero_tail,
    "8 bits flipped": flipped,
    "5 KB appended": appended,
    "nothing": whole,
}


def made(kind: Kind, seed: int, seconds: int = 6) -> bytes:
    """Encode noise under a moving ramp, and a hiss."""
    noise = np.random.default_rng(seed)
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / f"clip.{kind.suffix}"
        with av.open(str(path), "w", options={"fflags": "+bitexact", **kind.options}) as container:
            _fill(container, kind, seconds, noise)
        return path.read_bytes()


def _fill(container: Any, kind: Kind, seconds: int, noise: np.random.Generator) -> None:
    quick = {"preset": "ultrafast", "x265-params": "log-level=none"}
    options = {"deadline": "realtime", "cpu-used": "8"} if "vpx" in kind.codec else quick
    video = container.add_stream(kind.codec, rate=RATE, options=options)
    video.width, video.height = SIZE
    video.pix_fmt = "yuv422p10le" if kind.codec == "prores_ks" else "yuv420p"
    video.bit_rate, video.gop_size = 500_000, 12
    audio = None
    if kind.sound:
        audio = container.add_stream(kind.sound, rate=48_000, layout="stereo")
    width, height = SIZE
    ramp = np.add.outer(np.arange(height * 3 // 2), np.arange(width))
    for number in range(RATE * seconds):
        pixels = (ramp + 3 * number + noise.integers(0, 40, ramp.shape)) % 200 + 20
        frame = av.VideoFrame.from_ndarray(pixels.astype(np.uint8), format="yuv420p")
        frame.pts, frame.time_base = number, Fraction(1, RATE)
        container.mux(video.encode(frame.reformat(format=video.pix_fmt)))
        if audio is not None:
            container.mux(audio.encode(_hiss(noise, number, audio.codec_context.format.is_planar)))
    for stream in filter(None, (video, audio)):
        container.mux(stream.encode(None))


def _hiss(noise: np.random.Generator, number: int, is_planar: bool) -> av.AudioFrame:
    count = 48_000 // RATE
    shape, name = ((2, count), "s16p") if is_planar else ((1, 2 * count), "s16")
    samples = noise.integers(-6000, 6000, shape).astype(np.int16)
    frame = av.AudioFrame.from_ndarray(samples, format=name, layout="stereo")
    frame.sample_rate, frame.pts = 48_000, number * count
    frame.time_base = Fraction(1, 48_000)
    return frame


def verdict(path: Path, content: bytes, mode: str) -> tuple[str, str]:
    """Return complete, unknown or noticed, and why."""
    path.write_bytes(content)
    seen = path.stat()
    item = {"root": str(path.parent), "relative": path.name, "packets": mode == VERIFY}
    answer = probe({**item, "size_bytes": seen.st_size, "mtime_ns": seen.st_mtime_ns})
    if failure := answer.get("failure"):
        return "noticed", str(failure["error"])
    integrity = answer["video"]["integrity"]
    reason = str(answer["video"].get("integrity_reason") or "")
    return (integrity if integrity in ("complete", "unknown") else "noticed"), reason


Counts = dict[tuple[str, str, str], Counter[str]]


def measured(
    kinds: Iterable[Kind], seeds: int, seconds: int, tell: Callable[[str], None] | None = None
) -> Counts:
    """Damage clips of some kinds and count verdicts, by kind, damage and mode."""
    counts: Counts = {}
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "clip"
        for kind in kinds:
            # x265 and others give the thread that opens them another priority where they may.
            with ThreadPoolExecutor(1) as passing:
                content = passing.submit(made, kind, 1, seconds).result()
            for name, damage in DAMAGES.items():
                for seed in range(1 if damage is whole else seeds):
                    broken = damage(content, random.Random(f"{kind.name} {name} {seed}"))  # noqa: S311 - the same each time
                    for mode in (SCAN, VERIFY):
                        word, reason = verdict(path, broken, mode)
                        counts.setdefault((kind.name, name, mode), Counter())[word] += 1
                        if tell:
                            tell(f"{kind.name} | {name} {seed} | {mode} | {word} | {reason}")
    return counts


def table(counts: Counts) -> str:
    """Write what was counted: all kinds together, then each kind."""
    out = io.StringIO()
    words = "noticed | unknown | complete"
    print(f"| damage | files | scan: {words} | verify: {words} |", file=out)
    print("| --- |" + " ---: |" * 7, file=out)
    for name in DAMAGES:
        rows = [
            sum(
                (one for (_kind, what, how), one in counts.items() if (what, how) == (name, mode)),
                Counter(),
            )
            for mode in (SCAN, VERIFY)
        ]
        cells = [str(row[word]) for row in rows for word in ("noticed", "unknown", "complete")]
        print(f"| {name} | {rows[0].total()} | {' | '.join(cells)} |", file=out)
    print(file=out)
    damages = [name for name in DAMAGES if name not in ("5 KB appended", "nothing")]
    print("| container | " + " | ".join(damages) + " |", file=out)
    print("| --- |" + " ---: |" * len(damages), file=out)
    for kind in dict.fromkeys(kind for kind, _what, _how in counts):
        cells = []
        for name in damages:
            seen = [counts[kind, name, mode] for mode in (SCAN, VERIFY)]
            cells.append(" / ".join(str(one["noticed"]) for one in seen) + f" of {seen[0].total()}")
        print(f"| {kind} | {' | '.join(cells)} |", file=out)
    return out.getvalue()


def main() -> None:
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--seeds", type=int, default=12, help="files of each kind and damage")
    parser.add_argument("--seconds", type=int, default=6, help="length of a clip")
    parser.add_argument("--kinds", default="", help="only kinds with this in their name")
    parser.add_argument("--tell", action="store_true", help="print each verdict")
    args = parser.parse_args()
    os.environ.setdefault("SVT_LOG", "0")
    kinds = [kind for kind in KINDS if args.kinds in kind.name]
    print(table(measured(kinds, args.seeds, args.seconds, print if args.tell else None)))


if __name__ == "__main__":
    main()
