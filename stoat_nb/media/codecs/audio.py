"""AudioFormat that ISO and Matroska files hold alike: its facts by the codec's own header."""

from __future__ import annotations

from stoat_nb.media.codecs import aac, ac3, alac, dts, flac, mpa
from stoat_nb.media.facts import Facts
from stoat_nb.media.unsupported import UnsupportedLayout, require

#: What FFmpeg calls the places of so many channels, in the codecs whose order this is.
LAYOUTS = {1: "mono", 2: "stereo", 6: "5.1"}

_NO_DECODER = "sound that only a decoder understands"
OPUS_RATE = 48_000
_VORBIS_HEADS = 2  # packets whose length is stated before the third
_VORBIS_HEAD = 30  # bytes


def of_aac(config: bytes) -> Facts:
    """Return what AAC is by its decoder's configuration."""
    form = aac.audio_format(config)
    if form is None or not form.is_plain:
        raise UnsupportedLayout(_NO_DECODER)
    facts = _facts("aac", form.sample_rate, form.channel_config)
    return facts | {"profile": "LC"}


def of_ac3(frame: bytes, size: int, *, is_enhanced: bool) -> Facts:
    """Return what AC-3 or E-AC-3 is by its first frame, which must be all of a sample."""
    form = ac3.enhanced_audio_format(frame) if is_enhanced else ac3.audio_format(frame)
    if form is None:
        raise UnsupportedLayout(_NO_DECODER)
    require(form.size == size, "a sample of several frames")
    return {
        "codec": "eac3" if is_enhanced else "ac3",
        "profile": None,
        "channels": form.channels,
        "channel_layout": form.layout,
        "sample_rate": form.sample_rate,
        "bitrate": form.bitrate,
    }


def of_flac(blocks: bytes) -> Facts:
    """Return what FLAC is by its first blocks."""
    form = flac.audio_format(blocks)
    if form is None:
        raise UnsupportedLayout(_NO_DECODER)
    return _facts("flac", form.sample_rate, form.channels) | {"bit_depth": form.depth}


def of_alac(cookie: bytes) -> Facts:
    """Return what ALAC is by what its decoder is told."""
    form = alac.audio_format(cookie)
    if form is None:
        raise UnsupportedLayout(_NO_DECODER)
    require(form.channels <= 2, "many channels")  # noqa: PLR2004 - left and right
    return _facts("alac", form.sample_rate, form.channels) | {"bit_depth": form.depth}


def of_dts(frame: bytes, size: int) -> Facts:
    """Return what DTS is by its first frame, which must be all of a sample: no extension."""
    form = dts.core(frame)
    if form is None:
        raise UnsupportedLayout(_NO_DECODER)
    require(form.size == size, "a sample of several frames")
    return {
        "codec": "dts",
        "profile": "DTS",
        "channels": form.channels,
        "channel_layout": form.layout,
        "sample_rate": form.sample_rate,
        "bitrate": form.bitrate,
    }


def of_mp3(frame: bytes, size: int) -> Facts:
    """Return what MP3 is by its first frame, which must be all of a sample; not its bit rate."""
    form = mpa.frame(frame)
    if form is None:
        raise UnsupportedLayout(_NO_DECODER)
    require(form.size == size, "a sample of several frames")
    return _facts("mp3", form.sample_rate, form.channels)


def of_opus(head: bytes) -> Facts:
    """Return what Opus is by what follows the name or version in its header."""
    require(len(head) >= 10 and head[9] in (0, 1), "many channels")  # noqa: PLR2004 - up to the family
    require(not head[9] or len(head) == 12 + head[0], "a table of channels of another length")
    require(head[9] or head[0] <= 2, "many channels")  # noqa: PLR2004 - left and right
    require(
        not head[9] or (head[10] + head[11] == head[0] and head[11] <= head[10]), "many channels"
    )
    return _facts("opus", OPUS_RATE, head[0])


def of_vorbis(private: bytes) -> Facts:
    """Return what Vorbis is by its three headers, laced as in Xiph's files."""
    require(
        private[:1] == bytes([_VORBIS_HEADS]) and private[1:2] == bytes([_VORBIS_HEAD]), "a form"
    )
    at = 2
    while private[at : at + 1] == b"\xff":
        at += 1
    head = private[at + 1 : at + 1 + _VORBIS_HEAD]
    require(head[:11] == b"\x01vorbis\0\0\0\0" and head[29] & 1, "another form of Vorbis")
    return _facts("vorbis", int.from_bytes(head[12:16], "little"), head[11])


def _facts(codec: str, rate: int, channels: int) -> Facts:
    require(channels in LAYOUTS and 0 < rate <= 192_000, "many channels")  # noqa: PLR2004 - Hz
    return {
        "codec": codec,
        "profile": None,
        "channels": channels,
        "channel_layout": LAYOUTS[channels],
        "sample_rate": rate,
    }
