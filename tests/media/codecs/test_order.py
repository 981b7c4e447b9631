"""The order of pictures, as the first slices of an encoder's own streams tell it."""

from __future__ import annotations

from pathlib import Path

import av
import pytest

from stoat_nb.media.codecs import h264, h264_order


def slices(path: Path, told: str) -> tuple[bytes, list[bytes]]:
    """Encode some pictures; return the configuration, and the first slice of each."""
    with av.open(str(path), "w") as clip:
        picture = clip.add_stream("libx264", rate=25, options={"x264-params": told})
        picture.width, picture.height, picture.pix_fmt = 64, 64, "yuv420p"
        for number in range(12):
            frame = av.VideoFrame(64, 64, "yuv420p")
            frame.pts = number
            for plane in frame.planes:
                plane.update(bytes([16 * number]) * plane.buffer_size)
            clip.mux(picture.encode(frame))
        clip.mux(picture.encode(None))
    with av.open(str(path)) as clip:
        config = bytes(clip.streams.video[0].codec_context.extradata or b"")
        return config, [first(bytes(one)) for one in clip.demux() if one.size]


def first(sample: bytes) -> bytes:
    at = 0
    while not h264_order.is_slice(sample[at + 4 :]):
        at += 4 + int.from_bytes(sample[at : at + 4], "big")
    return sample[at + 4 :]


def test_pictures_without_b_frames_say_that_they_are_in_order(tmp_path: Path) -> None:
    config, units = slices(tmp_path / "plain.mp4", "bframes=1:b-adapt=1:b-bias=-100")
    assert h264_order.in_order(config, units)
    assert not h264_order.in_order(config, units[1:])  # no picture to begin with
    assert not h264_order.in_order(config, units[:3] + units[5:])  # some are left out
    assert not h264_order.in_order(config, [units[0], *units[:0:-1]])
    assert not h264_order.in_order(config, [])
    assert not h264_order.in_order(config, [unit[:3] for unit in units])
    passed_over = [bytes([unit[0] & ~0x60]) + unit[1:] for unit in units]
    assert not h264_order.in_order(config, passed_over)


@pytest.mark.parametrize("bf", ["1", "2", "3"])
def test_pictures_with_b_frames_do_not_say_so(tmp_path: Path, bf: str) -> None:
    config, units = slices(tmp_path / "b.mp4", f"bframes={bf}:b-adapt=0")
    assert h264.video_format(config)
    assert not h264_order.in_order(config, units)
