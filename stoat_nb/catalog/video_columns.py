"""The columns of ``videos()``: one row a file, whatever came of it."""

from __future__ import annotations

from stoat_nb.catalog.column import Column, columns_of, moment

#: The tables a row of videos is put together from.
VIDEOS_FROM = (
    "videos v LEFT JOIN folders f ON f.id = v.folder_id LEFT JOIN roots r ON r.id = f.root_id "
    "LEFT JOIN failures x ON x.video_id = v.id"
)

_ERROR = "CASE WHEN v.status = 'failed' THEN x.{} END"


_PLACE = [
    Column(
        "video_id",
        "Int64",
        "The row's number. It stays with the file, also where that is moved or renamed.",
        basis="catalog",
        sql="v.id",
    ),
    Column(
        "path",
        "string",
        "Absolute path. Bytes that are no UTF-8 are shown as `\\xNN`.",
        basis="file system",
        sql="v.path",
    ),
    Column(
        "root",
        "category",
        "The scanned folder it belongs to; of nested ones the outermost.",
        basis="catalog",
        sql="r.path_text",
    ),
    Column(
        "relative_path",
        "string",
        "The path below `root`.",
        basis="derived",
        sql="substr(v.path, length(rtrim(r.path_text, '/')) + 2)",
    ),
    Column(
        "name",
        "string",
        "The file's name with its ending.",
        basis="file system",
        sql="substr(v.path, length(rtrim(f.path_text, '/')) + 2)",
    ),
    *columns_of(
        "v",
        "derived",
        (
            "extension",
            "category",
            "The name's ending in lower case, without the dot; may be empty.",
        ),
    ),
    Column(
        "folder",
        "string",
        "Absolute path of the folder that holds it.",
        basis="file system",
        sql="f.path_text",
    ),
    *columns_of("v", "file system", ("size_bytes", "Int64", "bytes", "Size.")),
    Column(
        "mtime",
        "datetime64[ns, UTC]",
        "When its content was last modified.",
        basis="file system",
        sql="v.mtime_ns",
    ),
    *columns_of(
        "v",
        "file system",
        ("mtime_ns", "Int64", "ns", "The same as a number, since 1970."),
        ("device", "Int64", "The file system's number; with `inode` it names the file itself."),
        ("inode", "Int64", "The file's number on its file system."),
    ),
    *columns_of(
        "v",
        "file",
        (
            "quick_hash",
            "string",
            "BLAKE2b, 16 bytes as hexadecimal digits, of the size and the first and last 16 KiB.",
        ),
    ),
    *columns_of(
        "v",
        "catalog",
        (
            "status",
            "category",
            "ok; failed: not to be probed; missing: no longer there; offline: its disk is away.",
        ),
    ),
]

_FILE = columns_of(
    "v",
    "file",
    ("container", "category", "Kind of file: mp4, mov, matroska, webm, avi, mpegts, ..."),
    ("format_name", "category", "FFmpeg's name of the format."),
    ("duration_s", "Float64", "s", "Length."),
    (
        "duration_basis",
        "category",
        "container, streams, timestamps, packets, or estimated: by bit rate.",
    ),
    ("start_s", "Float64", "s", "Time of the first frame or sample."),
    ("bitrate", "Int64", "bit/s", "Over the whole file."),
    ("n_streams", "Int64", "Streams of any kind."),
    ("n_video", "Int64", "Video streams; cover pictures are not counted."),
    ("n_audio", "Int64", "Audio streams."),
    ("n_subtitle", "Int64", "Subtitle streams inside the file."),
    ("n_data", "Int64", "Data streams, such as time codes and telemetry."),
    ("n_chapters", "Int64", "Chapters."),
    ("has_cover", "boolean", "Whether a cover picture is attached."),
    ("faststart", "boolean", "Index before media data, so that it plays while it loads; ISO only."),
    ("fragmented", "boolean", "In pieces with an index each; ISO files only."),
    (
        "integrity",
        "category",
        "complete, truncated, suspect, or unknown: as far as `integrity_level` says.",
    ),
    (
        "integrity_level",
        "category",
        "How far it was looked at: none, structure, or packets: all were read, none decoded.",
    ),
    ("integrity_reason", "string", "Why it is truncated or suspect, as a sentence."),
)

