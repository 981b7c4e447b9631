"""What a probe says of one stream; docs/architecture.md says how to add a fact."""

from __future__ import annotations

from typing import Annotated

from msgspec import Struct

from stoat_nb.media.fact import (
    Fact,
    byte,
    count,
    length,
    moment,
    number,
    one_of,
    pixels,
    real,
    span,
    text,
    texts,
    truth,
    turn,
)

_KINDS = ("video", "audio", "subtitle", "data", "attachment", "unknown")
_HDR = ("sdr", "hdr10", "hdr10plus", "hlg", "dolby_vision")
_ORDERS = ("progressive", "tt", "bb", "tb", "bt")
#: What any ``..._basis`` may say.
BASES = (
    *("container", "header", "tags", "sizes", "streams", "timestamps", "estimated"),
    *("ends", "packets", "counted"),
)


class Stream(Struct, frozen=True, kw_only=True, gc=False):
    """One stream of a file, in the file's own order."""

    idx: Annotated[int, Fact("Its place in the file, from 0.", number)]
    id: Annotated[
        int | None, Fact("The container's number for it: of the track, or its PID.", count)
    ] = None
    kind: Annotated[
        str, Fact("video, audio, subtitle, data, attachment or unknown.", one_of(_KINDS))
    ]
    codec: Annotated[
        str | None,
        Fact(
            "FFmpeg's name of the codec: h264, hevc, aac, ...",
            text,
            video="codec",
            audio="audio_codec",
        ),
    ] = None
    codec_tag: Annotated[
        str | None, Fact("The container's own code for it.", text, video="codec_tag")
    ] = None
    profile: Annotated[
        str | None,
        Fact("The codec's profile, Dolby Atmos too.", text, video="profile", audio="audio_profile"),
    ] = None
    level: Annotated[
        int | None,
        Fact("The codec's level, as the stream numbers it.", number, video="level"),
    ] = None
    width: Annotated[int | None, Fact("Stored width.", pixels, "px", video="width")] = None
    height: Annotated[int | None, Fact("Stored height.", pixels, "px", video="height")] = None
    visible_width: Annotated[
        int | None,
        Fact(
            "Width that is shown, where the container crops.", pixels, "px", video="visible_width"
        ),
    ] = None
    visible_height: Annotated[
        int | None, Fact("Height that is shown so.", pixels, "px", video="visible_height")
    ] = None
    rotation: Annotated[
        int | None,
        Fact("Clockwise turn for display: 0, 90, 180 or 270.", turn, "degrees", video="rotation"),
    ] = None
    mirrored: Annotated[
        bool | None,
        Fact(
            "Shown mirrored left to right, and then turned by `rotation`.", truth, video="mirrored"
        ),
    ] = None
    sar: Annotated[
        float | None,
        Fact("Width of one stored pixel over its height.", real(1e-4, 1e4), video="sar"),
    ] = None
    fps_num: Annotated[
        int | None, Fact("Average frame rate: the fraction's numerator.", count, video="fps_num")
    ] = None
    fps_den: Annotated[
        int | None, Fact("Average frame rate: the fraction's denominator.", count, video="fps_den")
    ] = None
    fps_nominal: Annotated[
        float | None,
        Fact(
            "Frame rate that the stream or container states, however often frames come.",
            real(1e-6, 1e6),
            "frames/s",
            video="fps_nominal",
        ),
    ] = None
    fps_min: Annotated[
        float | None,
        Fact(
            "Lowest rate from one frame to the next: one over `frame_max_s`.",
            real(1e-6, 1e6),
            "frames/s",
            video="fps_min",
        ),
    ] = None
    fps_max: Annotated[
        float | None,
        Fact(
            "Highest rate from one frame to the next: one over `frame_min_s`.",
            real(1e-6, 1e6),
            "frames/s",
            video="fps_max",
        ),
    ] = None
    fps_mode: Annotated[
        str | None,
        Fact(
            "cfr (constant) or vfr (variable); null where nothing says.",
            one_of({"cfr", "vfr"}),
            video="fps_mode",
        ),
    ] = None
    fps_mode_basis: Annotated[
        str | None,
        Fact(
            "What says so: container, tags, ends: times at both ends of the file; or packets.",
            one_of(BASES),
            video="fps_mode_basis",
        ),
    ] = None
    frame_min_s: Annotated[
        float | None, Fact("Shortest time between frames; read by `verify` alone.", span, "s")
    ] = None
    frame_max_s: Annotated[
        float | None, Fact("Longest time between frames; read by `verify` alone.", span, "s")
    ] = None
    frame_avg_s: Annotated[
        float | None, Fact("Average time between frames; read by `verify` alone.", span, "s")
    ] = None
    frame_count: Annotated[
        int | None,
        Fact("Frames, with the basis beside it.", count, "frames", video="frame_count"),
    ] = None
    frame_count_basis: Annotated[
        str | None,
        Fact(
            "counted, header, tags, or estimated: duration times rate.",
            one_of(BASES),
            video="frame_count_basis",
        ),
    ] = None
    pix_fmt: Annotated[
        str | None, Fact("FFmpeg's name of the pixel format.", text, video="pix_fmt")
    ] = None
    bit_depth: Annotated[
        int | None,
        Fact(
            "Bits of one colour component, or of sound that is stored exactly.",
            count,
            "bit",
            video="bit_depth",
            audio="audio_bit_depth",
        ),
    ] = None
    color_range: Annotated[
        str | None, Fact("tv (limited) or pc (full).", text, video="color_range")
    ] = None
    color_space: Annotated[
        str | None,
        Fact("Matrix coefficients: bt709, bt2020nc, ...", text, video="color_space"),
    ] = None
    color_transfer: Annotated[
        str | None,
        Fact("Transfer curve: bt709, smpte2084, arib-std-b67, ...", text, video="color_transfer"),
    ] = None
    color_primaries: Annotated[
        str | None, Fact("Primaries: bt709, bt2020, ...", text, video="color_primaries")
    ] = None
    hdr: Annotated[
        str | None,
        Fact(
            "sdr, hdr10, hdr10plus, hlg or dolby_vision; null where unsaid.",
            one_of(_HDR),
            video="hdr",
        ),
    ] = None
    hdr_formats: Annotated[
        tuple[str, ...] | None,
        Fact("All of these that it can be shown as, the best first.", texts, video="hdr_formats"),
    ] = None
    stereo_mode: Annotated[
        str | None,
        Fact(
            "How two eyes are stored: side_by_side, top_bottom, multiview, ...",
            text,
            video="stereo_mode",
        ),
    ] = None
    projection: Annotated[
        str | None,
        Fact("What pictures are shown on: equirectangular (360), ...", text, video="projection"),
    ] = None
    chroma: Annotated[
        str | None,
        Fact("Subsampling: 4:2:0, 4:2:2, 4:4:4, or 4:0:0 for grey.", text, video="chroma"),
    ] = None
    has_alpha: Annotated[
        bool | None, Fact("Whether pictures are transparent in places.", truth, video="has_alpha")
    ] = None
    closed_captions: Annotated[
        tuple[str, ...] | None,
        Fact(
            "cea608, cea708: captions inside the pictures; null where none were seen.",
            texts,
            video="closed_captions",
        ),
    ] = None
    interlaced: Annotated[
        bool | None, Fact("Whether its frames are two fields.", truth, video="interlaced")
    ] = None
    field_order: Annotated[
        str | None,
        Fact(
            "progressive, tt, bb, tb or bt: stored first, shown first.",
            one_of(_ORDERS),
            video="field_order",
        ),
    ] = None
    has_b_frames: Annotated[
        bool | None,
        Fact("Whether pictures are stored after ones they precede.", truth, video="has_b_frames"),
    ] = None
    coded_width: Annotated[
        int | None, Fact("Width before cropping.", pixels, "px", video="coded_width")
    ] = None
    coded_height: Annotated[
        int | None, Fact("Height before cropping.", pixels, "px", video="coded_height")
    ] = None
    dv_profile: Annotated[int | None, Fact("Dolby Vision profile.", byte, video="dv_profile")] = (
        None
    )
    dv_compat: Annotated[
        int | None,
        Fact("What its base layer is too: 1 HDR10, 2 SDR, 4 HLG.", byte, video="dv_compat"),
    ] = None
    max_cll: Annotated[
        int | None, Fact("Brightest pixel of the film.", count, "cd/m2", video="max_cll")
    ] = None
    max_fall: Annotated[
        int | None, Fact("Brightest average of a picture.", count, "cd/m2", video="max_fall")
    ] = None
    channels: Annotated[int | None, Fact("Audio channels.", count, audio="channels")] = None
    channel_layout: Annotated[
        str | None, Fact("mono, stereo, 5.1, ...", text, audio="channel_layout")
    ] = None
    sample_rate: Annotated[
        int | None, Fact("Samples a second.", count, "Hz", audio="sample_rate")
    ] = None
    language: Annotated[
        str | None,
        Fact(
            "ISO 639-3: ger, deu and de are deu; of several the first. Tags have it as tagged.",
            text,
            audio="audio_language",
        ),
    ] = None
    languages: Annotated[tuple[str, ...] | None, Fact("All that it is tagged with.", texts)] = None
    language_bcp47: Annotated[
        str | None, Fact("BCP 47, with region and script, where it is tagged so: pt-BR.", text)
    ] = None
    bitrate: Annotated[
        int | None,
        Fact(
            "With the basis beside it.",
            count,
            "bit/s",
            video="video_bitrate",
            audio="audio_bitrate",
        ),
    ] = None
    bitrate_basis: Annotated[
        str | None,
        Fact(
            "header, tags, sizes: of all samples; or packets.",
            one_of(BASES),
            video="video_bitrate_basis",
            audio="audio_bitrate_basis",
        ),
    ] = None
    duration_s: Annotated[float | None, Fact("Length.", length, "s")] = None
    start_s: Annotated[float | None, Fact("Time of the first frame or sample.", moment, "s")] = None
    title: Annotated[str | None, Fact("As tagged.", text, dtype="string")] = None
    is_default: Annotated[bool, Fact("Marked to be played unless another is chosen.", truth)] = (
        False
    )
    is_forced: Annotated[bool, Fact("Marked to be shown always.", truth)] = False
    is_sdh: Annotated[
        bool | None, Fact("For the deaf and hard of hearing; null where nothing says.", truth)
    ] = None
    is_commentary: Annotated[bool | None, Fact("Somebody talks about the film.", truth)] = None
    is_description: Annotated[
        bool | None, Fact("For the blind: tells what is to be seen.", truth)
    ] = None
    is_original: Annotated[bool | None, Fact("In the language of the film.", truth)] = None
    is_dub: Annotated[bool | None, Fact("In another language than the film.", truth)] = None
    encrypted: Annotated[
        bool | None, Fact("Nobody can play it without a key; null where unsaid.", truth)
    ] = None
    is_cover: Annotated[bool, Fact("A cover picture, not a video.", truth)] = False
