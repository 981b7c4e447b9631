"""What headers prove is what libav says, column by column, or it is not said at all."""

from __future__ import annotations

import random
from collections import Counter
from collections.abc import Callable, Iterator
from fractions import Fraction
from pathlib import Path
from typing import Any

import av
import pytest

from stoat_nb.media.extensions import VIDEO_EXTENSIONS

Differences = Callable[[Path], "list[tuple[str, Any, Any]] | None"]
Contradictions = Callable[..., "list[tuple[str, Any, Any]]"]
Remux = Callable[..., Path]

#: What the fast path must not leave to libav.
PROVEN = (
    "2024 Summer/beach walk.mp4",
    "2024 Summer/ice cream (portrait).mov",
    "2024 Summer/sunset HDR.mp4",
    "2023 Alps/summit.mkv",
    "2023 Alps/cable car.webm",
    "2023 Alps/drone/overflight.mp4",
    'Downloads/<b>bold<b> & "quotes".mp4',
)
#: Boxes that hold a codec's own header: only a decoder knows whether that is damaged.
CODECS_OWN = (b"avcC", b"hvcC", b"av1C", b"esds")
MUTANTS = 900


@pytest.mark.parametrize("name", PROVEN)
def test_clips_are_read_from_headers_and_just_as_libav_reads_them(
    archive: Path, differences: Differences, name: str
) -> None:
    assert differences(archive / name) == []


def test_nothing_in_the_archive_differs(archive: Path, differences: Differences) -> None:
    for path in sorted(archive.rglob("*.*")):
        if path.is_file() and path.stat().st_size:
            assert not differences(path), path


def remuxed(remux: Remux) -> Iterator[Path]:
    beach, portrait = "2024 Summer/beach walk.mp4", "2024 Summer/ice cream (portrait).mov"
    summit, sunset = "2023 Alps/summit.mkv", "2024 Summer/sunset HDR.mp4"
    yield remux(beach, "d fast.mp4", movflags="faststart")
    yield remux(beach, "d pieces.mp4", movflags="frag_keyframe+empty_moov")
    yield remux(beach, "d.mov")
    yield remux(beach, "d.mkv")
    yield remux(beach, "d no edits.mp4", use_editlist="0")
    yield remux(beach, "d tags.mp4", movflags="use_metadata_tags")
    yield remux(portrait, "d portrait.mp4")
    yield remux(summit, "d two languages.mp4")
    yield remux(summit, "d two languages.mov")
    yield remux(summit, "d live.mkv", live="1")
    yield remux(sunset, "d sunset.mov")
    yield remux(sunset, "d sunset.mkv")


def test_nothing_differs_whoever_wrote_the_container(
    remux: Remux, differences: Differences
) -> None:
    told = {path.name: differences(path) for path in remuxed(remux)}
    assert {name: differ for name, differ in told.items() if differ} == {}
    proven = {name for name, differ in told.items() if differ is not None}
    assert proven >= {"d fast.mp4", "d.mov", "d portrait.mp4", "d two languages.mp4"}


def test_b_frames_delays_and_odd_rates_do_not_differ(
    tmp_path: Path, differences: Differences
) -> None:
    proven = Counter[bool]()
    for number, (name, options) in enumerate(encodings()):
        path = tmp_path / f"{number}{name}"
        encode(path, **options)
        told = differences(path)
        assert not told, (name, options)
        proven[told is not None] += 1
    assert proven[True] > proven[False]


def encodings() -> Iterator[tuple[str, dict[str, Any]]]:
    for name in (".mp4", ".mov", ".mkv"):
        yield name, {"bf": "3", "rate": 25}
        yield name, {"bf": "0", "rate": 30, "width": 322, "height": 182}
        yield name, {"bf": "2", "rate": 50, "x264-params": "colorprim=bt709:transfer=bt709"}
        yield name, {"bf": "2", "rate": 24, "x264-params": "fullrange=on:sar=4/3"}
        yield name, {"bf": "2", "rate": 25, "x264-params": "tff=1"}
        yield name, {"bf": "1", "rate": 15, "pix_fmt": "yuv444p"}
        yield name, {"bf": "1", "rate": 15, "pix_fmt": "yuv422p10le"}


