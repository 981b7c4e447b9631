"""Why a file could not be probed: the classes, and one helpful sentence for what readers say.

Readers import this: it must not import what only their parent needs.
"""

from __future__ import annotations

import errno
import re

from stoat_nb.media.policy import LEFT_OUT
from stoat_nb.names import shown

#: Each class with one line of prose. A published word never changes its meaning.
ERROR_CLASSES: dict[str, str] = {
    "empty": "The file has no content.",
    "not_media": "The content is in no known video format, whatever the name says.",
    "damaged": "The format is known, but the content is broken or cut off.",
    "no_streams": "The file opened, but holds nothing to play.",
    "unsupported": "The file uses something of its format that this reader does not support.",
    "timeout": "Reading the file's facts took longer than one file may take.",
    "crash": "The reader's process died while it read the file.",
    "out_of_memory": "The file asked for more memory than one file may take.",
    "changed_while_read": "The file was being written or replaced; the next scan reads it.",
    "unreadable": "The operating system refused: permissions, a link, or a failing disk.",
    "vanished": "The file was gone when its turn came.",
    "not_regular": "It is a pipe, a socket, a device or a folder.",
    "internal": "Stoat itself failed; please report it.",
}

#: What is said of content that no reader takes for its own.
NO_KNOWN_FORMAT = "The content is in no known video format."

#: What found a failure out when no reader did.
STOAT = "stoat"

_LONGEST = 300  # characters of a foreign message worth keeping

# libav's own words, the most telling first. Each is looked for in its log lines and its message.
_PHRASES: tuple[tuple[str, str, str], ...] = (
    # Its reader of MP3 is asked for whatever nobody else knows.
    ("two consecutive MPEG audio frames", "not_media", NO_KNOWN_FORMAT),
    (
        "moov atom not found",
        "damaged",
        "No 'moov' header was found: the recording was cut off or never finished.",
    ),
    (
        "EBML header parsing failed",
        "damaged",
        "The Matroska header is broken: the start of the file was damaged or overwritten.",
    ),
    ("Not detecting m3u8", "not_media", "The content is a playlist, no video."),
    ("max_streams", "unsupported", "The file has more streams than Stoat reads from one file."),
    (
        "error reading header",
        "damaged",
        "The header is incomplete or broken: the file was cut off, or is only a part of another.",
    ),
)

_REFUSED_FORMAT = re.compile(r"\[(\w+)\] Format not on whitelist")

_BY_ERRNO = {
    errno.ENOENT: ("vanished", "The file was gone when its turn came."),
    errno.ENOTDIR: ("vanished", "A folder on the way to the file was replaced meanwhile."),
    errno.EACCES: ("unreadable", "Permission denied: this user may not read the file."),
    errno.EPERM: ("unreadable", "The operating system does not permit reading the file."),
    errno.EIO: ("unreadable", "The disk reported an input/output error."),
    errno.ELOOP: ("not_regular", "The file, or a folder on the way to it, is a link."),
    errno.ENXIO: ("not_regular", "It is a socket or a pipe, not a file."),
    errno.EXDEV: ("unreadable", "The path leads out of the folder that was scanned."),
}


class ProbeError(Exception):
    """A file that cannot be probed: the class, the sentence as the message, and who found out."""

    def __init__(self, error_class: str, error: str, tool: str = STOAT) -> None:
        super().__init__(error)
        self.error_class = error_class
        self.tool = tool


def from_os_error(error: OSError) -> ProbeError:
    """Say what the file system answered when the file was opened or looked at."""
    reason = shown(error.strerror or type(error).__name__)
    unknown = ("unreadable", f"The file cannot be read: {reason}.")
    return ProbeError(*_BY_ERRNO.get(error.errno or 0, unknown))


def from_disk(error: OSError) -> ProbeError:
    """Say that the file opened, but the disk does not give what is in it."""
    if error.errno == errno.EIO:
        return from_os_error(error)
    return ProbeError("unreadable", f"The disk does not give the content: {error}.")


def from_reader(kind: str, message: str, log: list[str]) -> ProbeError:
    """Say in one sentence what libav meant by an error of ``kind`` with its log lines."""
    said = "\n".join([*log, message])
    if refused := _REFUSED_FORMAT.search(said):
        called = f"(FFmpeg calls it '{refused[1]}')"
        if refused[1] in LEFT_OUT:
            sentence = f"It is a video in a format that Stoat does not read {called}."
            return ProbeError("unsupported", sentence)
        return ProbeError("not_media", f"The content is no video {called}.")
    for phrase, error_class, sentence in _PHRASES:
        if phrase in said:
            return ProbeError(error_class, sentence)
    return _by_kind(kind, last_words(log) or last_words([message]), is_known=bool(log))


def _by_kind(kind: str, words: str, *, is_known: bool) -> ProbeError:
    detail = f": {words}" if words else ""
    match kind:
        case "TimeoutError" | "ExitError":
            return ProbeError("timeout", "Reading the file's facts took too long.")
        case "MemoryError":
            return ProbeError("out_of_memory", "The file asked for too much memory.")
        case "EOFError":
            return ProbeError("damaged", "The file ends before anything that can be played.")
        case "PatchWelcomeError" | "NotImplementedError":
            return ProbeError("unsupported", f"FFmpeg does not support this file{detail}.")
        case "InvalidDataError" if not is_known:
            return ProbeError("not_media", NO_KNOWN_FORMAT)
        case _:
            return ProbeError("damaged", f"FFmpeg cannot read the content{detail}.")


def last_words(lines: list[str]) -> str:
    """Return the last line that says something, harmless and short, without a full stop."""
    for line in reversed(lines):
        if words := line.split("\n", 1)[0].strip().rstrip("."):
            return shown(words)[:_LONGEST]
    return ""
