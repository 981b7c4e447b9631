"""What an engine's fault says of the file that was read: for the parent, not for readers."""

from __future__ import annotations

from stoat_nb.media.failures import STOAT, last_words
from stoat_nb.media.video import Failure

_BY_FAULT = {
    "crash": ("crash", "The reader's process died twice while it read this file."),
    "deadline": ("timeout", "Reading took too long and was stopped."),
    "error": ("internal", "The reader stopped with an error of its own"),
}


def failure_of(fault_kind: str, message: str, *, elapsed_ms: int | None = None) -> Failure:
    """Turn an engine's fault (``error``, ``crash`` or ``deadline``) into a failure."""
    error_class, sentence = _BY_FAULT.get(fault_kind, _BY_FAULT["error"])
    if "MemoryError" in message:
        error_class, sentence = "out_of_memory", "The file asked for too much memory."
    if not sentence.endswith("."):
        words = last_words([message])
        sentence = f"{sentence}: {words}." if words else f"{sentence}."
    return Failure(error_class=error_class, error=sentence, tool=STOAT, elapsed_ms=elapsed_ms)