def encode(path: Path, *, rate: int, bf: str, **options: Any) -> None:
    width, height = options.pop("width", 320), options.pop("height", 180)
    pix_fmt = options.pop("pix_fmt", "yuv420p")
    with av.open(str(path), "w") as container:
        given = {"preset": "ultrafast", "bf": bf, **options}
        stream = container.add_stream("libx264", rate=rate, options=given)
        stream.width, stream.height, stream.pix_fmt = width, height, pix_fmt
        stream.codec_context.thread_count = 1
        for number in range(20):
            frame = av.VideoFrame(width, height, "yuv420p").reformat(format=pix_fmt)
            frame.pts = number
            container.mux(stream.encode(frame))
        container.mux(stream.encode(None))


def test_chapters_and_surround_sound_of_matroska_do_not_differ(
    tmp_path: Path, archive: Path, differences: Differences
) -> None:
    path = tmp_path / "film.mkv"
    with (
        av.open(str(archive / "2023 Alps/summit.mkv")) as clip,
        av.open(str(path), "w") as film,
    ):
        film.set_chapters([chapter(1, 0, 900), chapter(2, 900, 2000)])
        picture = film.add_stream_from_template(clip.streams.video[0])
        sound = film.add_stream("ac3", rate=48_000, layout="5.1")
        for packet in clip.demux(clip.streams.video[0]):
            if packet.dts is not None:
                packet.stream = picture
                film.mux(packet)
        for number in range(60):
            frame = av.AudioFrame("fltp", "5.1", 1536)
            for plane in frame.planes:
                plane.update(bytes(plane.buffer_size))
            frame.sample_rate, frame.pts = 48_000, number * 1536
            film.mux(sound.encode(frame))
        film.mux(sound.encode(None))
    assert differences(path) == []


def test_what_follows_the_film_of_matroska_is_left_to_libav(
    archive: Path, tmp_path: Path, differences: Differences
) -> None:
    path = tmp_path / "film.mkv"
    content = (archive / "2023 Alps/summit.mkv").read_bytes()
    for rest, told in ((b"", []), (b"\0", None), (bytes(400), None), (content, None)):
        path.write_bytes(content + rest)
        assert differences(path) == told, rest[:1]


def chapter(number: int, start: int, end: int) -> dict[str, Any]:
    times = {"start": start, "end": end, "time_base": Fraction(1, 1000)}
    return {"id": number, **times, "metadata": {"title": f"Part {number}"}}


def test_real_files_do_not_differ(media_oracle: Path, differences: Differences) -> None:
    told = {
        path: differences(path)
        for path in sorted((media_oracle / "files").rglob("*"))
        if path.is_file() and path.suffix.lower()[1:] in VIDEO_EXTENSIONS
    }
    assert {path.name: differ for path, differ in told.items() if differ} == {}
    assert sum(differ is not None for differ in told.values()) >= 45


#: libav moves the start of a track whose order of pictures it waits to see.
RIGHT_WHERE_LIBAV_IS_NOT = {("fixture.mkv", "0.start_s")}


def test_what_headers_prove_of_a_part_of_real_files_is_what_libav_says(
    media_oracle: Path, contradictions: Contradictions
) -> None:
    told = {
        (path.name, name): pair
        for path in sorted((media_oracle / "files").rglob("*"))
        if path.suffix.lower()[1:] in VIDEO_EXTENSIONS and path.is_file()
        for name, *pair in contradictions(path)
    }
    assert told.keys() <= RIGHT_WHERE_LIBAV_IS_NOT, told


def test_damaged_containers_do_not_differ(
    remux: Remux,
    archive: Path,
    tmp_path: Path,
    differences: Differences,
    contradictions: Contradictions,
) -> None:
    """Change bytes of headers, but for what only a decoder can check.

    Damage makes libav lose some facts of other streams, which headers keep: those are the intact
    file's.
    """
    seeds = [archive / name for name in PROVEN]
    seeds += [path for path in remuxed(remux) if differences(path) == []]
    contents = [(path, path.read_bytes(), places(path.read_bytes())) for path in seeds]
    chance, proven = random.Random(20), 0  # noqa: S311 - the same mutants in each run
    target = tmp_path / "mutant"
    for _ in range(MUTANTS):
        path, content, allowed = chance.choice(contents)
        at = chance.choice(allowed)
        changed = content[:at] + another(chance, content[at : at + 4]) + content[at + 4 :]
        target.write_bytes(changed)
        told = differences(target)
        wrong = contradictions(target, path) if told is None else told
        assert not wrong, (path.name, at, content[at : at + 4].hex(), changed[at : at + 4].hex())
        proven += told is not None
    assert proven > MUTANTS / 4


