"""What a page says of one video: its facts in groups, each as a person reads it."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import datetime
from pathlib import PurePath
from typing import Any

from stoat_nb import words
from stoat_nb.components.video_cells import found_text, recorded_text
from stoat_nb.media.playable import playable
from stoat_nb.names import shown

Facts = Mapping[str, Any]
Line = dict[str, Any]

_LONGEST = 2000  # characters of one value
_STATUS = {
    "ok": ("OK", "good"),
    "failed": ("Unreadable", "bad"),
    "missing": ("Missing", "bad"),
    "offline": ("Drive offline", "quiet"),
    "excluded": ("Excluded", "quiet"),
}
_INTEGRITY = {
    "complete": ("OK", "good"),
    "truncated": ("Cut off", "bad"),
    "suspect": ("Possibly damaged", "warn"),
    "unknown": ("Unknown", "quiet"),
}
_HDR = {
    "sdr": "SDR",
    "hdr10": "HDR10",
    "hdr10plus": "HDR10+",
    "hlg": "HLG",
    "dolby_vision": "Dolby Vision",
}
_CHANGES = {
    "added": "Added",
    "moved": "Moved",
    "changed": "Changed",
    "removed": "Missing",
    "returned": "Found again",
    "offline": "Drive offline",
    "excluded": "Excluded by a scan",
}


def heading(video: Facts) -> Line:
    """Say which video it is and how it is with it."""
    path = str(video["path"])
    label, tone = _STATUS.get(str(video["status"]), (shown(video["status"]), ""))
    return {
        "name": shown(PurePath(path).name),
        "folder": shown(PurePath(path).parent),
        "path": shown(path),
        "status": label,
        "tone": tone,
        "line": " \N{MIDDLE DOT} ".join(_in_short(video)),
        "error": shown(video.get("error") or "") if video["status"] == "failed" else "",
    }


def player(video: Facts) -> Line:
    """Say whether it can be played, and what speaks against it."""
    verdict = playable(video)
    return {"can": verdict.can, "why": shown(verdict.why)}


def groups(video: Facts) -> list[Line]:
    """Put the facts into groups; what is not known is left out."""
    made = [
        ("File", _of_file(video)),
        ("Picture", _of_picture(video)),
        ("Sound and subtitles", _of_sound(video)),
        ("Integrity", _of_integrity(video)),
        ("Analyses", _of_analyses(video)),
    ]
    return [{"title": title, "rows": rows} for title, rows in made if rows]


def streams(video: Facts) -> list[list[str]]:
    """Tell each stream in a row: number, kind, codec, what it is like, language, remarks."""
    return [
        [str(one["idx"]), shown(one["kind"]), _codec(one), _form(one), *_about(one)]
        for one in video.get("streams") or ()
    ]


def chapters(video: Facts) -> list[list[str]]:
    """Tell each chapter in a row: number, when it begins, what it is called."""
    return [
        [str(one["n"]), words.length(one["start_s"]), _text(one["title"])]
        for one in video.get("chapters") or ()
    ]


def tags(video: Facts) -> list[list[str]]:
    """Tell each tag in a row: of what, its name, its value."""
    return [
        [
            "File" if one["idx"] is None else f"Stream {one['idx']}",
            shown(one["key"]),
            _text(one["value"]),
        ]
        for one in video.get("tags") or ()
    ]


def history(rows: Iterable[Facts]) -> list[list[str]]:
    """Tell what became of the file, the newest first: when, what, of what, from what to what."""
    told = [
        [_moment(row["at"]), _CHANGES.get(row["change"], shown(row["change"])), *_change(row)]
        for row in rows
    ]
    return told[::-1]


def document(found: Facts | None) -> str:
    """Return what the reader said in its own words, as text to be read."""
    if found is None:
        return "No raw metadata was kept."
    lines = json.dumps(found, indent=2, ensure_ascii=False).splitlines()
    return "\n".join(shown(line) for line in lines)


def _in_short(video: Facts) -> list[str]:
    parts = [_size_of_picture(video), _number(video.get("fps"), "fps"), _text(video.get("codec"))]
    length = video.get("duration_s")
    parts += [words.length(length) if length else "", words.size(video["size_bytes"])]
    return [part for part in parts if part]


def _of_file(video: Facts) -> list[Line]:
    return _lines(
        ("Size", f"{words.size(video['size_bytes'])} ({video['size_bytes']:,} bytes)"),
        ("Format", _text(video.get("container"))),
        ("Length", _length(video)),
        ("Bit rate", _rate(video.get("bitrate"))),
        ("Title", _text(video.get("title"))),
        ("Written by", _text(video.get("encoder"))),
        ("Recorded", _filmed(video)),
        ("Camera", _joined(video, "camera_make", "camera_model", between=" ")),
        ("Lens", _text(video.get("lens"))),
        ("Place", _place(video)),
        ("Time code", _text(video.get("timecode"))),
        ("Reel", _text(video.get("reel"))),
        ("Last changed", _moment(video.get("mtime"))),
        ("First seen", _moment(video.get("first_seen"))),
        ("Last seen", _moment(video.get("last_seen"))),
        ("Read", _moment(video.get("probed_at"))),
        ("Read by", _text(video.get("tool"))),
    )


def _of_picture(video: Facts) -> list[Line]:
    if not video.get("codec"):
        return []
    return _lines(
        ("Codec", _joined(video, "codec", "profile", between=" ")),
        ("Display size", _size_of_picture(video)),
        ("Stored size", _pixels(video.get("width"), video.get("height"))),
        ("Rotation", f"{video['rotation']}\N{DEGREE SIGN}" if video.get("rotation") else ""),
        ("Frame rate", _frame_rate(video)),
        ("Frames", _with_basis(video, "frame_count", lambda number: f"{number:,}")),
        ("Bit rate", _with_basis(video, "video_bitrate", _rate)),
        ("Pixel format", _joined(video, "pix_fmt", "chroma")),
        ("Bit depth", _number(video.get("bit_depth"), "")),
        ("Dynamic range", _HDR.get(str(video.get("hdr")), "")),
        ("MaxCLL", _number(video.get("max_cll"), "cd/m\N{SUPERSCRIPT TWO}")),
        ("Colour", _joined(video, "color_primaries", "color_transfer", "color_space")),
        ("Interlaced", _yes(video.get("interlaced"))),
    )


def _of_sound(video: Facts) -> list[Line]:
    channels = video.get("channel_layout") or _number(video.get("channels"), "channels")
    return _lines(
        ("Codec", _text(video.get("audio_codec"))),
        ("Channels", _text(channels)),
        ("Sample rate", _number(video.get("sample_rate"), "Hz")),
        ("Bit rate", _with_basis(video, "audio_bitrate", _rate)),
        ("Languages", _listed(video.get("audio_languages"))),
        ("Subtitles", _listed(video.get("subtitle_languages")) or _some(video, "n_subtitle")),
    )


def _of_integrity(video: Facts) -> list[Line]:
    label, tone = _INTEGRITY.get(str(video.get("integrity")), _INTEGRITY["unknown"])
    level = video.get("integrity_level")
    looked = "not checked" if level in (None, "none") else shown(level)
    return [
        {"label": "State", "value": label, "tone": tone},
        *_lines(
            ("Checked", looked),
            ("Reason", _text(video.get("integrity_reason"))),
            ("Fast start (streamable)", _yes(video.get("faststart"))),
        ),
    ]


def _of_analyses(video: Facts) -> list[Line]:
    found = video.get("analyses") or {}
    return _lines(
        *(
            (shown(name), found_text(one)[:_LONGEST])
            for name, one in found.items()
            if one is not None
        )
    )


def _lines(*pairs: tuple[str, str]) -> list[Line]:
    return [{"label": label, "value": value, "tone": ""} for label, value in pairs if value]


def _codec(stream: Facts) -> str:
    return _joined(stream, "codec", "profile", between=" ") or words.UNKNOWN


def _form(stream: Facts) -> str:
    parts = [
        _pixels(stream.get("width"), stream.get("height")),
        _number(stream.get("fps"), "fps"),
        _text(stream.get("pix_fmt")),
        _text(stream.get("channel_layout")),
        _number(stream.get("sample_rate"), "Hz"),
        _rate(stream.get("bitrate")),
    ]
    return ", ".join(part for part in parts if part)


def _about(stream: Facts) -> tuple[str, str]:
    marks = {"is_default": "default", "is_forced": "forced", "is_cover": "cover picture"}
    marks["external"] = "in a file beside it"
    remarks = [mark for name, mark in marks.items() if stream.get(name)]
    return _text(stream.get("language")), ", ".join(
        [*remarks, *filter(None, [_text(stream.get("title"))])]
    )


def _change(row: Facts) -> tuple[str, str, str]:
    if row["change"] == "added":
        return ("", "", shown(row["path"]))
    return tuple(_text(row[name]) for name in ("column", "old", "new"))  # type: ignore[return-value]


def _size_of_picture(video: Facts) -> str:
    return _pixels(video.get("display_width"), video.get("display_height"))


def _pixels(width: float | None, height: float | None) -> str:
    return f"{width:.0f} {words.TIMES} {height:.0f}" if width and height else ""


def _length(video: Facts) -> str:
    seconds = video.get("duration_s")
    return f"{words.length(seconds)} ({seconds:.3f} s)" if seconds else ""


def _frame_rate(video: Facts) -> str:
    rate, mode = _number(video.get("fps"), ""), video.get("fps_mode")
    kinds = {"cfr": "constant", "vfr": "variable"}
    return f"{rate} ({kinds[mode]})" if rate and mode in kinds else rate


def _with_basis(video: Facts, name: str, say: Callable[[Any], str]) -> str:
    value, basis = video.get(name), video.get(f"{name}_basis")
    if value is None:
        return ""
    return f"{say(value)} ({shown(basis)})" if basis else say(value)


def _rate(per_second: float | None) -> str:
    return words.bit_rate(per_second) if per_second else ""


def _number(value: float | None, unit: str) -> str:
    if value is None:
        return ""
    said = f"{value:,.3f}".rstrip("0").rstrip(".")
    return f"{said} {unit}".strip()


def _joined(facts: Facts, *names: str, between: str = ", ") -> str:
    return between.join(_text(facts[name]) for name in names if facts.get(name))


def _listed(values: Sequence[str] | None) -> str:
    return ", ".join(_text(value) for value in values or ())


def _some(video: Facts, name: str) -> str:
    return f"{video[name]:,}" if video.get(name) else ""


def _yes(value: bool | None) -> str:
    return "" if value is None else ("yes" if value else "no")


def _moment(value: Any) -> str:
    """Return a time, told as ISO 8601 or as an object, on this machine's own clock."""
    if value is None or value != value:  # noqa: PLR0124 - a missing time is unlike itself
        return ""
    when = datetime.fromisoformat(value) if isinstance(value, str) else value
    return words.moment(when.timestamp())


def _filmed(video: Facts) -> str:
    when = video.get("created_at")
    if when is None or when != when:  # noqa: PLR0124 - see above
        return ""
    when = datetime.fromisoformat(when) if isinstance(when, str) else when
    return recorded_text(when, video.get("created_tz"))


def _place(video: Facts) -> str:
    """Return a place as degrees north and east."""
    lat, lon = video.get("gps_lat"), video.get("gps_lon")
    return "" if lat is None or lon is None else f"{lat:.5f}, {lon:.5f}"


def _text(value: Any) -> str:
    if value is None or value != value:  # noqa: PLR0124 - what pandas calls missing
        return ""
    return shown(value)[:_LONGEST]
