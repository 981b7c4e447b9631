"""Which file names are taken for videos.

FFmpeg's demuxers decide what can be read; this list says what people call such files. Left out on
purpose, because other things than video are far more common under these endings: ``dat``, ``bin``,
``raw``, ``gif``, ``swf``, ``ogx``, ``drc``, ``mjpg``, ``ism`` and ``avs``; the cut scenes of games
(``bik``, ``smk``, ``roq``), whose decoders nobody has hardened; and ``m4s``, ``cmfa`` and ``dash``,
pieces of a stream that say nothing without its first one.
``ts`` and ``mod`` stay in although TypeScript and tracker music use them too: recorders write both,
and a source file among them becomes one failure that says it is no media.
"""

from __future__ import annotations

_ISO = (
    "mp4 m4v mov qt 3gp 3gp2 3g2 3gpp 3gpp2 f4v f4p mp4v mpeg4 mpg4 mj2 mqv hdmov k3g skm psp "
    "ismv cmfv uvu"
)
#: GoPro (360, lrv), DJI (osv, lrf), Insta360 (insv), Garmin (glv), Blackmagic RAW, Canon RAW.
_CAMERAS = "360 lrv osv lrf insv glv braw crm"
_MATROSKA = "mkv mk3d webm"
_MPEG = (
    "mpg mpeg mpe mpv mpg2 mpeg1 mpeg2 mpv2 m1v m2v mp2v m2p m2t m2ts mts ts tts tp trp rec tod "
    "mod vob evo vro ssif"
)
_WINDOWS = "avi divx xvid gvi wmv asf wm xesc dvr-ms wtv"
_OTHER = "flv kux ogv ogm rm rmvb ivr dv dif mxf gxf nut nsv nuv amv ivf y4m ty pva dav"
_STREAMS = "h261 h263 h264 264 avc h265 265 hevc av1 obu vvc 266 vc1 cavs"
# Audio in video's own containers: such files often carry a cover, chapters or a second, moving,
# track, and only the probe can tell. Plain audio formats (mp3, flac, ...) are not ours.
_AUDIO_IN_VIDEO_CONTAINERS = "m4a m4b mka ogg"

_ALL = (
    *(_ISO, _CAMERAS, _MATROSKA, _MPEG, _WINDOWS, _OTHER, _STREAMS),
    _AUDIO_IN_VIDEO_CONTAINERS,
)
#: File name endings, lower case and without the dot.
VIDEO_EXTENSIONS: frozenset[str] = frozenset(word for words in _ALL for word in words.split())

#: Endings of subtitle files, and FFmpeg's name of what they hold; None: several things.
SUBTITLES: dict[str, str | None] = {
    "srt": "subrip",
    "ass": "ass",
    "ssa": "ass",
    "vtt": "webvtt",
    "sup": "hdmv_pgs_subtitle",
    "idx": "dvd_subtitle",  # the index of a .sub
    "sub": None,
    "smi": "sami",
    "ttml": "ttml",
}
#: Longer than any ending that a person would know a kind of file by.
_LONGEST = 12


def ending_of(name: bytes) -> str:
    """Return what a file name ends with, in lower case and without the dot; empty for nothing."""
    dot = name.rfind(b".")
    ending = name[dot + 1 :].lower() if dot > 0 else b""
    is_plain = len(ending) <= _LONGEST and ending.replace(b"-", b"").isalnum()
    return ending.decode("ascii") if is_plain else ""
