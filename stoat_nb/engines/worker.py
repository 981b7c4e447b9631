"""The program of a worker process: it answers one request a line until its parent is gone.

It is run as a script, isolated, and imports nothing but a little of the standard library: what a
function needs is imported when that function is first asked for. The conversation runs over private
copies of the standard descriptors, so that whatever a library prints cannot get into it.
"""

from __future__ import annotations

import contextlib
import ctypes
import importlib
import json
import os
import resource
import signal
import sys
from collections.abc import Callable
from typing import Any, BinaryIO

_PR_SET_PDEATHSIG = 1
_NICE = 10
_OOM_SCORE = "500"  # of 1000
_LONGEST_REASON = 2000


def main() -> None:
    """Answer until nobody is left to ask: ``argv`` is the parent's id, and limits."""
    requests, answers = _private_pipes()
    _die_with_parent(int(sys.argv[1]))
    _confine(memory_bytes=int(sys.argv[2]), files=int(sys.argv[3]))
    functions: dict[str, Callable[[Any], Any]] = {}
    for line in requests:
        answers.write(_reply(json.loads(line), functions))
        answers.flush()
    os._exit(0)  # a thread or an exit hook that a library left behind must not hold us


def _private_pipes() -> tuple[BinaryIO, BinaryIO]:
    """Take the conversation away from fds 0 and 1, which libraries in C write to as they please."""
    requests, answers = os.fdopen(os.dup(0), "rb"), os.fdopen(os.dup(1), "wb")
    nothing = os.open(os.devnull, os.O_RDONLY)
    os.dup2(nothing, 0)
    os.close(nothing)
    os.dup2(2, 1)
    return requests, answers


def _die_with_parent(parent: int) -> None:
    """Let the kernel kill us with our parent, however that dies and whatever we are doing."""
    if sys.platform == "linux":
        ctypes.CDLL(None).prctl(_PR_SET_PDEATHSIG, int(signal.SIGKILL), 0, 0, 0)
    if os.getppid() != parent:  # it died before we asked
        os._exit(0)


def _confine(*, memory_bytes: int, files: int) -> None:
    os.nice(_NICE)
    _be_first_to_go()
    _limit(resource.RLIMIT_CORE, 0)
    _limit(resource.RLIMIT_NOFILE, files)
    if memory_bytes:
        _limit(resource.RLIMIT_AS, memory_bytes)


def _be_first_to_go() -> None:
    """If the machine runs out of memory, let the kernel take a reader and not the notebook."""
    with (
        contextlib.suppress(OSError),  # no Linux, or a container that keeps /proc to itself
        open("/proc/self/oom_score_adj", "w", encoding="ascii") as score,  # noqa: PTH123 - as below
    ):
        score.write(_OOM_SCORE)


def _limit(kind: int, value: int) -> None:
    _soft, hard = resource.getrlimit(kind)
    allowed = value if hard == resource.RLIM_INFINITY else min(value, hard)
    resource.setrlimit(kind, (allowed, allowed))


def _reply(request: dict[str, Any], functions: dict[str, Callable[[Any], Any]]) -> bytes:
    try:
        value = _done(request, functions)
        return _line({"id": request["id"], "value": value, "rss": _resident()})
    except BaseException as error:  # noqa: BLE001 - SystemExit is an answer too
        reason = _described(error)
    # Out of the handler: the frames of the error, and all the memory they held, are free by now.
    return _line({"id": request["id"], "error": reason, "rss": _resident()})


def _done(request: dict[str, Any], functions: dict[str, Callable[[Any], Any]]) -> Any:
    """Do what is asked: ``load`` a function (or make it ``of`` something), or ``call`` it."""
    if "load" in request:
        sys.path[:] = request["path"]
        found = _loaded(request["load"].partition("#")[0])
        functions[request["load"]] = found if request["of"] is None else found(request["of"])
        return None
    return functions[request["call"]](request["item"])


def _loaded(name: str) -> Any:
    module, _, qualname = name.partition(":")
    target: Any = importlib.import_module(module)
    for part in qualname.split("."):
        target = getattr(target, part)
    return target


def _line(answer: dict[str, Any]) -> bytes:
    return json.dumps(answer, allow_nan=False).encode("ascii") + b"\n"


def _described(error: BaseException) -> str:
    try:
        text = str(error)
    except BaseException:  # noqa: BLE001 - an exception may be as hostile as its file
        text = ""
    name = type(error).__name__
    return (f"{name}: {text}" if text else name)[:_LONGEST_REASON]


def _resident() -> int:
    """Return the bytes of memory we hold; as good as infinite where no file can be opened."""
    try:
        with open("/proc/self/statm", "rb") as sizes:  # noqa: PTH123 - pathlib is slow to import
            return int(sizes.read().split()[1]) * resource.getpagesize()
    except FileNotFoundError:  # not Linux
        return 0
    except OSError:
        return sys.maxsize


if __name__ == "__main__":
    main()