def another(chance: random.Random, old: bytes) -> bytes:
    new = bytearray(old)
    kind = chance.random()
    if kind < 0.6:
        new[0] ^= 1 << chance.randrange(8)
    elif kind < 0.8:
        new[0] = chance.randrange(256)
    else:
        new[:] = chance.choice([b"\0\0\0\0", b"\xff" * 4, b"\0\0\0\1", b"\x7f\xff\xff\xff"])
    return bytes(new[: len(old)])


def places(content: bytes) -> list[int]:
    """Return where the container's own headers are."""
    moov = content.find(b"moov")
    if moov < 0:
        return matroska_places(content)
    end = moov - 4 + int.from_bytes(content[moov - 4 : moov], "big")
    closed: set[int] = set()
    for kind in CODECS_OWN:
        at = content.find(kind)
        while at > 0:
            size = int.from_bytes(content[at - 4 : at], "big")
            closed |= set(range(at - 4 - 4, at - 4 + size))
            at = content.find(kind, at + 4)
    return [at for at in range(moov - 4, end - 4) if at not in closed]


def matroska_places(content: bytes) -> list[int]:
    end = content.index(b"\x1f\x43\xb6\x75")
    private = content.find(b"\x63\xa2")
    closed: set[int] = set()
    while 0 < private < end:
        length = 9 - content[private + 2].bit_length()
        size = int.from_bytes(content[private + 2 : private + 2 + length], "big")
        size &= (1 << 7 * length) - 1
        closed |= set(range(private - 4, private + 2 + length + size))
        private = content.find(b"\x63\xa2", private + 2)
    return [at for at in range(end - 4) if at not in closed]


def test_a_long_film_is_read_without_its_tables(
    tmp_path: Path, archive: Path, differences: Differences
) -> None:
    path = tmp_path / "long.mp4"
    with (
        av.open(str(archive / "2024 Summer/beach walk.mp4")) as clip,
        av.open(str(path), "w") as film,
    ):
        stream = film.add_stream_from_template(clip.streams.audio[0])
        packets = [packet for packet in clip.demux(clip.streams.audio[0]) if packet.size]
        for number in range(140_000):
            packet = av.Packet(bytes(packets[number % len(packets)])[: 8 + number % 5])
            packet.pts = packet.dts = number * 1024
            packet.stream, packet.time_base = stream, packets[0].time_base
            film.mux(packet)
    told = differences(path)
    assert told is not None
    differ = {name: (ours, theirs) for name, ours, theirs in told}
    assert set(differ) == {"0.bitrate", "0.bitrate_basis"}
    assert differ["0.bitrate_basis"] == ("estimated", "sizes")
    ours, theirs = differ["0.bitrate"]
    assert ours == pytest.approx(theirs, rel=0.02)


@pytest.mark.parametrize(
    ("codec", "bf", "is_proven"),
    [("libx265", "0", True), ("libx264", "2", True), ("libx264", "0", False)],
)
def test_pictures_that_start_after_the_sound_of_matroska_do_not_differ(
    tmp_path: Path, differences: Differences, codec: str, bf: str, *, is_proven: bool
) -> None:
    """As in most films in Matroska: sound has a lead-in, so all else is moved on."""
    path = tmp_path / "late.mkv"
    options = {"preset": "ultrafast", "x265-params": "log-level=none:pools=1", "bf": bf}
    with av.open(str(path), "w") as film:
        film.metadata["PART_NUMBER"] = "3"
        picture = film.add_stream(codec, rate=25, options=options)
        picture.width, picture.height, picture.pix_fmt = 64, 64, "yuv420p"
        sound = film.add_stream("aac", rate=48_000, layout="stereo")
        for number in range(5):
            still, quiet = av.VideoFrame(64, 64, "yuv420p"), av.AudioFrame("fltp", "stereo", 1024)
            still.pts = number + 1
            for plane in quiet.planes:
                plane.update(bytes(plane.buffer_size))
            quiet.sample_rate, quiet.pts = 48_000, number * 1024
            film.mux(picture.encode(still))
            film.mux(sound.encode(quiet))
        film.mux(picture.encode(None))
        film.mux(sound.encode(None))
    assert differences(path) == ([] if is_proven else None)


def test_planes_of_red_green_and_blue_are_left_to_libav(
    tmp_path: Path, differences: Differences
) -> None:
    path = tmp_path / "screen.mp4"
    encode(path, rate=25, bf="0", pix_fmt="yuv444p", **{"x264-params": "colormatrix=GBR"})
    assert differences(path) is None
