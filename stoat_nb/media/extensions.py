"""Which file names are taken for videos.

FFmpeg's demuxers decide what can be read; this list says what people call such files. Left out on
purpose, because other things than video are far more common under these endings: ``dat``, ``bin``,
``raw``, ``gif``, ``swf``, ``ogx``, ``drc`` and ``mjpg``; and the cut scenes of games (``bik``,
``smk``, ``roq``), whose decoders nobody has hardened.
``ts`` and ``mod`` stay in although TypeScript and tracker music use them too: recorders write both,
and a source file among them becomes one failure that says it is no media.
"""

from __future__ import annotations

_ISO = "mp4 m4v mov qt 3gp 3g2 3gpp 3gpp2 f4v mp4v mj2 mqv insv lrv"
_MATROSKA = "mkv mk3d webm"
_MPEG = "mpg mpeg mpe mpv m1v m2v mp2v m2p m2t m2ts mts ts tp trp tod mod vob evo vro"
_WINDOWS = "avi divx xvid wmv asf wm dvr-ms wtv"
_OTHER = "flv ogv ogm rm rmvb ivr dv dif mxf gxf nut nsv nuv amv ivf y4m ty pva"
_STREAMS = "h264 264 avc h265 265 hevc av1 obu vvc 266"
# Audio in video's own containers: such files often carry a cover, chapters or a second, moving,
# track, and only the probe can tell. Plain audio formats (mp3, flac, ...) are not ours.
_AUDIO_IN_VIDEO_CONTAINERS = "m4a m4b mka"

#: File name endings, lower case and without the dot.
VIDEO_EXTENSIONS: frozenset[str] = frozenset(
    word
    for words in (_ISO, _MATROSKA, _MPEG, _WINDOWS, _OTHER, _STREAMS, _AUDIO_IN_VIDEO_CONTAINERS)
    for word in words.split()
)
