"""What libav may do with a file: read this one descriptor, in these formats, with these decoders.

Without the lists a file may name other files and addresses that libav would open, and any of some
hundred seldom-used decoders may see hostile data while only the header is wanted.
"""

from __future__ import annotations

#: Seconds after which libav gives up; what took longer would be a half answer.
SOFT_TIMEOUT_S = 3.0

#: Streams that are read of one file; with FFmpeg's default no file of any use has more.
MOST_STREAMS = 1000

_FORMATS = """
mov mp4 m4a 3gp 3g2 mj2 matroska webm avi flv live_flv kux asf asf_o mpegts mpeg mpegvideo vob
ogg mxf gxf rm ivr dv nut nuv nsv wtv ty pva ivf yuv4mpegpipe dhav
m4v h261 h263 h264 hevc vvc av1 obu cavsvideo dirac vc1
mp3 aac ac3 eac3 dts flac wav w64 aiff caf amr
"""

_LEFT_OUT = """
3dostr 4xm anm apv argo_brp argo_cvg avs avs2 avs3 bethsoftvid bfi bink bmv c93 cdg cdxl cine dfa
dnxhd dsicin dxa ea ea_cdata evc film_cpk filmstrip flic frm gdv hnm hxvs idcin ifv ingenient
ipmovie ipu iv8 jv lmlm4 luodat lvf lxf mgsts mjpeg mjpeg_2000 mlv mm mods moflex mpegtsraw mpjpeg
msnwctcp mtv mv mvi mxg nc paf pdv pmp psxstr r3d rawvideo rl2 roq rpl sdr2 ser sga siff
simbiosis_imx smjpeg smk smush swf thp tiertexseq tmv usm v210 v210x vc1test vividas vivo vmd
wc3movie wsvqa xmv yop
"""

#: Videos of games, cameras and laboratories: their seldom-used readers never see a file.
LEFT_OUT = frozenset(_LEFT_OUT.split())

_VIDEO_DECODERS = """
h264 hevc vvc av1 libdav1d vp8 vp9 libvpx libvpx-vp9 vp6 vp6a vp6f vp7 theora
mpeg1video mpeg2video mpegvideo mpeg4 h261 h263 h263i h263p flv msmpeg4v1 msmpeg4v2 msmpeg4
wmv1 wmv2 wmv3 vc1 rv10 rv20 rv30 rv40 svq1 svq3 cinepak indeo3 dvvideo
mjpeg png bmp prores dnxhd cfhd ffv1 huffyuv ffvhuff utvideo rawvideo jpeg2000 qtrle v210
"""

_AUDIO_DECODERS = """
aac aac_latm aac_fixed mp1 mp1float mp2 mp2float mp3 mp3float ac3 ac3_fixed eac3 dca truehd mlp
opus libopus vorbis libvorbis flac alac wmav1 wmav2 wmapro wmalossless wmavoice amrnb amrwb
libopencore_amrnb libopencore_amrwb cook ra_144 ra_288 sipr speex qdm2 qdmc nellymoser gsm gsm_ms
adpcm_ms adpcm_ima_wav adpcm_ima_qt adpcm_swf adpcm_yamaha mace3 mace6
pcm_s8 pcm_u8 pcm_s16le pcm_s16be pcm_s24le pcm_s24be pcm_s32le pcm_s32be pcm_f32le pcm_f32be
pcm_f64le pcm_f64be pcm_alaw pcm_mulaw pcm_bluray pcm_dvd pcm_s16le_planar pcm_zork s302m
"""

_SUBTITLE_DECODERS = """
srt subrip ass ssa webvtt mov_text text dvdsub dvbsub pgssub xsub cc_dec libzvbi_teletextdec
"""

#: What may decode the pictures of a film, and not only look at its header.
PICTURE_DECODERS = frozenset(_VIDEO_DECODERS.split())

_DECODERS = _VIDEO_DECODERS + _AUDIO_DECODERS + _SUBTITLE_DECODERS


def container_options(fd: int) -> dict[str, str]:
    """Return the options for opening ``fd:``, libav's own protocol for an open descriptor."""
    return {
        "fd": str(fd),
        "protocol_whitelist": "fd",
        "format_whitelist": ",".join(_FORMATS.split()),
        "codec_whitelist": ",".join(_DECODERS.split()),
        "max_streams": str(MOST_STREAMS),
        "threads": "1",
        "probesize": "5000000",
        "analyzeduration": "5000000",
    }


#: Only key frames are decoded to learn the picture's form: half the work, the same facts.
STREAM_OPTIONS = {"skip_frame": "nokey"}
