"""What a setting may be, in Python as in the environment."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from stoat_nb.errors import SettingError
from stoat_nb.settings import Settings


@pytest.mark.parametrize(
    ("given", "meant"),
    [
        ({"extensions": "mp4"}, frozenset({"mp4"})),
        ({"extensions": {".MP4", "mov"}}, frozenset({"mp4", "mov"})),
        ({"extensions": frozenset()}, None),
        ({"roots": "/videos"}, (Path("/videos"),)),
        ({"roots": Path("/videos")}, (Path("/videos"),)),
        ({"roots": ["/a:b", Path("~/c")]}, (Path("/a:b"), Path("~/c").expanduser())),
        ({"library": "here.db"}, Path("here.db")),
        ({"readers_per_disk": None}, None),
        ({"probe_timeout_s": 3}, 3.0),
        ({"hidden": True}, True),
    ],
)
def test_what_is_typed_by_hand_is_what_is_meant(given: dict[str, Any], meant: object) -> None:
    (name,) = given
    assert getattr(Settings(**given), name) == meant


@pytest.mark.parametrize(
    ("given", "said"),
    [
        ({"probe_workers": 0}, "probe_workers is '0', which is not a whole number above 0"),
        ({"probe_workers": 2.5}, "probe_workers is '2.5', which is not a whole number"),
        ({"job_timeout_s": -1}, "job_timeout_s is '-1', which is not a number of seconds above 0"),
        ({"port": 70_000}, "port is '70000', which is not a port number"),
        ({"hidden": "maybe"}, "hidden is 'maybe', which is not yes or no"),
        (
            {"roots": "~no-such-user/x"},
            "roots is '~no-such-user/x', which is not a path below a home",
        ),
        ({"library": "~no-such-user/l.db"}, "library is .* a path below a home that this system"),
        ({"library": "a\0b"}, "library is .* a path, which holds no NUL character"),
        ({"roots": 3}, "roots is '3', which is not text, or a list of texts"),
        ({"extensions": [4]}, r"extensions is '\[4\]', which is not text, or a list of texts"),
        ({"extensions": "*.mp4"}, r"extensions is '\*.mp4', which is not a list of file name"),
    ],
)
def test_what_cannot_be_meant_is_refused_with_the_value(given: dict[str, Any], said: str) -> None:
    with pytest.raises(SettingError, match=said):
        Settings(**given)


@pytest.mark.parametrize("text", ["", ":", "::", " ", "videos", "/a:videos", ".", " /a", "$HOME"])
def test_roots_that_name_no_folder_are_refused_and_do_not_mean_any(text: str) -> None:
    with pytest.raises(SettingError, match=r"STOAT_ROOTS is '.*', which is not a list of folders"):
        Settings.from_environment({"STOAT_ROOTS": text})


@pytest.mark.parametrize("given", ["", "videos", [], ["/a", ""], [""]])
def test_roots_given_in_python_are_as_strict(given: Any) -> None:
    with pytest.raises(SettingError, match=r"roots is .* a list of folders"):
        Settings(roots=given)


def test_what_is_empty_beside_a_folder_is_left_out() -> None:
    assert Settings.from_environment({"STOAT_ROOTS": "/a:"}).roots == (Path("/a"),)


@pytest.mark.parametrize(
    "text", ["*", "http://videos.example", "videos.example/", "a b", "videos.example:port", "*.b.c"]
)
def test_a_host_is_a_host_and_no_pattern(text: str) -> None:
    with pytest.raises(SettingError, match=r"STOAT_ALLOW_HOSTS is '.*', which is not a list of"):
        Settings.from_environment({"STOAT_ALLOW_HOSTS": text})


def test_hosts_are_compared_as_browsers_write_them() -> None:
    given = {"STOAT_ALLOW_HOSTS": "Videos.Example, [2001:db8::1]:8642,10.0.0.5:80,"}
    hosts = ("videos.example", "[2001:db8::1]:8642", "10.0.0.5:80")
    assert Settings.from_environment(given).allow_hosts == hosts
    assert Settings(allow_hosts=list(hosts)).allow_hosts == hosts  # type: ignore[arg-type]


def test_an_unknown_home_in_the_environment_is_refused_with_its_variable() -> None:
    with pytest.raises(SettingError, match="STOAT_ROOTS is '~no-such-user/x', which is not a path"):
        Settings.from_environment({"STOAT_ROOTS": "/a:~no-such-user/x"})


def test_the_environment_and_python_say_the_same() -> None:
    there = {"STOAT_ROOTS": "/a:/b", "STOAT_EXTENSIONS": ".mp4, MOV", "STOAT_PORT": "0"}
    here = Settings(roots=("/a", "/b"), extensions=["mp4", "mov"], port=0)  # type: ignore[arg-type]
    assert Settings.from_environment(there) == here
    assert Settings.from_environment({}) == Settings()
