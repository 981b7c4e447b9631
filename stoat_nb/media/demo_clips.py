"""A small library of real clips, made here by PyAV's encoders, for demos, tests and notebooks.

It looks like somebody's archive: common and old formats, a portrait clip, an HDR one, a film in two
languages, and the files that are always there and cannot be read.
"""

from __future__ import annotations

import math
import os
import shutil
from array import array
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from fractions import Fraction
from pathlib import Path
from typing import Any

from msgspec import Struct

_RAMP = bytes(range(256)) * 4
_SAMPLES = 1024  # audio samples in one frame
_BITEXACT = {"fflags": "+bitexact"}  # no encoder's version, no random ids: the same bytes each time
_BITEXACT_CODEC = 0x800000  # the same for an encoder, as a flag

_X264 = {"preset": "ultrafast", "crf": "30"}
_X265 = {"preset": "ultrafast", "crf": "34", "x265-params": "log-level=none:pools=1"}
_VP9 = {"deadline": "realtime", "cpu-used": "8", "b": "120k"}
_AV1 = {"preset": "12", "crf": "50", "svtav1-params": "lp=1"}


class _Sound(Struct, frozen=True):
    codec: str
    rate: int = 48_000
    layout: str = "stereo"
    language: str | None = None


class _Clip(Struct, frozen=True):
    name: str
    codec: str
    options: dict[str, str] = {}
    sounds: tuple[_Sound, ...] = ()
    fps: Fraction = Fraction(25)
    frames: int = 25
    size: tuple[int, int] = (320, 180)
    pix_fmt: str = "yuv420p"
    rotation: int = 0  # degrees clockwise to turn for display
    is_hdr: bool = False
    title: str | None = None
    tags: dict[str, str] = {}  #: As phones write them into their QuickTime files.


_FILM, _NTSC = Fraction(24_000, 1001), Fraction(30_000, 1001)
_AAC, _MP2, _PCM = _Sound("aac"), _Sound("mp2"), _Sound("pcm_s16le")
_MONO = _Sound("libmp3lame", 44_100, "mono")
_TWO_LANGUAGES = (_Sound("aac", language="eng"), _Sound("aac", language="deu"))
_PHONE = {"com.apple.quicktime.make": "Apple", "com.apple.quicktime.model": "iPhone 15"}

_CLIPS = (
    _Clip("2024 Summer/beach walk.mp4", "libx264", _X264, (_AAC,), _NTSC, 60, title="Beach walk"),
    _Clip(
        "2024 Summer/ice cream (portrait).mov",
        "libx264",
        _X264,
        (_Sound("aac", 44_100, "mono"),),
        Fraction(30),
        30,
        rotation=90,
        tags=_PHONE,
    ),
    _Clip("2024 Summer/sunset HDR.mp4", "libx265", _X265, pix_fmt="yuv420p10le", is_hdr=True),
    _Clip(
        "2023 Alps/summit.mkv", "libx264", _X264, _TWO_LANGUAGES, _FILM, 48, title="Gipfel / Summit"
    ),
    _Clip("2023 Alps/cable car.webm", "libvpx-vp9", _VP9, (_Sound("libopus"),)),
    _Clip("2023 Alps/drone/overflight.mp4", "libsvtav1", _AV1, fps=Fraction(50)),
    _Clip("Tapes/wedding 1998.mpg", "mpeg2video", {}, (_MP2,), size=(176, 144)),
    _Clip("Tapes/birthday.avi", "mpeg4", {}, (_Sound("libmp3lame"),), size=(160, 120)),
    _Clip("Tapes/evening news.ts", "libx264", _X264, (_MP2,)),
    _Clip("Edits/interview master.mov", "prores_ks", {}, (_PCM,), _FILM, 12, pix_fmt="yuv422p10le"),
    _Clip("Downloads/lecture.flv", "flv", {}, (_MONO,), Fraction(15), 15),
    _Clip('Downloads/<b>bold<b> & "quotes".mp4', "mpeg4", size=(64, 64)),
)

_TEXT = "Shopping list: film, batteries, sun cream.\n" * 20


def make_samples(folder: Path, *, copies: int = 1) -> list[Path]:
    """Make the clips in ``folder`` and return their paths, the broken ones last.

    With more than one copy, the whole archive is repeated in folders ``disk 2``, ``disk 3``, ...

    Examples
    --------
    >>> from tempfile import TemporaryDirectory
    >>> with TemporaryDirectory() as folder:
    ...     len(make_samples(Path(folder)))
    15
    """
    # AV1's encoder gives the thread that opens it a real-time priority where it is allowed to, as
    # root is, and leaves it there: all that the thread starts later would starve the machine.
    with ThreadPoolExecutor(1) as passing:
        return passing.submit(_made, folder, copies).result()