_PICTURE = [
    *columns_of(
        "v",
        "main video stream",
        ("codec", "category", "FFmpeg's name of the codec: h264, hevc, av1, ..."),
        ("codec_tag", "category", "The container's own code for it."),
        ("profile", "category", "The codec's profile."),
        ("level", "Int64", "The codec's level, as the stream numbers it."),
        ("width", "Int64", "px", "Stored width."),
        ("height", "Int64", "px", "Stored height."),
        ("rotation", "Int64", "degrees", "Clockwise turn for display: 0, 90, 180 or 270."),
    ),
    *columns_of(
        "v",
        "derived",
        ("display_width", "Int64", "px", "Width as shown: `sar` and `rotation` applied."),
        ("display_height", "Int64", "px", "Height as shown: `rotation` applied."),
    ),
    *columns_of(
        "v", "main video stream", ("sar", "Float64", "Width of one stored pixel over its height.")
    ),
    *columns_of(
        "v",
        "derived",
        ("dar", "Float64", "Width over height of the picture as shown."),
        ("fps", "Float64", "frames/s", "`fps_num` over `fps_den`."),
    ),
    *columns_of(
        "v",
        "main video stream",
        ("fps_num", "Int64", "Average frame rate: the fraction's numerator."),
        ("fps_den", "Int64", "Average frame rate: the fraction's denominator."),
        ("fps_mode", "category", "cfr (constant) or vfr (variable); null where nothing says."),
        ("fps_mode_basis", "category", "What says so: container, or packets: all were read."),
        ("frame_count", "Int64", "frames", "Frames, with the basis beside it."),
        (
            "frame_count_basis",
            "category",
            "counted, header, tags, or estimated: duration times rate.",
        ),
        ("pix_fmt", "category", "FFmpeg's name of the pixel format."),
        ("bit_depth", "Int64", "bit", "Bits of one colour component."),
        ("color_range", "category", "tv (limited) or pc (full)."),
        ("color_space", "category", "Matrix coefficients: bt709, bt2020nc, ..."),
        ("color_transfer", "category", "Transfer curve: bt709, smpte2084, arib-std-b67, ..."),
        ("color_primaries", "category", "Primaries: bt709, bt2020, ..."),
        ("hdr", "category", "sdr, hdr10, hdr10plus, hlg or dolby_vision; null where unsaid."),
        ("chroma", "category", "Subsampling: 4:2:0, 4:2:2, 4:4:4, or 4:0:0 for grey."),
        ("interlaced", "boolean", "Whether its frames are two fields."),
        ("field_order", "category", "progressive, tt, bb, tb or bt: stored first, shown first."),
        ("has_b_frames", "boolean", "Whether pictures are stored after ones they precede."),
        ("coded_width", "Int64", "px", "Width before cropping."),
        ("coded_height", "Int64", "px", "Height before cropping."),
        ("dv_profile", "Int64", "Dolby Vision profile."),
        ("dv_compat", "Int64", "What its base layer is too: 1 HDR10, 2 SDR, 4 HLG."),
        ("max_cll", "Int64", "cd/m2", "Brightest pixel of the film."),
        ("max_fall", "Int64", "cd/m2", "Brightest average of a picture."),
    ),
    Column(
        "video_bitrate",
        "Int64",
        "With the basis beside it.",
        "bit/s",
        "main video stream",
        "v.video_bitrate",
    ),
    *columns_of(
        "v",
        "main video stream",
        ("video_bitrate_basis", "category", "header, tags, sizes: of all samples; or packets."),
    ),
]

_SOUND = [
    *columns_of(
        "v",
        "main audio stream",
        ("audio_codec", "category", "FFmpeg's name of the codec: aac, opus, ..."),
        ("channels", "Int64", "Channels."),
        ("channel_layout", "category", "mono, stereo, 5.1, ..."),
        ("sample_rate", "Int64", "Hz", "Samples a second."),
        ("audio_language", "category", "As tagged, usually ISO 639-2."),
        ("audio_bit_depth", "Int64", "bit", "Of sound that is stored exactly."),
        ("audio_bitrate", "Int64", "bit/s", "With the basis beside it."),
        ("audio_bitrate_basis", "category", "header, tags, sizes: of all samples; or packets."),
    ),
    *columns_of(
        "v",
        "file",
        ("audio_languages", "list<string>", "Tagged languages of the audio streams, each once."),
        ("subtitle_languages", "list<string>", "The same of the subtitle streams."),
    ),
]

_TAGS = [
    moment(
        "created_at", "When it was recorded, as the file says.", basis="file", sql="v.created_at"
    ),
    *columns_of(
        "v",
        "file",
        ("encoder", "string", "What wrote it, as the file says."),
        ("title", "string", "Title, as the file says."),
    ),
]

_LIFE = [
    moment("first_seen", "When a scan first met the file.", basis="catalog", sql="v.first_seen"),
    moment(
        "last_seen",
        "When a scan last met the file.",
        basis="catalog",
        sql="CASE WHEN v.status IN ('ok', 'failed') "
        "THEN max(v.last_seen, coalesce(f.seen_at, 0)) ELSE v.last_seen END",
    ),
    moment(
        "missing_since",
        "When a scan found that it was gone; null unless `status` is `missing`.",
        basis="catalog",
        sql="v.missing_since",
    ),
    moment("probed_at", "When it was last probed.", basis="catalog", sql="v.probed_at"),
    *columns_of("v", "catalog", ("scan_id", "Int64", "The scan that last changed this row.")),
    *columns_of("v", "catalog", ("tool", "category", "What read the file, with its version.")),
    Column(
        "error_class",
        "category",
        "Why it could not be probed, in one word; null unless `status` is `failed`.",
        basis="catalog",
        sql=_ERROR.format("error_class"),
    ),
    Column(
        "error",
        "string",
        "The same as a sentence.",
        basis="catalog",
        sql=_ERROR.format("error"),
    ),
]

VIDEO_COLUMNS: tuple[Column, ...] = (*_PLACE, *_FILE, *_PICTURE, *_SOUND, *_TAGS, *_LIFE)
