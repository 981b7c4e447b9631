"""Films whose pictures come when a test says, in any container, and what PyAV reads of them."""

from __future__ import annotations

from collections.abc import Sequence
from fractions import Fraction
from hashlib import shake_128
from pathlib import Path

import av

#: Seconds at which pictures are shown.
Times = Sequence[Fraction]


def beat(count: int, rate: Fraction | int, start: Fraction | int = 0) -> list[Fraction]:
    """Return the times of an even beat."""
    return [start + Fraction(number) / rate for number in range(count)]


def film(
    path: Path,
    times: Times,
    *,
    codec: str = "mpeg4",
    rate: Fraction | int = 25,
    tick: Fraction | None = None,
    options: dict[str, str] | None = None,
    encoding: dict[str, str] | None = None,
) -> Path:
    """Write a film whose pictures are shown at some times."""
    rate, tick = Fraction(rate), tick or 1 / Fraction(rate)
    with av.open(str(path), "w", options={"fflags": "+bitexact", **(options or {})}) as container:
        chosen = encoding or (
            {"deadline": "realtime", "cpu-used": "8"} if codec.startswith("libvpx") else {}
        )
        stream = container.add_stream(codec, rate=rate, options=chosen)
        stream.width, stream.height, stream.pix_fmt = 64, 48, "yuv420p"
        stream.codec_context.time_base = tick
        for number, time in enumerate(times):
            frame = av.VideoFrame(64, 48, "yuv420p")
            for plane in frame.planes:
                plane.update(shake_128(bytes([number % 256])).digest(plane.buffer_size))
            frame.pts, frame.time_base = round(time / tick), tick
            container.mux(stream.encode(frame))
        container.mux(stream.encode(None))
    return path


def captioned(source: Path, path: Path, times: Sequence[int]) -> Path:
    """Write a film again with a caption of two seconds at some seconds."""
    lines = [
        f"{number}\n{time // 3600:02}:{time // 60 % 60:02}:{time % 60:02},000 --> "
        f"{time // 3600:02}:{time // 60 % 60:02}:{time % 60 + 2:02},000\nlate\n"
        for number, time in enumerate(times, start=1)
    ]
    words = path.with_suffix(".srt")
    words.write_text("\n".join(lines))
    with (
        av.open(str(source)) as film,
        av.open(str(words)) as texts,
        av.open(str(path), "w", options={"fflags": "+bitexact"}) as copy,
    ):
        streams = [(one, copy.add_stream_from_template(one.streams[0])) for one in (film, texts)]
        for one, stream in streams:
            for packet in one.demux():
                if packet.dts is not None:
                    packet.stream = stream
                    copy.mux(packet)
    return path


def shown(path: Path) -> list[Fraction]:
    """Return when the decoded pictures of a film are shown, in their order."""
    with av.open(str(path)) as container:
        return [
            frame.pts * Fraction(frame.time_base.numerator, frame.time_base.denominator)
            for frame in container.decode(video=0)
            if frame.pts is not None
        ]