def _made(folder: Path, copies: int) -> list[Path]:
    os.environ.setdefault("SVT_LOG", "0")  # its encoder would write a page to stderr
    made = [_encoded(folder / clip.name, clip) for clip in _CLIPS]
    made += _broken(folder / "Downloads", whole=made[0])
    originals = tuple(made)
    for number in range(2, copies + 1):
        for path in originals:
            copy = folder / f"disk {number}" / path.relative_to(folder)
            copy.parent.mkdir(parents=True, exist_ok=True)
            made.append(Path(shutil.copyfile(path, copy)))
    return made


def _broken(folder: Path, *, whole: Path) -> list[Path]:
    """Write what every archive has: a download that stopped, an empty file, a text in disguise."""
    content = whole.read_bytes()
    names = ("half a download.mp4", "empty.mp4", "notes.mp4")
    half, empty, notes = (folder / name for name in names)
    half.write_bytes(content[: len(content) // 2])
    empty.write_bytes(b"")
    notes.write_text(_TEXT, encoding="utf-8")
    return [half, empty, notes]


def _encoded(path: Path, clip: _Clip) -> Path:
    import av  # noqa: PLC0415 - a fifth of a second that only makers of clips should pay

    path.parent.mkdir(parents=True, exist_ok=True)
    options = {**_BITEXACT, **({"movflags": "use_metadata_tags"} if clip.tags else {})}
    with av.open(str(path.absolute()), "w", options=options) as container:
        container.metadata.update(clip.tags)
        if clip.title:
            container.metadata["title"] = clip.title
        video = _video_stream(container, clip)
        sounds = [(_sound_stream(container, sound), sound) for sound in clip.sounds]
        for picture in _pictures(clip):
            container.mux(video.encode(picture))
        container.mux(video.encode(None))
        for stream, sound in sounds:
            for frame in _tones(sound, float(clip.frames / clip.fps)):
                container.mux(stream.encode(frame))
            container.mux(stream.encode(None))
    return path


def _video_stream(container: Any, clip: _Clip) -> Any:
    stream = container.add_stream(clip.codec, rate=clip.fps, options=clip.options)
    (stream.width, stream.height), stream.pix_fmt = clip.size, clip.pix_fmt
    context = stream.codec_context
    context.thread_count = 1
    context.flags |= _BITEXACT_CODEC
    if clip.rotation:
        stream.set_display_rotation(-clip.rotation)  # counter-clockwise there
    if clip.is_hdr:
        context.color_primaries, context.color_trc, context.colorspace = 9, 16, 9
        context.color_range = 1
    return stream


def _sound_stream(container: Any, sound: _Sound) -> Any:
    stream = container.add_stream(sound.codec, rate=sound.rate, layout=sound.layout)
    stream.codec_context.flags |= _BITEXACT_CODEC
    if sound.language:
        stream.metadata["language"] = sound.language
    return stream


def _pictures(clip: _Clip) -> Iterator[Any]:
    """Draw a slanted ramp of grey that moves, in front of two slow changes of colour."""
    from av import VideoFrame  # noqa: PLC0415 - see _encoded()

    for number in range(clip.frames):
        frame = VideoFrame(*clip.size, "yuv420p")
        luma, *chroma = frame.planes
        rows = ((number * 5 + row) % 256 for row in range(luma.height))
        luma.update(b"".join(_RAMP[start : start + luma.line_size] for start in rows))
        for turn, plane in enumerate(chroma):
            level = 128 + round(60 * math.sin(number / 10 + turn * 2))
            plane.update(bytes([level]) * plane.buffer_size)
        frame.pts, frame.time_base = number, 1 / clip.fps
        yield frame.reformat(format=clip.pix_fmt)


def _tones(sound: _Sound, seconds: float) -> Iterator[Any]:
    """Sing a quiet note of 440 Hz."""
    from av import AudioFrame, AudioLayout  # noqa: PLC0415 - see _encoded()

    span = sound.rate // math.gcd(sound.rate, 440)  # samples, after which it is the same again
    levels = (round(6000 * math.sin(2 * math.pi * 440 * at / sound.rate)) for at in range(span))
    n_channels = AudioLayout(sound.layout).nb_channels
    wave = array("h", (level for level in levels for _ in range(n_channels))).tobytes()
    wave *= 2 + _SAMPLES // span
    for start in range(0, int(seconds * sound.rate), _SAMPLES):
        frame = AudioFrame("s16", sound.layout, _SAMPLES)
        at, size = 2 * n_channels * (start % span), frame.planes[0].buffer_size
        frame.planes[0].update(wave[at : at + 2 * n_channels * _SAMPLES].ljust(size, b"\0"))
        frame.sample_rate, frame.pts = sound.rate, start
        frame.time_base = Fraction(1, sound.rate)
        yield frame
