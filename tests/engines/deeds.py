"""What a function may do to the process it runs in: good deeds and bad ones."""

from __future__ import annotations

import contextlib
import ctypes
import os
import resource
import signal
import sys
import threading
import time
from collections.abc import Mapping
from pathlib import Path
from typing import Any, NoReturn

Item = Mapping[str, Any]

_loot: list[Any] = []


# -- good ones -------------------------------------------------------------------------------------


def echo(item: Item) -> Any:
    return dict(item)


def whoami(_item: Item) -> int:
    return os.getpid()


def name_of_file(item: Item) -> list[str]:
    return sorted(os.listdir(item["folder"]))  # noqa: PTH208 - names as the system spells them


def circumstances(_item: Item) -> dict[str, Any]:
    return {
        "memory": resource.getrlimit(resource.RLIMIT_AS),
        "core": resource.getrlimit(resource.RLIMIT_CORE),
        "files": resource.getrlimit(resource.RLIMIT_NOFILE),
        "nice": os.nice(0),
        "leads_its_session": os.getsid(0) == os.getpid(),
        "stdin": sys.stdin.read(),
        "descriptors": sorted(int(fd) for fd in os.listdir("/proc/self/fd")),  # noqa: PTH208
        "modules": sorted(sys.modules),
        "argv": sys.argv,
    }


# -- loud ones -------------------------------------------------------------------------------------


def print_a_lot(_item: Item) -> str:
    print('{"id": "made up", "value": 1, "rss": 1}', flush=True)  # noqa: T201
    print("x" * 1_000_000, file=sys.stderr, flush=True)  # noqa: T201
    libc = ctypes.CDLL(None)
    libc.puts(b"printed by C")
    libc.fflush(None)
    os.write(1, b"written to fd 1\n" * 10_000)
    return "quiet"


# -- those that raise ------------------------------------------------------------------------------


class AwkwardError(Exception):
    """Cannot be pickled, and so could not cross to the parent as itself."""

    def __init__(self, one: str, two: str) -> None:
        super().__init__(one + two)
        self.lock = threading.Lock()


class SpeechlessError(Exception):
    def __str__(self) -> str:
        raise RuntimeError("not even this")


def raise_awkward(_item: Item) -> NoReturn:
    raise AwkwardError("cannot be ", "pickled")


def raise_speechless(_item: Item) -> NoReturn:
    raise SpeechlessError


def raise_hostile(_item: Item) -> NoReturn:
    raise ValueError("first\nsecond\x1b[31m\u202e" + "long " * 10_000)


def raise_system_exit(_item: Item) -> NoReturn:
    sys.exit(3)


def return_unserialisable(_item: Item) -> object:
    return {"an object": object()}


def return_nan(_item: Item) -> float:
    return float("nan")


def hog_memory(_item: Item) -> int:
    hoard = []
    while True:
        hoard.append(bytearray(16 << 20))


def use_up_descriptors(_item: Item) -> None:
    while True:
        _loot.append(open(os.devnull))  # noqa: SIM115, PTH123


# -- those that kill -------------------------------------------------------------------------------


def abort(_item: Item) -> None:
    os.abort()


def segfault(_item: Item) -> None:
    ctypes.string_at(1)


def kill_itself(_item: Item) -> None:
    os.kill(os.getpid(), signal.SIGKILL)


def leave(_item: Item) -> None:
    os._exit(3)


def fork_and_abort(_item: Item) -> None:
    if os.fork() == 0:
        sleep_for_ever(_item)
    os.abort()


def die_the_first_time(item: Item) -> str:
    marker = Path(item["marker"])
    if not marker.exists():
        marker.touch()
        os.abort()
    return "survived"


# -- those that never end --------------------------------------------------------------------------


def _begin(item: Item) -> None:
    """Say that it has begun, to whoever has opened a pipe for that."""
    if "begun" in item:
        Path(item["begun"]).write_bytes(b"!")


def sleep_for_ever(item: Item) -> None:
    _begin(item)
    while True:
        time.sleep(3600)


def loop_in_c(item: Item) -> int:
    _begin(item)
    return sum(range(10**12))


def ignore_signals(item: Item) -> None:
    for number in (signal.SIGTERM, signal.SIGINT, signal.SIGHUP):
        signal.signal(number, signal.SIG_IGN)
    sleep_for_ever(item)


def open_fifo(item: Item) -> bytes:
    return Path(item["fifo"]).read_bytes()


# -- those that lie --------------------------------------------------------------------------------


def _write_to_parent(text: bytes) -> None:
    for fd in range(3, 16):
        with contextlib.suppress(OSError):
            os.write(fd, text)


def talk_nonsense(item: Item) -> None:
    _write_to_parent(b"\xff\xfe nonsense\n")
    sleep_for_ever(item)


def answer_for_another(item: Item) -> None:
    _write_to_parent(b'{"id": "0123456789abcdef", "value": "forged", "rss": 1}\n')
    sleep_for_ever(item)


def answer_twice(item: Item) -> None:
    _write_to_parent(b'{"id": 1}\n{"id": 2}\n')
    sleep_for_ever(item)


def answer_without_end(_item: Item) -> None:
    while True:
        _write_to_parent(b"x" * (1 << 20))


def answer_deeply(item: Item) -> None:
    _write_to_parent(b"[" * 300_000 + b"\n")
    sleep_for_ever(item)


def hang_up(_item: Item) -> None:
    os.closerange(3, 64)
    sleep_for_ever(_item)


def speak_later(item: Item) -> str:
    def speak() -> None:
        while not Path(item["marker"]).exists():
            time.sleep(0.001)
        _write_to_parent(b'{"id": "0123456789abcdef", "value": "forged", "rss": 1}\n')

    threading.Thread(target=speak, daemon=True).start()
    return "wait"


# -- those that wear their process out -------------------------------------------------------------


def grow(_item: Item) -> int:
    _loot.append(bytearray(b"x" * (410 << 20)))
    return os.getpid()


def answer_at_length(item: Item) -> str:
    return "x" * int(item["length"])
