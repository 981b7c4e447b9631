"""Reasons: one helpful sentence for whatever went wrong."""

from __future__ import annotations

import errno
import os

import pytest
from hypothesis import given, strategies as st

from stoat_nb.media.failures import ERROR_CLASSES, from_os_error, from_reader
from stoat_nb.media.faults import failure_of
from stoat_nb.names import shown

kinds = st.sampled_from(["InvalidDataError", "OSError", "MemoryError", "EOFError", "SomeNewError"])


@pytest.mark.parametrize(
    ("fault", "message", "error_class", "error"),
    [
        ("crash", "", "crash", "The reader's process died twice while it read this file."),
        ("deadline", "took 6 s", "timeout", "Reading took too long and was stopped."),
        ("error", "", "internal", "The reader stopped with an error of its own."),
        ("error", "MemoryError", "out_of_memory", "The file asked for too much memory."),
        ("new", "x", "internal", "The reader stopped with an error of its own: x."),
    ],
)
def test_an_engines_fault_becomes_a_failure(
    fault: str, message: str, error_class: str, error: str
) -> None:
    told = failure_of(fault, message, elapsed_ms=7)
    assert (told.error_class, told.error, told.elapsed_ms) == (error_class, error, 7)


@pytest.mark.parametrize(
    ("code", "error_class"),
    [
        (errno.ENOENT, "vanished"),
        (errno.EACCES, "unreadable"),
        (errno.EIO, "unreadable"),
        (errno.ELOOP, "not_regular"),
        (errno.EMFILE, "unreadable"),
    ],
)
def test_the_file_systems_refusals_are_told_apart(code: int, error_class: str) -> None:
    told = from_os_error(OSError(code, os.strerror(code)))
    assert told.error_class == error_class
    assert str(told).endswith(".")


@pytest.mark.parametrize(
    ("kind", "log", "error_class"),
    [
        ("InvalidDataError", ["[mov] moov atom not found\n"], "damaged"),
        ("InvalidDataError", ["[matroska,webm] EBML header parsing failed\n"], "damaged"),
        ("InvalidDataError", [], "not_media"),
        ("EOFError", [], "damaged"),
        ("ArgumentError", ["[png_pipe] Format not on whitelist 'mov'\n"], "not_media"),
        (
            "MemoryError",
            ["[mov] Number of streams exceeds max_streams parameter (64)"],
            "unsupported",
        ),
        ("MemoryError", [], "out_of_memory"),
        ("TimeoutError", [], "timeout"),
        ("ExitError", [], "timeout"),
        ("PatchWelcomeError", ["[avi] strange thing\n"], "unsupported"),
    ],
)
def test_what_libav_meant(kind: str, log: list[str], error_class: str) -> None:
    assert from_reader(kind, "libav's words", log).error_class == error_class


@given(kinds, st.text(), st.lists(st.text(), max_size=3))
def test_a_reason_is_always_one_sentence(kind: str, message: str, log: list[str]) -> None:
    told = from_reader(kind, message, log)
    assert told.error_class in ERROR_CLASSES
    assert shown(told) == str(told)
    assert str(told).endswith(".")
    assert len(str(told)) < 500


def test_each_class_has_its_line_of_prose() -> None:
    assert all(line.endswith(".") and word.islower() for word, line in ERROR_CLASSES.items())
