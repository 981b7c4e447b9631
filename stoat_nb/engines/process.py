"""One worker process as its parent sees it: asked one thing at a time, and never believed.

The child reads untrusted files in C code. What it sends back is data: anything but the one expected
line of JSON, under the id that this question was given, ends the child.
"""

from __future__ import annotations

import asyncio
import contextlib
import errno
import json
import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import msgspec

from stoat_nb.engines.reference import Reference

_PROGRAM = str(Path(__file__).with_name("worker.py"))
_LONGEST_ANSWER = 16 << 20
_LONG_ANSWER = 256 << 10  # parsing more than this is felt on a loop
_GRACE_S = 0.05
_LOOK_S = 0.2  # between two looks at the memory it holds


class WorkerError(Exception):
    """A worker that cannot be used any more; ``reached``: the question may have been worked on."""

    def __init__(self, message: str, *, reached: bool = True) -> None:
        super().__init__(message)
        self.reached = reached


class TooLarge(Exception):
    """A worker that holds more memory than it may."""


class WorkerProcess:
    """A child with a private pipe each way; made by ``spawn``.

    Nothing here asks the process's event loop policy, which may be anything by now: asyncio's own
    subprocesses do, up to Python 3.13, and fail under one that has no child watcher (uvloop's).
    """

    def __init__(self, process: subprocess.Popen[bytes], resident_bytes: int | None) -> None:
        self.served = 0  #: Items answered.
        self.loaded: set[str] = set()  #: Names of the functions it has imported.
        self.resident_bytes = 0  #: Its memory after the last answer, by its own account.
        self._loop = asyncio.get_running_loop()
        self.gone: asyncio.Future[None] = self._loop.create_future()
        self._process, self._most_bytes = process, resident_bytes
        process.returncode = 0  # it is waited for here: subprocess need not
        self._doomed = False
        self._reason = ""
        self._heard = bytearray()
        self._answer: asyncio.Future[bytes | None] | None = None
        self._input: asyncio.WriteTransport | None = None
        self._output: asyncio.ReadTransport | None = None

    @classmethod
    def spawn(
        cls, memory_bytes: int | None, *, files: int = 64, resident_bytes: int | None = None
    ) -> WorkerProcess:
        """Start a child, on the loop's own thread: the kernel ties its life to that thread.

        Raises
        ------
        OSError
            If the system refuses a process or a pipe.
        """
        if not sys.executable:
            raise FileNotFoundError(errno.ENOENT, "sys.executable names no Python to start")
        return cls(
            # Of a fixed program; and it takes a millisecond or two.
            subprocess.Popen(  # noqa: S603
                [
                    sys.executable,
                    "-I",
                    _PROGRAM,
                    *map(str, (os.getpid(), memory_bytes or 0, files)),
                ],
                bufsize=0,
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=subprocess.DEVNULL,
                start_new_session=True,
            ),
            resident_bytes,
        )

    async def connect(self) -> None:
        """Take up its pipes, and watch for its end; to be called once, and at once.

        Raises
        ------
        OSError
            If the system refuses a descriptor or a thread.
        """
        try:
            await self._connect()
        except BaseException:
            self.kill()
            raise
        finally:
            self._watch()  # not before: its end closes the pipes that are being connected

    def _watch(self) -> None:
        try:
            threading.Thread(target=self._await_exit, name="stoat-reader", daemon=True).start()
        except RuntimeError:
            self._exited()  # which kills it, so that there is hardly anything to wait for
            raise OSError(errno.EAGAIN, "no thread can be started to wait for it") from None

    async def _connect(self) -> None:
        lost = self.kill  # it is dying, or closed its pipes and is of no more use
        self._output, _pipe = await self._loop.connect_read_pipe(
            lambda: _Pipe(self._receive, lost), self._process.stdout
        )
        self._input, _pipe = await self._loop.connect_write_pipe(
            lambda: _Pipe(self._receive, lost), self._process.stdin
        )

    @property
    def is_usable(self) -> bool:
        """Whether it can be asked."""
        return not self._doomed

    async def load(self, reference: Reference, *, within_s: float) -> None:
        """Have it import a function."""
        question = {
            "load": reference.name,
            "path": reference.import_path,
            "of": reference.made_of,
        }
        answer = await self._ask(question, within_s)
        if "error" in answer:
            raise WorkerError(f"could not load {reference.name}: {answer['error']}")
        self.loaded.add(reference.name)

    async def call(self, name: str, item: Mapping[str, Any], *, within_s: float) -> dict[str, Any]:
        """Have it run a loaded function; the answer holds ``value``, or ``error`` if it raised."""
        answer = await self._ask({"call": name, "item": item}, within_s)
        self.served += 1
        self.resident_bytes = answer["rss"]
        return answer

    def kill(self) -> None:
        """End it and whatever it has started, now; ``gone`` is done when it is."""
        self._doomed = True
        if not self.gone.done():
            with contextlib.suppress(ProcessLookupError, PermissionError):
                os.killpg(self._process.pid, signal.SIGKILL)

    async def _ask(self, question: Mapping[str, Any], within_s: float) -> dict[str, Any]:
        token = os.urandom(8).hex()
        self._answer = asyncio.get_running_loop().create_future()
        self._send({"id": token, **question})
        line = await self._hear(self._answer, within_s)
        self._answer = None
        try:
            if len(line) > _LONG_ANSWER:
                return await asyncio.to_thread(_parsed, line, token)
            return _parsed(line, token)
        except (ValueError, RecursionError):
            self._distrust("sent something that is no answer to what it was asked")
            raise WorkerError(self._reason) from None

    def _send(self, message: Mapping[str, Any]) -> None:
        pipe = self._input
        if pipe is not None and not self._doomed:
            pipe.write(json.dumps(message).encode("ascii") + b"\n")
        if pipe is None or self._doomed or pipe.is_closing():  # a failed write closes it at once
            self.kill()
            raise WorkerError("ended before it was asked", reached=False)

    async def _hear(self, answer: asyncio.Future[bytes | None], within_s: float) -> bytes:
        if self._most_bytes is None:
            await asyncio.wait({answer}, timeout=within_s)
        else:
            await self._watched(answer, within_s, self._most_bytes)
        if not answer.done():
            # If this process itself stood still (Ctrl-Z), the answer lies in the pipe, unread.
            await asyncio.wait({answer}, timeout=_GRACE_S)
        if not answer.done():
            raise TimeoutError
        line = answer.result()
        if line is None:
            raise WorkerError(self._reason)
        return line

    async def _watched(self, answer: asyncio.Future[Any], within_s: float, most: int) -> None:
        until = time.monotonic() + within_s
        while not answer.done() and (left := until - time.monotonic()) > 0:
            await asyncio.wait({answer}, timeout=min(left, _LOOK_S))
            if not answer.done() and _resident(self._process.pid) > most:
                raise TooLarge

    # -- what it does --------------------------------------------------------------------------

    def _receive(self, data: bytes) -> None:
        """Gather one line; everything beyond it is an offence."""
        if self._doomed:
            return
        if self._answer is None or self._answer.done():
            self._distrust("wrote without being asked")
            return
        self._heard += data
        end = data.find(b"\n")
        if len(self._heard) > _LONGEST_ANSWER:
            self._distrust(f"answered with more than {_LONGEST_ANSWER >> 20} MiB")
        elif end == len(data) - 1:
            self._answer.set_result(bytes(self._heard))
            self._heard.clear()
        elif end >= 0:
            self._distrust("answered more than once")

    def _await_exit(self) -> None:
        """Wait for its end, on a thread of its own; it is a zombie until the loop takes note."""
        with contextlib.suppress(ChildProcessError):  # this process ignores its children's ends
            os.waitid(os.P_PID, self._process.pid, os.WEXITED | os.WNOWAIT)
        try:
            self._loop.call_soon_threadsafe(self._exited)
        except RuntimeError:  # the loop is closed
            self._reap()

    def _exited(self) -> None:
        """Take what it left behind with it, and let go of its pipes, which that may hold open."""
        self.kill()
        self._reason = self._reason or _ending(self._reap())
        self._give_up()
        self._close_pipes()
        # The transports close their descriptors in the loop's next round.
        self._loop.call_soon(self._loop.call_soon, self.gone.set_result, None)

    def _reap(self) -> int | None:
        """Return how it ended; None where the system did not keep that."""
        try:
            _pid, status = os.waitpid(self._process.pid, 0)
        except ChildProcessError:
            return None
        return os.waitstatus_to_exitcode(status)

    def _close_pipes(self) -> None:
        for pipe in (self._output or self._process.stdout, self._input or self._process.stdin):
            if isinstance(pipe, asyncio.WriteTransport):
                if not pipe.is_closing():
                    pipe.abort()  # whatever was not written yet
            elif pipe is not None:
                pipe.close()

    def _distrust(self, reason: str) -> None:
        self._reason = reason
        self.kill()
        self._give_up()

    def _give_up(self) -> None:
        if self._answer is not None and not self._answer.done():
            self._answer.set_result(None)


