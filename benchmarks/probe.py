"""What does knowing one file cost? Headers alone, libav, and a loop of ffprobes, in one run.

* Files a second over the same small real clips, one after the other in one process: what headers
  prove (``media.headers``), the same files through libav, the product's own mixture over clips
  of all kinds, the same to the end of every file, the quick hash alone, and a sequential loop of
  ``ffprobe -show_format -show_streams`` where it is on the PATH. Rounds are interleaved; medians
  are compared.
* Bytes read of a long MP4, whose index alone is some megabytes: ours are counted where they are
  read, ffprobe's come from ``/proc/<pid>/io`` less what it reads to start.

* Which of the real files in ``../shared/media/files``, where that is, headers prove, and why the
  others go to libav.

Run it with ``python benchmarks/probe.py [--rounds 5] [--copies 10] [--minutes 120]``.
"""

from __future__ import annotations

import argparse
import os
import shutil
import statistics
import subprocess
import tempfile
import time
from collections import Counter
from collections.abc import Callable
from fractions import Fraction
from pathlib import Path
from typing import Any

import av

from stoat_nb.media import libav
from stoat_nb.media.budgeted_reader import BudgetedReader
from stoat_nb.media.demo_clips import make_samples
from stoat_nb.media.extensions import VIDEO_EXTENSIONS
from stoat_nb.media.headers import Headers
from stoat_nb.media.probe import probe
from stoat_nb.media.quick_hash import quick_hash
from stoat_nb.media.readers import read_headers

FFPROBE = shutil.which("ffprobe")
REAL_FILES = Path(__file__).parents[2] / "shared" / "media" / "files"
#: Files that ffprobe gets in a round: each costs it as much as a hundred cost us.
FFPROBE_FILES = 15
FRAMES_A_SECOND = 60
#: Pictures from one key picture to the next.
GROUP = 250
#: What is smaller is there to be refused.
SMALLEST = 1000

Method = Callable[[Path], object]


def by_headers(path: Path) -> dict[str, Any] | None:
    """Read what headers prove."""
    headers = headers_of(path)[0]
    return headers.complete(headers.facts) if headers.facts else None


def headers_of(path: Path) -> tuple[Headers, BudgetedReader]:
    fd = os.open(path, os.O_RDONLY)
    try:
        reader = BudgetedReader(fd, os.fstat(fd).st_size)
        return read_headers(reader), reader
    finally:
        os.close(fd)


def by_libav(path: Path) -> dict[str, Any]:
    """Read the same facts through libav, as the product does where headers do not tell."""
    fd = os.open(path, os.O_RDONLY)
    try:
        headers = read_headers(BudgetedReader(fd, os.fstat(fd).st_size))
        return headers.complete(libav.read(fd))
    finally:
        os.close(fd)


def by_product(path: Path) -> dict[str, Any]:
    """Read a file as a scan's worker does."""
    seen = path.stat()
    item = {"root": str(path.parent), "relative": path.name}
    return probe({**item, "size_bytes": seen.st_size, "mtime_ns": seen.st_mtime_ns})


def by_packets(path: Path) -> dict[str, Any]:
    """Read a file to its end, as a scan in mode verify does."""
    seen = path.stat()
    item = {"root": str(path.parent), "relative": path.name, "packets": True}
    return probe({**item, "size_bytes": seen.st_size, "mtime_ns": seen.st_mtime_ns})


def by_quick_hash(path: Path) -> str:
    """Take the quick hash alone; a scan has the file open already."""
    fd = os.open(path, os.O_RDONLY)
    try:
        return quick_hash(fd, os.fstat(fd).st_size)
    finally:
        os.close(fd)


def by_ffprobe(path: Path) -> bytes:
    """Read a file as a loop of processes does."""
    command = [str(FFPROBE), "-v", "error", "-of", "json", "-show_format", "-show_streams"]
    return subprocess.run([*command, path], capture_output=True, check=False).stdout


def clips_in(folder: Path, copies: int) -> list[Path]:
    """Make small real clips of all kinds, each a few times over."""
    made = [path for path in make_samples(folder / "one") if path.stat().st_size > SMALLEST]
    found = []
    for number in range(copies):
        for place, path in enumerate(made):
            target = folder / f"{number:03d}-{place:02d}{path.suffix}"
            target.write_bytes(path.read_bytes())
            found.append(target)
    return found


def rate(method: Method, paths: list[Path]) -> float:
    """Return files a second."""
    started = time.perf_counter()
    for path in paths:
        method(path)
    return len(paths) / (time.perf_counter() - started)


def measured(cases: dict[str, tuple[Method, list[Path]]], rounds: int) -> dict[str, list[float]]:
    """Measure every case in each round, after one round that does not count."""
    rates: dict[str, list[float]] = {name: [] for name in cases}
    for number in range(rounds + 1):
        for name, (method, paths) in cases.items():
            seen = rate(method, paths)
            if number:
                rates[name].append(seen)
    return rates


