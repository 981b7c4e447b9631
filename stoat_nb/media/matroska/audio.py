"""Audio in Matroska and WebM files (RFC 9559, 5.1.4.1.29), by its header and its first block."""

from __future__ import annotations

import re

from stoat_nb.media.codecs.audio import (
    OPUS_RATE,
    of_aac,
    of_ac3,
    of_alac,
    of_dts,
    of_flac,
    of_opus,
    of_vorbis,
)
from stoat_nb.media.facts import Facts
from stoat_nb.media.matroska import element_ids as ids
from stoat_nb.media.matroska.blocks import Start
from stoat_nb.media.matroska.segment import NANOSECONDS, Tree, below, last, number, real
from stoat_nb.media.unsupported import UnsupportedLayout, require

_OPUS_MARK = b"OpusHead\x01"
_PCM = re.compile(r"A_PCM/(INT/LIT|INT/BIG|FLOAT/IEEE)")
_WORDS = {"INT/LIT": ("s", "le"), "INT/BIG": ("s", "be"), "FLOAT/IEEE": ("f", "le")}
_DEPTHS = {"s": (16, 24, 32), "f": (32, 64)}
_MOST_CHANNELS, _HIGHEST_RATE = 8, 384_000


def audio_facts(name: str, entry: Tree, begin: Start | None) -> Facts:
    """Return what is proven of a track of audio."""
    audio, private = below(entry, ids.AUDIO), last(entry, ids.CODEC_PRIVATE)
    facts = _facts(name, entry, begin, private)
    # A frame of its own says it better than the track's header, which may name the half.
    if name not in ("A_AC3", "A_EAC3"):
        require(real(audio, ids.SAMPLING_FREQUENCY) == facts["sample_rate"], "two sample rates")
        require(
            real(audio, ids.OUTPUT_SAMPLING_FREQUENCY) in (None, facts["sample_rate"]),
            "two sample rates",
        )
        require(number(audio, ids.CHANNELS) in (None, facts["channels"]), "two numbers of channels")
    return facts


_TOLD = {"A_AAC": of_aac, "A_ALAC": of_alac, "A_FLAC": of_flac, "A_VORBIS": of_vorbis}


def _facts(name: str, entry: Tree, begin: Start | None, private: bytes) -> Facts:
    if begin and name in ("A_AC3", "A_EAC3"):
        return of_ac3(begin.frame, begin.size, is_enhanced=name == "A_EAC3")
    if begin and name == "A_DTS":
        return of_dts(begin.frame, begin.size)
    if name in _TOLD:
        return _TOLD[name](private)
    if name == "A_OPUS":
        require(begin and not begin.ticks, "audio that starts late")
        require(private[:9] == _OPUS_MARK, "another form of Opus")
        facts = of_opus(private[9:])
        delay = int.from_bytes(private[10:12], "little") * NANOSECONDS // OPUS_RATE
        require(abs((number(entry, ids.CODEC_DELAY) or 0) - delay) <= 1, "two delays")
        return facts
    if found := _PCM.fullmatch(name):
        return _exact(found[1], below(entry, ids.AUDIO))
    raise UnsupportedLayout(f"another audio: {name}")


def _exact(form: str, audio: Tree) -> Facts:
    """Return what audio is whose samples are kept as they are."""
    kind, order = _WORDS[form]
    depth, channels = number(audio, ids.BIT_DEPTH), number(audio, ids.CHANNELS) or 1
    rate = int(real(audio, ids.SAMPLING_FREQUENCY) or 0)
    require(depth in _DEPTHS[kind] and 0 < channels <= _MOST_CHANNELS, "a strange form")
    require(0 < rate <= _HIGHEST_RATE, "a strange rate")
    return {
        "codec": f"pcm_{kind}{depth}{order}",
        "profile": None,
        "channels": channels,
        "channel_layout": None,
        "sample_rate": rate,
        "bit_depth": depth,
        "bitrate": (depth or 0) * channels * rate,
    }