class _Pipe(asyncio.Protocol):
    """One of its pipes, as asyncio tells of it."""

    def __init__(self, receive: Callable[[bytes], None], lost: Callable[[], None]) -> None:
        self._receive, self._lost = receive, lost

    def data_received(self, data: bytes) -> None:
        self._receive(data)

    def connection_lost(self, exc: Exception | None) -> None:  # noqa: ARG002 - asyncio's signature
        self._lost()


def _parsed(line: bytes, token: str) -> dict[str, Any]:
    answer = _read(line)
    if (
        not isinstance(answer, dict)
        or answer.get("id") != token
        or not isinstance(answer.get("rss"), int)
        or ("value" in answer) == isinstance(answer.get("error"), str)
    ):
        raise ValueError("not an answer")
    return answer


def _read(line: bytes) -> Any:
    try:
        return msgspec.json.decode(line)
    except (msgspec.DecodeError, UnicodeDecodeError):
        # Half a character of UTF-16, as names may hold, is none to it, nor is a number too large
        # for a float: such JSON is rare, and read by what wrote it.
        return json.loads(line, parse_constant=_refuse_constant)


def _resident(pid: int) -> int:
    """Return the bytes of memory that a process holds; 0 where that cannot be told."""
    try:
        return int(Path(f"/proc/{pid}/statm").read_bytes().split()[1]) * os.sysconf("SC_PAGE_SIZE")
    except (OSError, IndexError, ValueError):
        return 0


def _refuse_constant(name: str) -> None:
    raise ValueError(f"{name} is no JSON")


def _ending(returncode: int | None) -> str:
    if returncode is None:
        return "ended; how is not known, because this process ignores SIGCHLD"
    if returncode < 0:
        try:
            return f"was killed by {signal.Signals(-returncode).name}"
        except ValueError:
            return f"was killed by signal {-returncode}"
    return f"ended with exit code {returncode}"
