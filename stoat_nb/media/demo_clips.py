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

_X264 = {"preset": "ultrafast", "crf": "30"}
_X265 = {"preset": "ultrafast", "crf": "34", "x265-params": "log-level=none:pools=1"}
_VP9 = {"deadline": "realtime", "cpu-used": "8", "b": "120k"}
_AV1 = {"preset": "12", "crf": "50", "svtav1-params": "lp=1"}


class _Sound(Struct, frozen=True, kw_only=True):
    codec: str
    language: str | None = None
    rate: int = 48_000
    channels: int = 2


class _Clip(Struct, frozen=True, kw_only=True):
    name: str
    codec: str
    sounds: tuple[_Sound, ...] = ()
    width: int = 320
    height: int = 180
    fps: Fraction = Fraction(25)
    frames: int = 25
    pix_fmt: str = "yuv420p"
    options: dict[str, str] = {}
    rotation: int = 0  # degrees clockwise to turn for display
    is_hdr: bool = False
    title: str | None = None
    tags: dict[str, str] = {}  #: As phones write them into their QuickTime files.


_FILM = Fraction(24_000, 1001)
_NTSC = Fraction(30_000, 1001)
_AAC, _MP3, _MP2 = _Sound(codec="aac"), _Sound(codec="libmp3lame"), _Sound(codec="mp2")

_CLIPS = (
    _Clip(
        name="2024 Summer/beach walk.mp4",
        codec="libx264",
        options=_X264,
        sounds=(_AAC,),
        fps=_NTSC,
        frames=60,
        title="Beach walk",
    ),
    _Clip(
        name="2024 Summer/ice cream (portrait).mov",
        codec="libx264",
        options=_X264,
        sounds=(_Sound(codec="aac", channels=1, rate=44_100),),
        fps=Fraction(30),
        frames=30,
        rotation=90,
        tags={"com.apple.quicktime.make": "Apple", "com.apple.quicktime.model": "iPhone 15"},
    ),
    _Clip(
        name="2024 Summer/sunset HDR.mp4",
        codec="libx265",
        options=_X265,
        pix_fmt="yuv420p10le",
        is_hdr=True,
    ),
    _Clip(
        name="2023 Alps/summit.mkv",
        codec="libx264",
        options=_X264,
        sounds=(_Sound(codec="aac", language="eng"), _Sound(codec="aac", language="deu")),
        fps=_FILM,
        frames=48,
        title="Gipfel / Summit",
    ),
    _Clip(
        name="2023 Alps/cable car.webm",
        codec="libvpx-vp9",
        options=_VP9,
        sounds=(_Sound(codec="libopus"),),
    ),
    _Clip(name="2023 Alps/drone/overflight.mp4", codec="libsvtav1", options=_AV1, fps=Fraction(50)),
    _Clip(
        name="Tapes/wedding 1998.mpg",
        codec="mpeg2video",
        sounds=(_MP2,),
        width=176,
        height=144,
    ),
    _Clip(name="Tapes/birthday.avi", codec="mpeg4", sounds=(_MP3,), width=160, height=120),
    _Clip(name="Tapes/evening news.ts", codec="libx264", options=_X264, sounds=(_MP2,)),
    _Clip(
        name="Edits/interview master.mov",
        codec="prores_ks",
        pix_fmt="yuv422p10le",
        sounds=(_Sound(codec="pcm_s16le"),),
        fps=_FILM,
        frames=12,
    ),
    _Clip(
        name="Downloads/lecture.flv",
        codec="flv",
        sounds=(_Sound(codec="libmp3lame", rate=44_100, channels=1),),
        fps=Fraction(15),
        frames=15,
    ),
    _Clip(name='Downloads/<b>bold<b> & "quotes".mp4', codec="mpeg4", width=64, height=64),
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
    for number in range(2, copies + 1):
        disk = folder / f"disk {number}"
        made += [_copied(path, disk / path.relative_to(folder)) for path in made[: len(_CLIPS) + 3]]
    return made


def _broken(folder: Path, *, whole: Path) -> list[Path]:
    """Write what every archive has: a download that stopped, an empty file, a text in disguise."""
    content = whole.read_bytes()
    half, empty, notes = (
        folder / name for name in ("half a download.mp4", "empty.mp4", "notes.mp4")
    )
    half.write_bytes(content[: len(content) // 2])
    empty.write_bytes(b"")
    notes.write_text(_TEXT, encoding="utf-8")
    return [half, empty, notes]


def _copied(source: Path, target: Path) -> Path:
    target.parent.mkdir(parents=True, exist_ok=True)
    return Path(shutil.copyfile(source, target))


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
    stream.width, stream.height, stream.pix_fmt = clip.width, clip.height, clip.pix_fmt
    context = stream.codec_context
    context.thread_count = 1
    context.flags |= 0x800000  # bit-exact, as _BITEXACT for the codec
    if clip.rotation:
        stream.set_display_rotation(-clip.rotation)  # counter-clockwise there
    if clip.is_hdr:
        context.color_primaries, context.color_trc, context.colorspace = 9, 16, 9
        context.color_range = 1
    return stream


def _sound_stream(container: Any, sound: _Sound) -> Any:
    layout = "mono" if sound.channels == 1 else "stereo"
    stream = container.add_stream(sound.codec, rate=sound.rate, layout=layout)
    stream.codec_context.flags |= 0x800000
    if sound.language:
        stream.metadata["language"] = sound.language
    return stream


def _pictures(clip: _Clip) -> Iterator[Any]:
    """Draw a slanted ramp of grey that moves, in front of two slow changes of colour."""
    from av import VideoFrame  # noqa: PLC0415 - see _encoded()

    for number in range(clip.frames):
        frame = VideoFrame(clip.width, clip.height, "yuv420p")
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
    from av import AudioFrame  # noqa: PLC0415 - see _encoded()

    layout = "mono" if sound.channels == 1 else "stereo"
    for start in range(0, int(seconds * sound.rate), _SAMPLES):
        frame = AudioFrame("s16", layout, _SAMPLES)
        times = (2 * math.pi * 440 * (start + at) / sound.rate for at in range(_SAMPLES))
        levels = (round(6000 * math.sin(time)) for time in times)
        wave = array("h", (level for level in levels for _ in range(sound.channels)))
        frame.planes[0].update(wave.tobytes().ljust(frame.planes[0].buffer_size, b"\0"))
        frame.sample_rate, frame.pts = sound.rate, start
        frame.time_base = Fraction(1, sound.rate)
        yield frame
