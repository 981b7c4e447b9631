"""An open video, asked for the frame at a moment: key frames, since those cost least."""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import suppress
from fractions import Fraction
from typing import Any

from av import Packet, VideoFrame
from av.container import InputContainer
from av.error import FFmpegError, InvalidDataError

from stoat_nb.media import policy
from stoat_nb.media.failures import ProbeError

_MOST_PIXELS = 36_000_000  # a frame of 8K; what claims more is damaged, or meant to do damage
_MOST_PACKETS = 4000  # read on in search of one frame
_MICROSECONDS = 1_000_000


class Reel:
    """The main video of an open container, for so many seconds.

    Raises ``ProbeError`` if there is none, or none that may be decoded. One that ``winds`` not is
    read on from where it stands.
    """

    def __init__(self, container: InputContainer, *, within_s: float, winds: bool = True) -> None:
        self._container, self._winds = container, winds
        self._until = time.monotonic() + within_s
        self.stream = _main(container)
        self._context: Any = self.stream.codec_context
        _check_decoder(self._context)
        self._time_base = self.stream.time_base or Fraction(1, _MICROSECONDS)
        self._context.thread_count = 1
        self._context.options = {"max_pixels": str(_MOST_PIXELS)}
        self._start_s = (container.start_time or 0) / _MICROSECONDS

    @property
    def duration_s(self) -> float:
        """How long it plays; 0 where nobody knows."""
        known = self._container.duration if self._winds else None
        return max(0.0, (known or 0) / _MICROSECONDS)

    @property
    def sar(self) -> float:
        """Width of one stored pixel over its height."""
        ratio = self.stream.sample_aspect_ratio
        return float(ratio) if ratio else 1.0

    @property
    def is_late(self) -> bool:
        """Whether its seconds are over."""
        return time.monotonic() >= self._until

    def key_frame(self, at_s: float) -> VideoFrame | None:
        """Return the last key frame before a moment; any other if there is none to be had."""
        found = self._key_frame(at_s) if self._winds else None
        return found or self._first(at_s) or (self._first(0.0) if self._winds else None)

    def frame(self, at_s: float) -> VideoFrame | None:
        """Return the frame at a moment itself, however far its key frame is away."""
        return self._first(at_s, until_s=at_s) or self._first(0.0, until_s=at_s)

    def time_of(self, frame: VideoFrame) -> float:
        """Return when a frame is shown, counted from the start."""
        # Not frame.time: before PyAV 19 the last frames of a decoder know no time base.
        return 0.0 if frame.pts is None else float(frame.pts * self._time_base) - self._start_s

    def _key_frame(self, at_s: float) -> VideoFrame | None:
        """Decode one packet: a decoder that waits for more would read on for many seconds."""
        for packet in self._packets(at_s):
            if packet.is_keyframe and packet.size:
                frames = [*self._decoded(packet), *self._decoded(None)]
                if frames:
                    return frames[0]
                self._context.flush_buffers()
        return None

    def _first(self, from_s: float, until_s: float = float("-inf")) -> VideoFrame | None:
        """Decode from a moment on; return the first frame at ``until_s``, or the last before it."""
        last = None
        for packet in self._packets(from_s):
            for frame in self._decoded(packet):
                last = frame
                if self.time_of(frame) >= until_s:
                    return frame
        return last

    def _packets(self, from_s: float) -> Iterator[Packet[Any]]:
        if self._winds:
            with suppress(FFmpegError):  # then it is read on from where it stands
                at = round((self._start_s + from_s) * _MICROSECONDS)
                self._container.seek(at, backward=True)
            if self._context.is_open:
                self._context.flush_buffers()
        for number, packet in enumerate(self._container.demux(self.stream)):
            if number >= _MOST_PACKETS or self.is_late:
                return
            yield packet

    def _decoded(self, packet: Packet[Any] | None) -> list[VideoFrame]:
        try:
            return list(self._context.decode(packet))
        except InvalidDataError:
            return []  # the next one may be whole


def _main(container: InputContainer) -> Any:
    """Return the stream that ``Video.main`` would; a cover where there is nothing else."""
    streams = list(container.streams.video)
    films = [stream for stream in streams if not stream.disposition.attached_pic] or streams
    if not films:
        raise ProbeError("no_streams", "It holds no picture: there is sound only.")
    return next((stream for stream in films if stream.disposition.default), films[0])


def _check_decoder(context: Any) -> None:
    # The policy's list holds where libav looks for decoders, but not where PyAV opens them.
    codec = None if context is None else context.codec
    if codec is None or codec.name not in policy.PICTURE_DECODERS:
        name = "of an unknown kind" if codec is None else f"'{codec.name}'"
        raise ProbeError("unsupported", f"Its video is {name}, which Stoat does not decode.")