def long_film(path: Path, clip: Path, minutes: int) -> Path:
    """Write a film of small pictures: as many samples as a real one, in a fraction of the bytes."""
    seconds = minutes * 60
    with av.open(str(clip)) as source, av.open(str(path), "w") as film:
        picture = film.add_stream_from_template(source.streams.video[0])
        sound = film.add_stream_from_template(source.streams.audio[0])
        pictures = packets_of(clip, "video")
        sounds = packets_of(clip, "audio")
        for second in range(seconds):
            first = second * FRAMES_A_SECOND
            for number in range(first, first + FRAMES_A_SECOND):
                content = pictures[0 if number % GROUP == 0 else 1]
                write(film, picture, content, number, Fraction(1, FRAMES_A_SECOND))
            for number in range(second * 375 // 8, (second + 1) * 375 // 8):
                content = sounds[number % len(sounds)]
                write(film, sound, content, number * 1024, Fraction(1, 48_000))
    return path


def packets_of(clip: Path, kind: str) -> list[bytes]:
    with av.open(str(clip)) as source:
        stream = next(stream for stream in source.streams if stream.type == kind)
        return [bytes(one) for one in source.demux(stream) if one.size]


def write(film: Any, stream: Any, content: bytes, time_stamp: int, unit: Fraction) -> None:
    packet = av.Packet(content)
    packet.pts = packet.dts = time_stamp
    packet.time_base, packet.stream = unit, stream
    film.mux(packet)


def read_by_ffprobe(*arguments: str) -> int:
    """Return the bytes that ffprobe read, by the kernel's count."""
    process = subprocess.Popen([str(FFPROBE), *arguments], stdout=subprocess.DEVNULL)
    os.waitid(os.P_PID, process.pid, os.WEXITED | os.WNOWAIT)
    lines = Path(f"/proc/{process.pid}/io").read_text(encoding="ascii").splitlines()
    process.wait()
    return int(dict(line.split(": ") for line in lines)["rchar"])


def print_rates(rates: dict[str, list[float]], base: str) -> None:
    for name, seen in rates.items():
        median = statistics.median(seen)
        ratios = [ours / theirs for ours, theirs in zip(seen, rates[base], strict=True)]
        print(
            f"  {name:34} {median:9.1f} files/s   {statistics.median(ratios):7.1f} x {base}"
            f"   ({min(seen):.1f} to {max(seen):.1f}, n={len(seen)})"
        )


def speed(folder: Path, rounds: int, copies: int) -> None:
    """Compare files a second."""
    everything = clips_in(folder, copies)
    proven = [path for path in everything if by_headers(path)]
    cases: dict[str, tuple[Method, list[Path]]] = {
        "headers": (by_headers, proven),
        "libav, the same files": (by_libav, proven),
        "the product, all kinds": (by_product, everything),
        "the product, all packets": (by_packets, everything),
        "the quick hash alone": (by_quick_hash, proven),
    }
    base = "libav, the same files"
    if FFPROBE:
        base = "ffprobe"
        cases["ffprobe"] = (by_ffprobe, proven[:FFPROBE_FILES])
    print(f"{len(everything)} clips, headers prove the facts of {len(proven)}:")
    rates = measured(cases, rounds)
    print_rates(rates, base)
    shares = zip(rates["headers"], rates["the quick hash alone"], strict=True)
    share = statistics.median(probes / hashes for probes, hashes in shares)
    print(f"  the quick hash takes {share:.1%} of the time that headers take")


def bytes_read(folder: Path, minutes: int) -> None:
    """Compare the bytes read of a long film."""
    [clip] = [path for path in make_samples(folder / "clip") if path.name == "beach walk.mp4"]
    film = long_film(folder / "film.mp4", clip, minutes)
    headers, reader = headers_of(film)
    print(f"A film of {minutes} minutes, {film.stat().st_size / 1e6:.1f} MB:")
    proven = "all facts" if headers.facts else f"not enough ({headers.reason})"
    print(f"  headers   {reader.bytes_read:9d} bytes in {reader.reads} reads: {proven}")
    if FFPROBE:
        show = ("-v", "error", "-show_format", "-show_streams", str(film))
        theirs = read_by_ffprobe(*show) - read_by_ffprobe("-version")
        print(f"  ffprobe   {theirs:9d} bytes: {theirs / reader.bytes_read:.0f} x ours")


def reasons(folder: Path) -> None:
    """Count what headers prove of real files, and why not."""
    found = (path for path in sorted(folder.rglob("*")) if path.is_file())
    videos = [path for path in found if path.suffix.lower()[1:] in VIDEO_EXTENSIONS]
    counts: Counter[str] = Counter()
    for path in videos:
        headers = headers_of(path)[0]
        counts["proven" if headers.is_proven else next(iter(headers.unproven), "broken")] += 1
    print(f"{len(videos)} real files:")
    for reason, count in counts.most_common():
        print(f"  {count:4d}  {reason}")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--copies", type=int, default=10, help="how often each clip is there")
    parser.add_argument("--minutes", type=int, default=120, help="how long the film is")
    arguments = parser.parse_args()
    with tempfile.TemporaryDirectory() as scratch:
        (Path(scratch) / "clips").mkdir()
        speed(Path(scratch) / "clips", arguments.rounds, arguments.copies)
        bytes_read(Path(scratch), arguments.minutes)
    if REAL_FILES.is_dir():
        reasons(REAL_FILES)


if __name__ == "__main__":
    main()
